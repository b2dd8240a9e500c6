"""Rows to token ids and a mask of the tokens that carry loss.

Loss is carried by the last assistant turn (``completion_only_loss``) or by every
token.
"""

import re
from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ftdojo.models.chat_templates import closing_ids, template_ids
from ftdojo.records import Message
from ftdojo.submissions.texts import short


@dataclass(frozen=True, slots=True)
class Encoded:
    """One row as the model sees it: ``ids[i]`` carries loss where ``labelled[i]``.

    ``cut`` says that the row was longer than ``max_length`` and lost its end. ``joints`` are the places where another
    row begins, for rows that were packed together. ``lost`` names text of the row that is not in its tokens, cut apart;
    ``unclosed`` says that the prompt opens a thought (``<think>``) which the answer does not close. ``rejected`` is the other
    answer of a pair, after the same prompt; ``reference`` the log-probabilities (nats) of both before training.
    """

    ids: tuple[int, ...]
    labelled: tuple[bool, ...]
    cut: bool = False
    joints: tuple[int, ...] = ()
    lost: str = ""
    unclosed: bool = False
    rejected: "Encoded | None" = None
    reference: tuple[float, float] | None = None

    @property
    def labels(self) -> int:
        """Count the tokens that carry loss; the first token of a row is never predicted."""
        return sum(self.labelled[1:])

    @property
    def parts(self) -> "tuple[Encoded, ...]":
        """Return what the model sees of it: itself, and the rejected answer of a pair."""
        return (self, self.rejected) if self.rejected else (self,)

    @property
    def tokens(self) -> int:
        """Count the tokens that the model sees, those of both answers of a pair."""
        return sum(len(part.ids) for part in self.parts)

    @property
    def terms(self) -> int:
        """Count its terms in a loss: the tokens that carry loss, or one for a pair."""
        return 1 if self.rejected else self.labels


def encode(
    tokenizer: Any, messages: Sequence[Message], *, max_length: int, completion_only: bool
) -> Encoded:
    """Turn one conversation that ends in an answer into ids and a loss mask, cut at ``max_length`` tokens.

    The prompt is the very tokens that ``generate`` puts to the model. The answer follows as the chat template renders it,
    where that is the same prompt, the whole answer and a token that ends it. Where it is not (templates that open a thought
    in the prompt only, strip thoughts, or end nothing), the answer's own text follows, and what closes an answer.
    """
    asked = template_ids(tokenizer, messages[:-1], ask=True)
    prompt, answer = _decoded(tokenizer, asked), messages[-1]["content"]
    written = _rendered_after(tokenizer, messages, asked)
    if written is None:
        own = _unopened(prompt, answer)
        written = tokenizer.encode(own, add_special_tokens=False) + list(closing_ids(tokenizer)[0])
    ids = asked + written
    start = len(asked) if completion_only else 0
    labelled = (False,) * start + (True,) * (len(ids) - start)
    missing = (_missing(turn, prompt) for turn in messages[:-1])
    lost = next((each for each in missing if each), "")
    return Encoded(
        ids=tuple(ids[:max_length]),
        labelled=labelled[:max_length],
        cut=len(ids) > max_length,
        lost=lost or _missing(messages[-1], prompt + _decoded(tokenizer, written)),
        unclosed=_opened(prompt) == "<think>" and "</think>" not in answer,
    )


def learning_tail(tokenizer: Any, row: Encoded, tail: str) -> Encoded:
    """Return ``row`` with the loss of ``tail`` only, the text that its answer ends with; what closes the answer has none.

    The token in which ``tail`` begins is the first to carry loss. A row that was cut before its end carries none.
    """
    start = row.labelled.index(True) if True in row.labelled else len(row.ids)
    written, places = row.ids[start:], range(1, len(row.ids) - start + 1)
    begin = _decoded(tokenizer, written).rfind(tail)

    def reached(count: int) -> int:
        return len(_decoded(tokenizer, written[:count]))

    first = bisect_right(places, begin, key=reached)
    last = bisect_left(places, begin + len(tail), key=reached)
    found = begin >= 0 and tail and last < len(places)
    learnt = range(start + first, start + last + 1) if found else range(0)
    return replace(row, labelled=tuple(at in learnt for at in range(len(row.ids))))


def _rendered_after(
    tokenizer: Any, messages: Sequence[Message], asked: list[int]
) -> list[int] | None:
    """Return what the chat template renders after the prompt ``asked``; None where it cannot be trained on."""
    ids = template_ids(tokenizer, messages)
    written = ids[len(asked) :]
    if ids[: len(asked)] != asked or not closing_ids(tokenizer)[1]:
        return None
    return None if _missing(messages[-1], _decoded(tokenizer, written)) else written


def _unopened(prompt: str, answer: str) -> str:
    """Return ``answer`` without the tag that ``prompt`` has opened for it."""
    opened = _opened(prompt)
    bare = answer.lstrip()
    return bare.removeprefix(opened).lstrip("\n") if opened and bare.startswith(opened) else answer


def _opened(prompt: str) -> str:
    """Return the tag that ``prompt`` ends with, if it does: ``<think>`` as a rule."""
    found = re.search(r"<[^<>\s]+>\s*$", prompt)
    return found[0].strip() if found else ""


def _missing(turn: Message, text: str) -> str:
    """Return which words of ``turn`` are not in ``text``, white space and the tags of thoughts apart, cut short."""
    squeezed = ""
    for part in re.split("</?think>", turn["content"]):
        if part.strip() in text:
            continue
        squeezed = squeezed or "".join(text.split())
        if "".join(part.split()) not in squeezed:
            return f"{short(part.strip())} of the role {turn['role']}"
    return ""


def _decoded(tokenizer: Any, ids: Sequence[int]) -> str:
    return str(tokenizer.decode(ids, clean_up_tokenization_spaces=False))


def pack(rows: Sequence[Encoded], *, max_length: int) -> list[Encoded]:
    """Join rows up to ``max_length`` tokens, longest first, each into the tightest place with room (best-fit decreasing).

    The parts stay apart: positions restart at each joint and attention does not cross it.
    """
    bins: list[list[Encoded]] = []
    room: list[tuple[int, int]] = []  # (tokens left, bin), sorted
    for row in sorted(rows, key=lambda row: -len(row.ids)):
        at = bisect_left(room, (len(row.ids), 0))
        left, number = room.pop(at) if at < len(room) else (max_length, len(bins))
        if number == len(bins):
            bins.append([])
        bins[number].append(row)
        insort(room, (left - len(row.ids), number))
    return [_joined(parts) for parts in bins]


def _joined(parts: Sequence[Encoded]) -> Encoded:
    ids: list[int] = []
    labelled: list[bool] = []
    joints: list[int] = []
    for part in parts:
        joints.append(len(ids))
        ids += part.ids
        labelled += [False, *part.labelled[1:]]
    return Encoded(
        ids=tuple(ids),
        labelled=tuple(labelled),
        cut=any(part.cut for part in parts),
        joints=tuple(joints[1:]),
    )
