"""The shapes a training row may have, and what of it is used.

Four shapes of a conversation are known: ``messages``; ``prompt`` and ``completion``; Alpaca (``instruction``, ``input``, ``output``,
``history``); ShareGPT (``conversations``). All become chat turns that end in an answer. Unlike TRL, a prompt that is a
string becomes a user turn too, because every model here is evaluated through its chat template and should be trained
through it. A pair for preference tuning has TRL's shape: ``chosen`` and ``rejected``, beside ``prompt`` or as two whole
conversations that part at their last answer.

What other tools write beside the text of a turn is used as they use it, where it can be (thoughts, ``developer``, a weight
of 0); refused, where to drop it would train on something else (tools, pictures, a weight that asks for what is not learnt);
and named in ``Row.ignored`` otherwise, so that no key is dropped without a word.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ftdojo.records import Message
from ftdojo.submissions.texts import is_writable, short

RowFormat = Literal["messages", "prompt-completion", "alpaca", "sharegpt", "preference"]
Turns = tuple[Message, ...]

_ROLES = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "gpt": "assistant",
    "model": "assistant",
}
_TEXT_KEYS = ("content", "value")
_THOUGHT_KEYS = ("reasoning_content", "reasoning", "thinking")
_LEARNT_KEYS = ("weight", "train", "training", "loss")
"""Keys of a turn by which other tools say whether it is learnt; those of ``_MASKED_KEYS`` say that it is not."""
_MASKED_KEYS = ("mask", "masked")
_TURN_KEYS = {"role", "from", *_TEXT_KEYS, *_THOUGHT_KEYS, *_LEARNT_KEYS, *_MASKED_KEYS}
_NO_TOOLS = "models are trained and asked without tools here; write calls and results as text, or leave the row out"
_ONLY_TEXT = (
    "only text is trained here; leave the row out, or the key where the text stands without it"
)
_REFUSED = {
    **dict.fromkeys(("tools", "functions", "tool_calls", "function_call"), _NO_TOOLS),
    **dict.fromkeys(("image", "images", "video", "videos", "audio", "audios"), _ONLY_TEXT),
    **dict.fromkeys(
        ("train_detail", "training_detail"),
        "the last answer is learnt as a whole; leave the key out, or split the row",
    ),
}
"""Keys of a row or a turn that are refused where they hold anything: rows would teach something else without them."""
_TOOL_ROLES = ("tool", "function", "observation", "function_call", "ipython")
MAX_SOURCE_CHARS = 200
_ANSWER_KEYS = ("answer", "response", "output", "reply", "solution", "target", "label")
_WANTED_PAIR = 'write {"prompt": ..., "chosen": ..., "rejected": ...}'
_WANTED = 'write {"messages": [{"role": "user", "content": ...}, {"role": "assistant", "content": ...}]} or {"prompt": ..., "completion": ...}'


class ShapeError(ValueError):
    """A row has no shape that can be trained on; the message names what to write instead."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One training row.

    ``messages`` end in a non-empty assistant turn. ``source`` is where the row came from, if the script names it.
    ``format`` is the shape it was written in; ``ignored`` the keys that hold something and are not used, those of turns as
    ``messages[].name``; ``masked`` is true where the row says of an earlier turn that it is not to be learnt.
    """

    messages: tuple[Message, ...]
    format: RowFormat
    source: str = ""
    ignored: tuple[str, ...] = ()
    masked: bool = False


@dataclass(frozen=True, kw_only=True)
class PreferenceRow(Row):
    """Two answers to one prompt: ``messages`` end in the chosen one, ``rejected`` are the same turns with the other one."""

    rejected: tuple[Message, ...]


def conversation(entry: Mapping[str, Any]) -> Row:
    """Return an object of one of the known shapes as a row: a conversation that ends in an answer.

    A ``system`` text beside any shape becomes the first turn unless there is one already.

    Raises:
        ShapeError: no known shape, a turn that is not text, no answer at the end, or a key that asks for what is not done.
    """
    _refuse(entry, "the row")
    turns, form, used = _read(entry)
    given = [each for key in used for each in _objects(entry[key], key)]
    turns, used = _under_system(turns, entry, used)
    _check(turns)
    return Row(
        messages=turns,
        format=form,
        source=_source(entry),
        ignored=_ignored(entry, used, given),
        masked=_masked(given),
    )


def preference(entry: Mapping[str, Any]) -> PreferenceRow:
    """Return an object with ``chosen`` and ``rejected`` as a pair of conversations that differ in their last answer.

    Either answer is a text or a list of turns. Where there is no ``prompt``, the turns that both begin with are the prompt;
    where there is one, lists may repeat it.

    Raises:
        ShapeError: one of them is missing or no answer, both are the same, or they answer different prompts.
    """
    _refuse(entry, "the row")
    missing = [key for key in ("chosen", "rejected") if key not in entry]
    if missing:
        raise ShapeError(
            f"the row has no {missing[0]} answer, and pairs are learnt; {_WANTED_PAIR}."
        )
    prompt = _one_or_many(entry["prompt"], "user", "prompt") if "prompt" in entry else ()
    used = tuple(key for key in ("prompt", "chosen", "rejected") if key in entry)
    given = [each for key in used for each in _objects(entry[key], key)]
    if any(_mark(turn, name) for name, turn in given):
        raise ShapeError(
            "a turn is marked as learnt or not, and of a pair both answers are; drop the mark."
        )
    (chosen, names), (rejected, _) = (
        _under_system(_answered(prompt, entry[key], key), entry, used)
        for key in ("chosen", "rejected")
    )
    _check_pair(chosen, rejected)
    return PreferenceRow(
        messages=chosen,
        rejected=rejected,
        format="preference",
        source=_source(entry),
        ignored=_ignored(entry, names, given),
    )


def _answered(prompt: Turns, answer: object, name: str) -> Turns:
    """Return the prompt with one of its answers, which may repeat the prompt."""
    if isinstance(answer, str) and not prompt:
        raise ShapeError(
            f"{name} is a text, and the row has no prompt that it answers; {_WANTED_PAIR}."
        )
    turns = _one_or_many(answer, "assistant", name)
    return turns if prompt and turns[: len(prompt)] == prompt else (*prompt, *turns)


def _check_pair(chosen: Turns, rejected: Turns) -> None:
    for name, turns in (("chosen", chosen), ("rejected", rejected)):
        try:
            _check(turns)
        except ShapeError as error:
            raise ShapeError(f"{name}: {error}") from error
    if chosen[:-1] != rejected[:-1]:
        raise ShapeError(
            "chosen and rejected differ before their last answer, and a pair is two answers to one prompt; cut both after the "
            "answers where they part."
        )
    if chosen[-1]["content"].strip() == rejected[-1]["content"].strip():
        answer = short(chosen[-1]["content"])
        raise ShapeError(f"chosen and rejected are the same answer, {answer}; leave the row out.")


def _under_system(
    turns: Turns, entry: Mapping[str, Any], used: tuple[str, ...]
) -> tuple[Turns, tuple[str, ...]]:
    """Return the turns below the system text that stands beside them, if one does, and the keys that were used for it."""
    system = entry.get("system")
    if system is not None and not (turns and turns[0]["role"] == "system"):
        turns, used = (*_one(system, "system"), *turns), (*used, "system")
    return tuple(
        turn for turn in turns if turn["content"].strip() or turn["role"] != "system"
    ), used


def _source(entry: Mapping[str, Any]) -> str:
    source = entry.get("source", "")
    if not isinstance(source, str) or len(source) > MAX_SOURCE_CHARS:
        raise ShapeError(f"source must be a text of at most {MAX_SOURCE_CHARS} characters.")
    return source


def _ignored(
    entry: Mapping[str, Any],
    used: Sequence[str],
    given: Sequence[tuple[str, Mapping[str, Any]]],
) -> tuple[str, ...]:
    """Return the keys of a row and of its turns that hold something and are not used."""
    unused = [key for key, value in entry.items() if key not in {*used, "source"} and _holds(value)]
    for name, turn in given:
        unused += [f"{name}[].{key}" for key in _unused(turn) if _holds(turn[key])]
    return tuple(dict.fromkeys(unused))


def _read(entry: Mapping[str, Any]) -> tuple[Turns, RowFormat, tuple[str, ...]]:
    """Return the turns of a row, its shape, and those of its keys that were used, in the order of the turns."""
    if "messages" in entry:
        return _many(entry["messages"], "messages"), "messages", ("messages",)
    if "prompt" in entry and "completion" in entry:
        prompt = _one_or_many(entry["prompt"], "user", "prompt")
        completion = _one_or_many(entry["completion"], "assistant", "completion")
        return (*prompt, *completion), "prompt-completion", ("prompt", "completion")
    if "instruction" in entry and "output" in entry:
        keys = ("history", "instruction", "input", "output")
        return _alpaca(entry), "alpaca", tuple(key for key in keys if key in entry)
    if "conversations" in entry:
        turns = _many(entry["conversations"], "conversations")
        return turns, "sharegpt", ("conversations",)
    raise ShapeError(_advice(entry))


def _alpaca(entry: Mapping[str, Any]) -> Turns:
    parts = [_text(entry["instruction"], "instruction"), _text(entry.get("input") or "", "input")]
    question = "\n".join(part for part in parts if part.strip())
    asked = (*_history(entry.get("history") or []), *_one(question, "user"))
    return (*asked, *_one(entry["output"], "assistant", "output"))


def _history(pairs: object) -> Turns:
    """Return Alpaca's earlier turns."""
    if not isinstance(pairs, list) or any(
        not isinstance(pair, list) or len(pair) != 2 for pair in pairs
    ):
        raise ShapeError("history must be a list of [question, answer] pairs.")
    both = (zip(("user", "assistant"), pair, strict=True) for pair in pairs)
    return tuple(
        turn for pair in both for role, text in pair for turn in _one(text, role, "history")
    )


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
        advice = _NO_TOOLS if given in _TOOL_ROLES else "write system, user or assistant"
        raise ShapeError(f"{name} has the role {short(given)}; {advice}.")
    _refuse(entry, name)
    text = _joined(entry.get("content", entry.get("value")), name)
    thoughts = [key for key in _THOUGHT_KEYS if _holds(entry.get(key))]
    if role == "assistant" and thoughts:
        text = _with_thought(_text(entry[thoughts[0]], f"{name}.{thoughts[0]}"), text, name)
    return Message(role=role, content=text)


