"""The shapes a training row may have, and the way from each to chat turns."""

from collections.abc import Mapping
from typing import Any, Literal

from ftdojo.records import Message
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
    """A row has no shape that can be trained on; the text says what to write instead."""


def turns_of(entry: Mapping[str, Any]) -> tuple[Turns, RowFormat, frozenset[str]]:
    """Return the chat turns of a row, the shape it was written in and the keys that shape uses.

    A ``system`` text beside any shape becomes the first turn unless there is one already.

    Raises:
        ShapeError: no known shape, a turn that is no text, or no answer at the end.
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
        asked = _one_or_many(entry["prompt"], "user", "prompt")
        answered = _one_or_many(entry["completion"], "assistant", "completion")
        return (*asked, *answered), "prompt-completion", frozenset({"prompt", "completion"})
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
    """Say what to write instead of a shape that is not known."""
    if {"chosen", "rejected"} & entry.keys():
        return f"preference pairs are not trained here; keep the chosen answer: {_WANTED}."
    if "text" in entry:
        return f"text does not say where the answer begins; {_WANTED}."
    answer = next((key for key in _ANSWER_KEYS if key in entry), None)
    if "prompt" in entry or "instruction" in entry or "question" in entry:
        named = f"rename {answer!r}" if answer else "add the answer"
        return f"the row has no completion; {named}: {_WANTED}."
    return f"its keys {short(sorted(entry))} are no known shape; {_WANTED}."
