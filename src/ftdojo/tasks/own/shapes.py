"""Rows as people have them, made flat: chat turns, preference pairs, SQuAD answers, lettered choices, columns that are missing.

Every row comes out with the same columns, and every value in them is text, a number, a truth value, a list, an object
or None. What cannot be made flat is one line that names the row.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from ftdojo.errors import UsageError
from ftdojo.records.tasks import NO_NAME

Row = dict[str, Any]
CHATS = ("messages", "conversations", "conversation", "dialog")
OPTIONS = ("choices", "options", "endings")
_UNNAMEABLE = str.maketrans(dict.fromkeys(NO_NAME, "_"))
ROLES = {"human": "user", "gpt": "assistant", "prompter": "user", "bot": "assistant"}


@dataclass(frozen=True, kw_only=True)
class RowTable:
    """The rows of one or more files: ``places`` says where each was read, ``notes`` what was changed or left out."""

    rows: tuple[Row, ...]
    places: tuple[str, ...]
    columns: tuple[str, ...]
    notes: tuple[str, ...] = ()


def table(read: Iterable[tuple[str, Mapping[str, Any]]]) -> RowTable:
    """Return the rows of ``read``, each with its place, made flat.

    Raises:
        UsageError: a row cannot be made flat, or there are no rows.
    """
    places, rows = [], []
    for place, row in read:
        places.append(place)
        rows.append(_flat({_named(name): value for name, value in row.items()}, place))
    columns = tuple(dict.fromkeys(name for row in rows for name in row))
    binary = [name for name in columns if any(_holds_bytes(row.get(name)) for row in rows)]
    kept = tuple(name for name in columns if name not in binary)
    notes = [f"{', '.join(binary)}: bytes, left out"] if binary else []
    return RowTable(
        rows=tuple({name: row.get(name) for name in kept} for row in rows),
        places=tuple(places),
        columns=kept,
        notes=tuple(notes),
    )


def _named(column: object) -> str:
    """Return the name of a column without what a template cannot name."""
    return str(column).translate(_UNNAMEABLE).strip() or "_"


def _flat(row: Row, place: str) -> Row:
    for name in CHATS:
        if isinstance(row.get(name), list) and _is_chat(row[name]):
            turns = row.pop(name)
            return _asked_and_answered(turns, place, name) | row
    for name in ("prompt", "chosen", "rejected"):
        if isinstance(row.get(name), list) and _is_chat(row[name]):
            row |= _flat_turns(row[name], name)
    for name in OPTIONS:
        if name in row and (listed := _options(row[name])):
            row[name] = listed
    return row


def _is_chat(value: Sequence[Any]) -> bool:
    return bool(value) and all(
        isinstance(each, dict)
        and ({"role", "content"} <= set(each) or {"from", "value"} <= set(each))
        for each in value
    )


def _turns(value: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    named = [
        (str(each.get("role", each.get("from"))), each.get("content", each.get("value")))
        for each in value
    ]
    return [(ROLES.get(role, role), text if isinstance(text, str) else "") for role, text in named]


def _asked_and_answered(value: Sequence[Mapping[str, Any]], place: str, name: str) -> Row:
    """Return a chat of one question and one answer as columns."""
    turns = _turns(value)
    roles = [role for role, _ in turns]
    system = turns[0][1] if roles[0] == "system" else ""
    rest = turns[1:] if roles[0] == "system" else turns
    if [role for role, _ in rest] != ["user", "assistant"]:
        _refuse(
            place,
            f"its {name} are {', '.join(roles)}; a task asks once: give rows of one user turn and one assistant turn",
        )
    return {"question": rest[0][1], "answer": rest[1][1]} | ({"system": system} if system else {})


def _flat_turns(value: Sequence[Mapping[str, Any]], name: str) -> Row:
    """Return what a list of turns says under ``name``: the question of a prompt, else the last answer."""
    turns = _turns(value)
    asked = [text for role, text in turns if role == "user"]
    answered = [text for role, text in turns if role == "assistant"]
    if name == "prompt":
        return {"prompt": asked[-1] if asked else ""}
    found: Row = {name: answered[-1] if answered else ""}
    return found | ({"prompt": asked[-1]} if asked and name == "chosen" else {})


def _options(value: Any) -> str:
    """Return a list of choices as lettered lines, or nothing where it is none."""
    texts = value.get("text") if isinstance(value, dict) else value
    if not isinstance(texts, list) or not texts or not all(isinstance(each, str) for each in texts):
        return ""
    letters = [chr(ord("A") + at) for at in range(len(texts))]
    named = value.get("label") if isinstance(value, dict) else None
    if isinstance(named, list) and len(named) == len(texts):
        letters = [str(each) for each in named]
    return "\n".join(f"{letter}. {text}" for letter, text in zip(letters, texts, strict=True))


def text_of(value: Any) -> str:
    """Return a cell as text: nothing for None, JSON for what is no text."""
    if isinstance(value, str):
        return value.strip()
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def _holds_bytes(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_holds_bytes, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_holds_bytes, value))
    return isinstance(value, bytes | bytearray | memoryview)


def _refuse(place: str, why: str) -> NoReturn:
    raise UsageError(f"{place}: {why}.")