def _joined(content: object, name: str) -> str:
    """Return the text of a turn, which may be written as a list of parts."""
    if not isinstance(content, list):
        return _text(content, name)
    parts = [part if isinstance(part, dict) else {} for part in content]
    strange = [part for part in parts if part.get("type", "text") != "text"]
    if strange:
        raise ShapeError(f"{name} holds a part of type {short(strange[0]['type'])}; {_ONLY_TEXT}.")
    return "".join(_text(part.get("text"), name) for part in parts)


def _with_thought(thought: str, text: str, name: str) -> str:
    """Return an answer after its thought, as reasoning models write both."""
    if "</think>" in text:
        raise ShapeError(f"{name} holds its thought twice, in content and beside it; keep one.")
    return f"<think>\n{thought.strip()}\n</think>\n\n{text}"


def _refuse(entry: Mapping[str, Any], name: str) -> None:
    """Refuse keys without which a row would teach something else."""
    for key in entry.keys() & _REFUSED.keys():
        if _holds(entry[key]):
            raise ShapeError(f"{name} has {key}: {_REFUSED[key]}.")
    for key in ("label", "kto_tag"):
        if entry.get(key) is False:
            raise ShapeError(
                f"{name} has {key}: false, which marks an answer to avoid; leave the row out, or the key where it means "
                "something else."
            )


