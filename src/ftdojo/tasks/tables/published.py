"""What RD-Agent's evaluators and the official ones make of one output, for the figures of a whole split.

RD-Agent's (its OpenCompass fork) are here, defects included; the official ones are in ``official``. A text answer is what
follows the first ``Final Answer:`` up to the end of its line, or the whole output without such a marker. ``exact_match``
compares words only, so a sign, a decimal point and a thousands comma are lost; ``within_10_percent`` compares the first
number of each side; ``rouge_l`` is that of the package ``rouge`` 1.0.1. Charts: see ``code_of`` and ``passes``; values count
only where they were given to ``plt`` by position.
"""

import ast
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from ftdojo.scorers.studio import Chart, Drawn, csv_text, studio
from ftdojo.tasks.tables import official
from ftdojo.tasks.tables.official import word_sets

_ANSWER = re.compile(r"Final Answer:\s*(.+?)(?:\n|$)", re.IGNORECASE | re.DOTALL)
_NUMBER = re.compile(r"-?\d+\.?\d*")
_NO_WORD = re.compile(r"[^\w\s]")
_LIKE_CODE = ("import", "plt", "numpy", "pandas", "pd", "df")
_FENCE = "```"
_OPENING = "```python"
_NEAR = 0.10
_ZERO = 1e-6
_VALUE_OFF = 1e-2
Metric = Literal["EM", "EM_with_error_10", "ROUGE_L"]
Mark = Mapping[str, Any]


def final_answer(output: str) -> str:
    r"""Return what follows the first marker, or all of ``output``.

    Example:
        >>> final_answer("so\nfinal answer:\n12 km\nDone")
        '12 km'
    """
    found = _ANSWER.search(output)
    return (found[1] if found else output).strip()


def exact_match(output: str, answer: str) -> bool:
    """Return whether the words of both final answers are the same."""
    return _words(final_answer(output)) == _words(final_answer(answer))


def within_10_percent(output: str, answer: str) -> bool:
    """Return whether the first numbers differ by at most a tenth of the right one; without both, text is compared."""
    given, wanted = final_answer(output), final_answer(answer)
    number, right = _first_number(given), _first_number(wanted)
    if number is None or right is None:
        return given.lower() == wanted.lower()
    if right == 0:
        return abs(number) < _ZERO
    return abs(number - right) / abs(right) <= _NEAR


def rouge_l(output: str, answer: str) -> float:
    """Return ROUGE-L F, 0-100; an empty text counts as the word ``empty``."""
    given = final_answer(output).lower().strip() or "empty"
    wanted = answer.strip().lower().strip() or "empty"
    return word_sets(given, wanted) * 100


def code_of(output: str) -> str:
    """Return the last complete ``python`` block, else the whole output where it looks like code, else nothing."""
    block, start = None, output.find(_OPENING)
    while start >= 0:
        end = output.find(_FENCE, start + len(_OPENING))
        if end < 0:
            break
        block = output[start + len(_OPENING) : end].strip()
        start = output.find(_OPENING, end + len(_FENCE))
    if block is not None:
        return block
    return output.strip() if any(word in output for word in _LIKE_CODE) else ""


def references(answer: str) -> list[Any] | None:
    """Return the lists of ``y_references = [...]``, or None where they cannot be read (``np.nan`` cannot)."""
    text = answer
    if "y_references" in answer.lower() and "=" in answer:
        text = answer.partition("=")[2].strip()
    try:
        read = ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
    return read if isinstance(read, list) else None


def passes(captured: object, wanted: list[Any]) -> bool:
    """Return whether as many series, as long and with the same values in order were captured.

    Where either side of a pair is not a series at all, the pair is skipped: flat references match any values.
    """
    if not isinstance(captured, list) or not captured or len(captured) != len(wanted):
        return False
    return all(_same_series(one, other) for one, other in zip(captured, wanted, strict=True))


def _same_series(given: object, wanted: object) -> bool:
    if not isinstance(given, list) or not isinstance(wanted, (list, tuple)):
        return True
    if len(given) != len(wanted):
        return False
    return all(_same_value(one, other) for one, other in zip(given, wanted, strict=True))


def _same_value(given: Any, wanted: Any) -> bool:
    """Compare two values as numbers; a NaN is never off, as in the published rule."""
    try:
        return not abs(float(given) - float(wanted)) > _VALUE_OFF
    except (ValueError, TypeError):
        return str(given) == str(wanted)
    except OverflowError:
        return False


def _first_number(text: str) -> float | None:
    found = _NUMBER.search(text.replace(",", "").replace("%", ""))
    return float(found[0]) if found else None


def _words(text: str) -> Sequence[str]:
    return _NO_WORD.sub(" ", text.lower()).split()


def text_mark(output: str, answer: str, metric: Metric) -> dict[str, float]:
    """Return what both published evaluators give a text answer, 0-100."""
    told = official.parsed(output)
    match metric:
        case "EM":
            ours, theirs = exact_match(output, answer), official.exact_match(told, answer)
        case "EM_with_error_10":
            ours = within_10_percent(output, answer)
            theirs = official.within_10_percent(told, answer)
        case "ROUGE_L":
            return {
                "rdagent": rouge_l(output, answer),
                "official": official.rouge_l(told, answer),
            }
    return {"rdagent": 100.0 * ours, "official": 100.0 * theirs}


def chart_mark(output: str, answer: str, table: Mapping[str, Any]) -> dict[str, float]:
    """Return RD-Agent's three figures of a chart, 0 or 100.

    Raises:
        SandboxError: the sandbox does not work here, whatever the output.
    """
    code = code_of(output)
    chart = Chart(code=code, kind="", table=csv_text(table), mode="capture")
    return rdagent_chart(output, answer, studio().draw([chart])[0] if code else Drawn(ran=False))


def rdagent_chart(output: str, answer: str, seen: Drawn) -> dict[str, float]:
    """Return RD-Agent's three figures, 0 or 100, of a chart that was drawn to capture what it is given."""
    has_code, wanted = bool(code_of(output)), references(answer)
    ran = has_code and wanted is not None and seen.ran
    right = ran and passes(seen.values, wanted or [])
    return {"Pass@1": 100.0 * right, "ECR@1": 100.0 * ran, "Parse@1": 100.0 * has_code}


def average(marks: Sequence[Mark], figure: str) -> float:
    """Return the mean of one figure over ``marks``, 0 of none."""
    return official.mean([float(mark[figure]) for mark in marks])
