"""Charts, by our own rule: the code runs once, on a clean figure, and what was drawn has to be what was requested.

The code is the last closed ``python`` block; without one the output is unreadable. It has 10 seconds, 1 GiB and a
``table.csv`` beside it, and may use ``pd``, ``plt`` and ``np`` even if it forgot to import them. It must end without
an error. All axes of the current figure are read by the kind of chart: heights of bars (bar, waterfall), their
lengths (hbar), points of lines (line, radar: the closing point is left out), points (scatter), the thickness of
filled areas (area), shares of wedges (pie). How they were drawn (``plt``, ``ax``, ``df.plot``) makes no difference,
lines and bands across the axes are not read. Values are compared in rising order, within 0.01 (shares within 0.005).
"""

import ast
import math
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from ftdojo.records import Grade
from ftdojo.scorers.studio import Chart, Drawn, csv_text, ready, studio

KINDS = ("area", "bar", "hbar", "line", "pie", "radar", "scatter", "waterfall")
SECONDS = 10.0
_BLOCK = re.compile(r"```[ \t]*(?:python3?|py)[ \t]*\r?\n", re.IGNORECASE)
_FENCE = "```"
_LONGEST = 50_000
_VALUE_OFF, _SHARE_OFF = 0.01, 0.005
_SLACK = 1e-9
_MISSING = re.compile(r"\b(?:np\.|numpy\.|math\.)?nan\b", re.IGNORECASE)
_SHOWN = 20
_DRAWN_BY = {
    "bar": "plt.bar(range(len(y)), y)",
    "waterfall": "plt.bar(range(len(y)), y)",
    "hbar": "plt.barh(range(len(y)), y)",
    "line": "plt.plot(range(len(y)), y)",
    "scatter": "plt.scatter(range(len(y)), y)",
    "pie": "plt.pie(y)",
    "area": "plt.fill_between(range(len(y)), y)",
    "radar": "plt.polar(range(len(y)), y)",
}


def grade(output: str, *, answer: str, kind: str, table: Mapping[str, Any]) -> Grade:
    """Run the code of ``output`` and compare its chart with ``answer`` (``y_references = [...]``).

    Secondary: ``ran`` is 1 where the code ended without an error.

    Raises:
        MissingExtra: matplotlib or pandas is not installed.
        SandboxError: the sandbox does not work here. Neither depends on ``output``.
    """
    ready()
    code = code_of(output)
    if not code:
        return Grade(score=0.0, readable=False, secondary={"ran": 0.0})
    drawn = _drawn(code, kind, csv_text(table))
    return Grade(
        score=float(is_right(drawn, answer, kind=kind)),
        readable=True,
        extracted=_extracted(drawn),
        secondary={"ran": float(drawn.ran)},
    )


def code_of(output: str) -> str:
    r"""Return the last closed ``python`` block, or nothing.

    Example:
        >>> code_of("First\n```python\nplt.plot([1])\n```\nDone.")
        'plt.plot([1])'
    """
    tail = output[-_LONGEST:]
    for opening in reversed(list(_BLOCK.finditer(tail))):
        end = tail.find(_FENCE, opening.end())
        if end >= 0:
            return tail[opening.end() : end].strip()
    return ""


def wanted_values(answer: str) -> list[float] | None:
    """Return the values of ``y_references = [...]`` in one list, or None where there are none to be read.

    Example:
        >>> wanted_values("y_references = [[1, 2.5], ['$9,589']]")
        [1.0, 2.5, 9589.0]
    """
    values = published_values(answer)
    try:
        return None if values is None else [_plain(value) for value in values]
    except (ValueError, OverflowError):
        return None


def published_values(answer: str) -> list[Any] | None:
    """Return the values as they stand, in one list, with NaN where one is missing."""
    read = _read(answer)
    return None if read is None else _flat(read)


def is_right(drawn: Drawn, answer: str, *, kind: str) -> bool:
    """Return whether the code ran to its end and drew what ``answer`` describes."""
    return drawn.ran and matches(drawn.values, wanted_values(answer) or [], kind=kind)


def matches(drawn: Sequence[Any] | None, wanted: Sequence[float], *, kind: str) -> bool:
    """Return whether the drawn values are the wanted ones, in any order.

    Example:
        >>> matches([0.25, 0.75], [3, 1], kind="pie"), matches([1, -2], [1, 2], kind="bar")
        (True, False)
    """
    if not drawn or len(drawn) != len(wanted) or not all(map(_is_number, drawn)):
        return False
    total = math.fsum(wanted)
    is_pie = kind == "pie"
    if is_pie and not total:
        return False
    right = [value / total for value in wanted] if is_pie else list(wanted)
    off = _SHARE_OFF if is_pie else _VALUE_OFF
    return all(
        _near(one, other, off) for one, other in zip(_rising(drawn), _rising(right), strict=True)
    )


def example(answer: str, kind: str) -> str:
    """Return an output that draws ``answer``, its values written out: what full marks look like."""
    wanted = _read(answer) or []
    is_nested = kind != "pie" and all(isinstance(each, list) for each in wanted)
    series = wanted if is_nested else [_flat(wanted)]
    written = ", ".join(f"[{', '.join(map(_written, each))}]" for each in series)
    drawing = f"for y in [{written}]:\n    {_DRAWN_BY[kind]}"
    head = "import pandas as pd \nimport matplotlib.pyplot as plt\ndf = pd.read_csv('table.csv')"
    return f"```python\n{head}\n{drawing}\nplt.show()\n```"


@lru_cache(maxsize=512)
def _drawn(code: str, kind: str, table: str) -> Drawn:
    """Draw once what is graded again and again."""
    chart = Chart(code=code, kind=kind, table=table, mode="once", seconds=SECONDS)
    return studio().draw([chart])[0]


def _read(answer: str) -> list[Any] | None:
    """Return the list behind the equals sign; a missing value in it is None."""
    text = answer.partition("=")[2] if "=" in answer else answer
    try:
        read = ast.literal_eval(_MISSING.sub("None", text.strip()))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
    return read if isinstance(read, list) else None


def _flat(read: list[Any]) -> list[Any]:
    values = [value for each in read for value in (each if isinstance(each, list) else [each])]
    return [math.nan if value is None else value for value in values]


def _written(value: Any) -> str:
    plain = math.nan if value is None else _plain(value)
    return "float('nan')" if math.isnan(plain) else repr(plain).removesuffix(".0")


def _extracted(drawn: Drawn) -> str:
    if not drawn.ran or drawn.values is None:
        return f"no chart: {drawn.error}" if drawn.error else "no chart"
    numbers = [f"{value:.6g}" for value in drawn.values[:_SHOWN] if _is_number(value)]
    return ", ".join(numbers) + (", ..." if len(drawn.values) > _SHOWN else "")


def _plain(value: Any) -> float:
    if isinstance(value, str):
        return float(re.sub(r"[\s,$€£%]", "", value))
    if not _is_number(value):
        raise ValueError(f"{value!r} is not a number.")
    return float(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _rising(values: Sequence[float]) -> list[float]:
    return sorted(values, key=lambda value: (math.isnan(value), value))


def _near(one: float, other: float, off: float) -> bool:
    if math.isnan(one) or math.isnan(other):
        return math.isnan(one) and math.isnan(other)
    return one == other or abs(one - other) <= off + _SLACK * abs(other)
