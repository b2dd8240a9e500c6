"""Rows to token ids and a mask of the tokens that carry loss.

The chat template is the model's own. Loss is carried by the last assistant turn (``completion_only_loss``) or by every
token.
"""

from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from ftdojo.records import Message


@dataclass(frozen=True, slots=True)
class Encoded:
    """One row as the model sees it: ``ids[i]`` carries loss where ``labelled[i]``.

    ``cut`` says that the row was longer than ``max_length`` and lost its end. ``joints`` are the places where another
    row begins, for rows that were packed together.
    """

    ids: tuple[int, ...]
    labelled: tuple[bool, ...]
    cut: bool = False
    joints: tuple[int, ...] = ()

    @property
    def labels(self) -> int:
        """Count the tokens that carry loss; the first token of a row is never predicted."""
        return sum(self.labelled[1:])


def template_ids(tokenizer: Any, messages: Sequence[Message], *, ask: bool = False) -> list[int]:
    """Render ``messages`` with the model's chat template; ``ask`` opens the assistant's turn."""
    ids = tokenizer.apply_chat_template(
        list(messages), tokenize=True, add_generation_prompt=ask, return_dict=False
    )
    return list(ids)


def encode(
    tokenizer: Any, messages: Sequence[Message], *, max_length: int, completion_only: bool
) -> Encoded:
    """Turn one conversation that ends in an answer into ids and a loss mask, cut at ``max_length`` tokens."""
    ids = template_ids(tokenizer, messages)
    start = 0
    if completion_only:
        asked = template_ids(tokenizer, messages[:-1], ask=True)
        # A template may open the turn in more ways than it renders it; loss begins where the two part.
        pairs = zip(asked, ids, strict=False)
        start = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    labelled = (False,) * start + (True,) * (len(ids) - start)
    return Encoded(
        ids=tuple(ids[:max_length]), labelled=labelled[:max_length], cut=len(ids) > max_length
    )


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
