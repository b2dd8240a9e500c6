"""Training rows: the shapes they may have, and reading them from a file that is not trusted.

Four shapes are known: ``messages``; ``prompt`` and ``completion``; Alpaca (``instruction``, ``input``, ``output``);
ShareGPT (``conversations``). All become chat turns that end in an answer. Unlike TRL, a prompt that is a string becomes
a user turn too, because every model here is evaluated through its chat template and should be trained through it.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ftdojo.errors import FtdojoError
from ftdojo.records import FailureKind, Message
from ftdojo.submissions.texts import is_writable, short

RowFormat = Literal["messages", "prompt-completion", "alpaca", "sharegpt"]
Turns = tuple[Message, ...]

_ROLES = {
    "system": "system",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "gpt": "assistant",
}
_ANSWER_KEYS = ("answer", "response", "output", "reply", "solution", "target", "label")
_WANTED = 'write {"messages": [{"role": "user", "content": ...}, {"role": "assistant", "content": ...}]} or {"prompt": ..., "completion": ...}'


class ShapeError(ValueError):
    """A row has no shape that can be trained on; the message names what to write instead."""


def turns_of(entry: Mapping[str, Any]) -> tuple[Turns, RowFormat, frozenset[str]]:
    """Return the chat turns of a row, the shape it was written in and the keys that shape uses.

    A ``system`` text beside any shape becomes the first turn unless there is one already.

    Raises:
        ShapeError: no known shape, a turn that is not text, or no answer at the end.
    """
    turns, form, used = _read(entry)
    system = entry.get("system")
    if system is not None and not (turns and turns[0]["role"] == "system"):
        turns = (*_one(system, "system"), *turns)
    turns = tuple(turn for turn in turns if turn["content"].strip() or turn["role"] != "system")
    _check(turns)
    return turns, form, used | {"system"}


def _read(entry: Mapping[str, Any]) -> tuple[Turns, RowFormat, frozenset[str]]:
    if "messages" in entry:
        return _many(entry["messages"], "messages"), "messages", frozenset({"messages"})
    if "prompt" in entry and "completion" in entry:
        prompt = _one_or_many(entry["prompt"], "user", "prompt")
        completion = _one_or_many(entry["completion"], "assistant", "completion")
        return (*prompt, *completion), "prompt-completion", frozenset({"prompt", "completion"})
    if "instruction" in entry and "output" in entry:
        return _alpaca(entry), "alpaca", frozenset({"instruction", "input", "output"})
    if "conversations" in entry:
        turns = _many(entry["conversations"], "conversations")
        return turns, "sharegpt", frozenset({"conversations"})
    raise ShapeError(_advice(entry))


def _alpaca(entry: Mapping[str, Any]) -> Turns:
    parts = [_text(entry["instruction"], "instruction"), _text(entry.get("input") or "", "input")]
    question = "\n".join(part for part in parts if part.strip())
    return (*_one(question, "user"), *_one(entry["output"], "assistant", "output"))


def _one(value: object, role: str, name: str = "") -> Turns:
    return (Message(role=role, content=_text(value, name or role)),)


def _one_or_many(value: object, role: str, name: str) -> Turns:
    return _many(value, name) if isinstance(value, list) else _one(value, role, name)


def _many(value: object, name: str) -> Turns:
    if not isinstance(value, list) or not value:
        raise ShapeError(f"{name} must be a list of turns with role and content; {_WANTED}.")
    return tuple(_turn(each, f"{name}[{index}]") for index, each in enumerate(value))


def _turn(entry: object, name: str) -> Message:
    if not isinstance(entry, dict):
        raise ShapeError(f"{name} must be an object with role and content.")
    given = entry.get("role", entry.get("from"))
    role = _ROLES.get(given) if isinstance(given, str) else None
    if role is None:
        raise ShapeError(f"{name} has the role {short(given)}; write system, user or assistant.")
    return Message(role=role, content=_text(entry.get("content", entry.get("value")), name))


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise ShapeError(f"{name} must be text, not {short(value)}.")
    if not is_writable(value):
        raise ShapeError(f"{name} holds half a surrogate pair, which no tokenizer reads; drop it.")
    return value


def _check(turns: Turns) -> None:
    if not turns or turns[-1]["role"] != "assistant" or not turns[-1]["content"].strip():
        raise ShapeError("the row has no answer: it must end with a non-empty assistant turn.")
    if any(turn["role"] == "system" for turn in turns[1:]):
        raise ShapeError("a system turn may only come first.")
    if not any(turn["role"] == "user" for turn in turns):
        raise ShapeError("the row has no question: it needs a user turn before the answer.")
    if any(not turn["content"].strip() for turn in turns):
        raise ShapeError("a turn is empty; every turn needs text.")


def _advice(entry: Mapping[str, Any]) -> str:
    """Return what to write instead of an unknown shape."""
    if {"chosen", "rejected"} & entry.keys():
        return f"preference pairs are not trained here; keep the chosen answer: {_WANTED}."
    if "text" in entry:
        return f"text does not say where the answer begins; {_WANTED}."
    answer = next((key for key in _ANSWER_KEYS if key in entry), None)
    if "prompt" in entry or "instruction" in entry or "question" in entry:
        named = f"rename {answer!r}" if answer else "add the answer"
        return f"the row has no completion; {named}: {_WANTED}."
    return f"its keys {short(sorted(entry))} are not a known shape; {_WANTED}."


MAX_SOURCE_CHARS = 200


class RowFault(FtdojoError):
    """The first line of a row file that cannot be trained on.

    Args:
        line: its number from 1; 0 if the file as a whole is at fault.
        why: what is wrong and what would be right.
        kind: the failure it means for the experiment.
    """

    def __init__(self, line: int, why: str, kind: FailureKind = FailureKind.SCHEMA) -> None:
        super().__init__(f"Line {line} of the rows: {why}" if line else why)
        self.line, self.kind = line, kind


@dataclass(frozen=True, kw_only=True)
class Row:
    """One training row.

    ``messages`` end in a non-empty assistant turn. ``source`` is where the row came from, if the script names it.
    ``format`` is the shape it was written in, ``ignored`` the keys that shape does not know.
    """

    messages: tuple[Message, ...]
    format: RowFormat
    source: str = ""
    ignored: tuple[str, ...] = ()


ReadRow = Callable[[Mapping[str, Any]], Row]


def read_rows(
    path: Path, *, max_rows: int, max_row_bytes: int, read: ReadRow | None = None
) -> Iterator[Row]:
    """Yield the rows of a JSONL file, reading no further than the first bad line.

    ``read`` makes a row of each object, ``conversation`` if left out; it raises ``ShapeError`` for one that it cannot use.
    Blank lines are skipped. Memory stays within a few times ``max_row_bytes``, whatever the file.

    Raises:
        RowFault: a line is too long, not UTF-8, not JSON, of no known shape, or without an answer; there are more
            than ``max_rows`` rows, none at all, or no such file.
    """
    rows, read = 0, read or conversation
    for number, line in _lines(path, max_row_bytes):
        if rows == max_rows:
            raise RowFault(number, f"there are more than {max_rows} rows; write fewer.")
        try:
            yield read(_object(line))
        except ShapeError as error:
            raise RowFault(number, str(error)) from error
        rows += 1
    if not rows:
        why = "The row file is empty; data.py must write at least one JSON object, one a line."
        raise RowFault(0, why, FailureKind.EMPTY_DATA)


def _lines(path: Path, max_row_bytes: int) -> Iterator[tuple[int, str]]:
    try:
        file = path.open("rb")
    except OSError as error:
        why = f"The row file cannot be read ({error.strerror}); data.py must write it."
        raise RowFault(0, why, FailureKind.EMPTY_DATA) from error
    with file:
        # One byte more than allowed shows that a line is too long without reading the rest of it.
        for number, line in enumerate(iter(lambda: file.readline(max_row_bytes + 1), b""), start=1):
            text = _decoded(line, number, max_row_bytes)
            if text.strip():
                yield number, text


def _decoded(line: bytes, number: int, max_row_bytes: int) -> str:
    if len(line) > max_row_bytes:
        why = f"it is longer than {max_row_bytes} bytes; write one JSON object a line and cut long texts."
        raise RowFault(number, why)
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        why = f"byte {error.start + 1} is not UTF-8; open the file with encoding='utf-8'."
        raise RowFault(number, why) from error
    return text.removeprefix("\ufeff") if number == 1 else text


def conversation(entry: Mapping[str, Any]) -> Row:
    """Return an object of one of the known shapes as a row: a conversation that ends in an answer.

    Raises:
        ShapeError: it has none of them.
    """
    messages, form, used = turns_of(entry)
    source = entry.get("source", "")
    if not isinstance(source, str) or len(source) > MAX_SOURCE_CHARS:
        raise ShapeError(f"source must be a text of at most {MAX_SOURCE_CHARS} characters.")
    ignored = tuple(key for key in entry if key not in used and key != "source")
    return Row(messages=messages, format=form, source=source, ignored=ignored)


def _object(line: str) -> dict[str, Any]:
    try:
        entry = json.loads(line, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise ShapeError(
            f"it is not JSON ({error.msg}, column {error.colno}); write each row with json.dumps on one line."
        ) from error
    except RecursionError as error:
        raise ShapeError(
            "it is nested too deeply; a row holds texts and one list of turns."
        ) from error
    except ValueError as error:
        raise ShapeError(f"it holds a number that is not allowed ({error}).") from error
    if not isinstance(entry, dict):
        raise ShapeError(
            f"a row is a JSON object, not {_KINDS[type(entry)]}; write one object a line."
        )
    return entry


_KINDS = {
    list: "a list",
    str: "a text",
    int: "a number",
    float: "a number",
    bool: "a truth value",
    type(None): "null",
}


def _refuse_constant(name: str) -> float:
    raise ValueError(name)
