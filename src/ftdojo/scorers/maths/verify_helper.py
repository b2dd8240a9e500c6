"""The child process behind ``verify``: reads a pair of answers a line, writes whether they are equal.

Runs by ``python -m``. Lines are JSON, nothing is pickled. It sets no deadline of its own: math-verify's is an alarm
signal, which C code ignores; whoever started this process kills it instead. Memory is capped, because a short formula
can ask for all there is. A failure ends the process, which its parent takes for a wrong answer.
"""

import json
import os
import resource
import sys
from typing import Any

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


def main() -> None:
    """Answer line by line until the input ends."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    answers = os.fdopen(os.dup(1), "w", encoding="utf8")
    os.dup2(2, 1)  # Whatever a library prints must not be taken for an answer.
    same(*reversed(WARM_UP))
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        prediction, reference = json.loads(line)
        print(json.dumps(same(prediction, reference)), file=answers, flush=True)


if __name__ == "__main__":
    main()