def _objects(value: object, name: str) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the turns of a key with its name; one that is a text has no keys."""
    turns = value if isinstance(value, list) else [{}]
    return [(name, each) for each in turns if isinstance(each, dict)]


def _unused(turn: Mapping[str, Any]) -> list[str]:
    """Return the keys of a turn that are not used: second names of what is there, too."""
    assistant = _ROLES.get(turn.get("role", turn.get("from"))) == "assistant"
    thoughts = [key for key in _THOUGHT_KEYS if _holds(turn.get(key))]
    second = {"from"} if "role" in turn else set()
    second |= {"value"} if "content" in turn else set()
    second |= set(thoughts[1:] if assistant else thoughts)
    return [key for key in turn if key not in _TURN_KEYS or key in second]


def _holds(value: object) -> bool:
    """Return whether a key holds anything: other tools write empty ones, also as text, for columns that a row lacks."""
    return not (value is None or value is False or value in ("", "[]", "{}", [], {}))


def _masked(given: Sequence[tuple[str, Mapping[str, Any]]]) -> bool:
    """Return whether an earlier turn is marked as not to be learnt.

    Raises:
        ShapeError: the last turn is, or an earlier one is to be learnt, or a mark is neither.
    """
    marks = [_mark(turn, name) for name, turn in given]
    for mark in marks[:-1]:
        if mark and mark[1]:
            raise ShapeError(
                f"{mark[0]} asks for an earlier turn to be learnt, and of a row only the last answer is; write one row for "
                "each answer, which ends with it."
            )
    if marks and marks[-1] and not marks[-1][1]:
        raise ShapeError(
            f"{marks[-1][0]} says that the last answer is not to be learnt, and of a row nothing else is; leave the row "
            "out, or end it with the answer to learn."
        )
    return any(marks[:-1])


def _mark(turn: Mapping[str, Any], name: str) -> tuple[str, bool] | None:
    """Return how a turn says whether it is learnt, and what it says."""
    for key in (*_LEARNT_KEYS, *_MASKED_KEYS):
        value = turn.get(key)
        if value is None:
            continue
        if value not in (0, 1):
            raise ShapeError(
                f"{name}[].{key} is {short(value)}; write 0 or 1: a turn is learnt or not."
            )
        return f"{name}[].{key}: {json.dumps(value)}", bool(value) is (key in _LEARNT_KEYS)
    return None


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
        return f"pairs are learnt with objective: dpo or orpo; for sft keep the chosen answer: {_WANTED}."
    if "text" in entry:
        return f"text does not say where the answer begins; {_WANTED}."
    answer = next((key for key in _ANSWER_KEYS if key in entry), None)
    if "prompt" in entry or "instruction" in entry or "question" in entry:
        named = f"rename {answer!r}" if answer else "add the answer"
        return f"the row has no completion; {named}: {_WANTED}."
    return f"its keys {short(sorted(entry))} are not a known shape; {_WANTED}."
