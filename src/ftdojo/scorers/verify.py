"""Whether two mathematical answers are equal, by math-verify, in a process that can be killed.

math-verify parses LaTeX and calls sympy, either of which may take forever on text that a model wrote. Its own deadline
is an alarm signal, which works in a main thread only and which C code ignores, so it is switched off, and math-verify runs
in a ``WarmProcess``: this module once more, as a program that reads a pair of answers a line and writes whether they
are equal.
"""

from functools import cache
from typing import Any

from ftdojo.scorers.warm import Needs, WarmProcess, serve

DEADLINE_S = 10.0
"""As in the published evaluator."""
TAIL_CHARS = 50_000
"""The published evaluator takes the last match, so the tail holds it; parsing megabytes would take minutes."""
HELPER = "ftdojo.scorers.verify"
NEEDS = Needs(what="Comparing mathematical answers", package="math-verify", extra="math")
MEMORY_BYTES = 3 << 30
WARM_UP = ("$7$", "\\boxed{7}")


def same(prediction: str, reference: str) -> bool:
    """Return whether ``prediction`` gives ``reference``; an answer that cannot be compared in time is wrong.

    Raises:
        MissingExtra: math-verify is not installed.
    """
    if not prediction.strip():
        return False
    return _process().ask([prediction[-TAIL_CHARS:], reference], DEADLINE_S) is True


@cache
def _process() -> WarmProcess:
    return WarmProcess(HELPER, NEEDS)


def _same(prediction: str, reference: str) -> bool:
    """Return whether math-verify finds ``reference`` in ``prediction``, with the settings of OpenCompass."""
    gold = _gold(reference)
    return bool(gold) and _verify(_answer(prediction), gold)


def _gold(reference: str) -> list[Any]:
    from math_verify import ExprExtractionConfig, LatexExtractionConfig, parse

    return list(
        parse(
            f"${reference}$",
            extraction_mode="first_match",
            extraction_config=[LatexExtractionConfig(), ExprExtractionConfig()],
            parsing_timeout=None,
        )
    )


def _answer(prediction: str) -> list[Any]:
    from latex2sympy2_extended import NormalizationConfig
    from math_verify import LatexExtractionConfig, parse

    rules = NormalizationConfig(
        nits=False,
        malformed_operators=False,
        basic_latex=True,
        equations=True,
        boxed="all",
        units=True,
    )
    latex = LatexExtractionConfig(
        normalization_config=rules, boxed_match_priority=0, try_extract_without_anchor=False
    )
    return list(
        parse(
            prediction,
            extraction_mode="first_match",
            extraction_config=[latex],
            parsing_timeout=None,
        )
    )


def _verify(answer: list[Any], gold: list[Any]) -> bool:
    from math_verify import verify

    # The answer stands where math-verify expects the gold one: so does the published evaluator.
    return bool(verify(answer, gold, timeout_seconds=None))


def _answer_to(question: list[str]) -> bool:
    prediction, reference = question
    return _same(prediction, reference)


def main() -> None:
    """Answer line by line until the input ends."""
    serve(_answer_to, memory_bytes=MEMORY_BYTES, prepare=lambda: _same(*reversed(WARM_UP)))


if __name__ == "__main__":
    main()
