"""Answers that are JSON objects: the last one of an output, field by field."""

import json
import re
from typing import Any

from ftdojo.records import Grade
from ftdojo.tasks.own.answer_text import AnswerText, bare, plain, shown
from ftdojo.tasks.own.texts import MOST_SHOWN

MOST_WORK, PARSING = 100_000_000, 20
"""So many characters are counted in vain before an output is given up; parsing one costs as much as counting 20."""
DEEPEST = 50
"""A value that lies deeper makes an object unreadable."""


def json_fields(said: AnswerText, gold: str) -> Grade:
    """The share of the gold object's fields that the last JSON object of the output has right, and no others."""
    given, wanted = last_object(said.text), _whole(gold)
    if given is None:
        return Grade(score=0.0, readable=False)
    right = sum(_same(given.get(key), value) for key, value in (wanted or {}).items())
    extracted = json.dumps(given)[:MOST_SHOWN]
    return Grade(
        score=right / max(len(wanted or {}), len(given), 1), readable=True, extracted=extracted
    )


def json_fault(gold: str) -> str:
    """Return why ``gold`` is not an object whose fields can be compared; "" where it is."""
    found = _whole(gold)
    if found is None:
        return f"{shown(gold)} is not a JSON object, at most {DEEPEST} levels deep"
    return "" if found else f"{shown(gold)} is an object without fields"


def last_object(text: str) -> dict[str, Any] | None:
    """Return the last JSON object in ``text`` that lies in no other, or None.

    Example:
        >>> last_object('Here: {"a": {"b": 1}} and {"c": ')
        {'a': {'b': 1}}
    """
    if (whole := _whole(text)) is not None:
        return whole
    found, end, work = None, 0, 0
    for opening in re.finditer(r"\{", text):
        at = opening.start()
        if at < end:
            continue
        if work > MOST_WORK:
            return None
        try:
            read, end = _DECODER.raw_decode(text, at)
            found = read if _is_shallow(read) else found
        except json.JSONDecodeError as error:  # which counts the lines up to its place
            work += error.pos + PARSING * (error.pos - at) + 1
        except (ValueError, RecursionError):
            work += MOST_WORK // 100
    return found


def _whole(text: str) -> dict[str, Any] | None:
    """Return the object that ``text`` is, or None."""
    try:
        found = _DECODER.decode(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and _is_shallow(found) else None


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse)


def _is_shallow(value: Any) -> bool:
    """Tell whether nothing in ``value`` lies deeper than ``DEEPEST``."""
    level = [value]
    for _ in range(DEEPEST):
        level = [part for each in level for part in _parts(each)]
        if not level:
            return True
    return False


def _parts(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _same(given: Any, wanted: Any) -> bool:
    if isinstance(given, str) and isinstance(wanted, str):
        return (plain(given) or bare(given)) == (plain(wanted) or bare(wanted))
    if isinstance(given, bool) or isinstance(wanted, bool):
        return given is wanted
    if isinstance(given, dict) and isinstance(wanted, dict):
        return given.keys() == wanted.keys() and all(
            _same(given[key], wanted[key]) for key in wanted
        )
    if isinstance(given, list) and isinstance(wanted, list):
        return len(given) == len(wanted) and all(map(_same, given, wanted))
    return bool(given == wanted)
