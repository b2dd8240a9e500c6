"""The child process behind ``verify``: reads a pair of answers a line, writes whether they are equal.

math-verify's own deadline is an alarm signal, which C code ignores, so it is switched off.
"""

from typing import Any

from ftdojo.scorers.warm import serve

MEMORY_BYTES = 3 << 30
WARM_UP = ("$7$", "\\boxed{7}")


def same(prediction: str, reference: str) -> bool:
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
    return same(prediction, reference)


def main() -> None:
    """Answer line by line until the input ends."""
    serve(_answer_to, memory_bytes=MEMORY_BYTES, prepare=lambda: same(*reversed(WARM_UP)))


if __name__ == "__main__":
    main()
