"""Text with holes: ``{column}`` stands for the value of that column of a raw row."""

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

NO_NAME = '{}"\n:'
"""What a column's name must not hold to be named in a template; JSON in a template is no hole."""
_HOLE = re.compile(f"{{([^{NO_NAME}]+)}}")


def hole(column: str) -> str:
    """Return the template that is one column as it stands.

    Example:
        >>> hole("answer")
        '{answer}'
    """
    return f"{{{column}}}"


def columns_of(template: str, known: Collection[str] | None = None) -> tuple[str, ...]:
    """Return the columns that ``template`` shows, each once, in order: those among ``known``, or all it names.

    Example:
        >>> columns_of("{premise} So: {hypothesis}? {no such thing}", ["hypothesis", "premise"])
        ('premise', 'hypothesis')
    """
    named = dict.fromkeys(_HOLE.findall(template))
    return tuple(name for name in named if known is None or name in known)


def filled(template: str, row: Mapping[str, Any]) -> str:
    """Return ``template`` with the values of ``row``, stripped, in one pass: a value is never read as a template.

    Braces around what is no column of the row stay as they are. None is nothing; what is no text is JSON.

    Example:
        >>> filled("{a} and {b}, {c}", {"a": "{b}", "b": 2})
        '{b} and 2, {c}'
    """
    return _HOLE.sub(lambda found: _text(row, found), template)


def _text(row: Mapping[str, Any], found: re.Match[str]) -> str:
    if found[1] not in row:
        return found[0]
    value = row[found[1]]
    if isinstance(value, str):
        return value.strip()
    return "" if value is None else json.dumps(value, ensure_ascii=False)
