"""What the four BioProBench tasks have in common: their rows, how they are split, what is on offer, and their tags.

Only the test part can be had everywhere, so ours deals it out: test, validation and confirmation by record, apart from
near-duplicates, and the rest is on offer as a source of its own beside the published training part. The published
evaluation shuffles the test part with seed 42 and takes the first 100 for validation, the last 100 for the test. Every
answer is wrapped in tags.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

from ftdojo.errors import SourceError
from ftdojo.records import Dataset, Part, Source, Split
from ftdojo.sources import dataset_rows
from ftdojo.tasks.clean import split
from ftdojo.tasks.miniature import small_talk
from ftdojo.texts import Gate

START, END = "[ANSWER_START]", "[ANSWER_END]"
FIELDS: Mapping[str, tuple[str, ...]] = {
    "PQA": ("question", "answer", "choices", "type", "id"),
    "ORD": ("question", "wrong_steps", "correct_steps", "type", "id"),
    "ERR": (
        "context",
        "corrupted_text",
        "corrected_text",
        "is_correct",
        "type",
        "error_description",
        "id",
    ),
    "GEN": ("system_prompt", "instruction", "input", "output", "id", "type"),
}
"""Kind of question of BioProBench -> the fields of its rows."""
Row = Mapping[str, Any]
Clean = Mapping[str, tuple[Row, ...]]
PUBLISHED_MOST = 100
PUBLISHED_SEED = 42
WHOLE = {"PQA": 1200, "ORD": 1161, "ERR": 1200, "GEN": 772}
"""Kind -> rows of the published test part; a mirror may hold fewer."""


def wrapped(answer: str) -> str:
    """Return ``answer`` between its tags.

    Example:
        >>> wrapped("True")
        '[ANSWER_START]True[ANSWER_END]'
    """
    return f"{START}{answer}{END}"


def behind(output: str, mark: str) -> str:
    """Return what follows the last ``mark``, or the whole output without one."""
    return output.rpartition(mark)[2]


def thought_out(output: str) -> str:
    """Return what follows the thinking, if the output shows any."""
    return behind(output, "</think>")


def answers(text: str) -> list[str]:
    """Return what stands in each closed pair of tags, stripped, in order.

    Example:
        >>> answers("[ANSWER_START] a [ANSWER_END] and [ANSWER_START]b")
        ['a']
    """
    found, at = [], 0
    while (start := text.find(START, at)) >= 0 and (end := text.find(END, start)) >= 0:
        found.append(text[start + len(START) : end].strip())
        at = end + len(END)
    return found


def last_answer(output: str) -> str | None:
    """Return what stands in the last closed pair of tags after the thinking, or None without a pair."""
    return next(reversed(answers(thought_out(output))), None)


def _kept(fields: tuple[str, ...], row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in fields}


BIOPROBENCH = Dataset(
    name="bioprobench",
    hub_id="bowenxian/BioProBench",
    revision="main",
    # The hub's card says CC BY 4.0, the authors' repository CC BY-NC 4.0: the stricter one holds.
    licence="CC BY-NC 4.0",
    commercial=False,
    parts={
        f"{kind}_{part}": Part(
            files=(f"*{kind}_{part}*", f"*{kind}/{part}*"), read=partial(_kept, fields)
        )
        for kind, fields in FIELDS.items()
        for part in ("test", "train")
    },
    fields={
        "id": "name of the record",
        "type": "kind of question or of error",
        "question": "PQA, ORD: the question",
        "choices": "PQA: five choices",
        "answer": "PQA: the right choice",
        "wrong_steps": "ORD: the steps, shuffled",
        "correct_steps": "ORD: the steps in order",
        "context": "ERR: the purpose of the step, the one before and the one after",
        "corrupted_text": "ERR: the step with an error, or nothing",
        "corrected_text": "ERR: the step without an error",
        "is_correct": "ERR: whether the step that is asked about is right",
        "error_description": "ERR: what is wrong",
        "system_prompt": "GEN: who is asked",
        "instruction": "GEN: the format asked for",
        "input": "GEN: what the protocol is for",
        "output": "GEN: the steps",
    },
)


@dataclass(frozen=True, kw_only=True)
class Protocols:
    """The records of one kind of question.

    ``text`` is what distinguishes records; ``spoil`` makes the record of a careless source; ``prompt_field``,
    ``response_field`` and the two templates are those of the sources. ``derive`` adds the fields to a source's row that
    ``derived`` describes; ``leaks`` returns whether a row so completed gives a held-out question away.
    """

    kind: str
    text: Callable[[Row], str]
    counts: Mapping[str, int]
    overlap_words: int
    prompt_field: str
    response_field: str
    spoil: Callable[[Row, random.Random], Row]
    spoilt: str
    prompt_template: str = ""
    response_template: str = ""
    derived: Mapping[str, str] = field(default_factory=dict)
    derive: Callable[[Row], Mapping[str, Any]] = lambda row: {}
    leaks: Callable[[Row], bool] = lambda row: False

    def clean(self) -> Clean:
        """Return our splits, and the rest as ``train``."""
        return _clean(self.kind, self.text, tuple(self.counts.items()))

    def published(self, part: Split) -> tuple[Row, ...]:
        """Return the published slice.

        Raises:
            SourceError: not all rows are here, so the slice cannot be determined.
        """
        return _published(self.kind, part)

    def sources(self) -> tuple[Source, ...]:
        """Return what is on offer for training."""
        kind = self.kind.lower()
        return (
            self._source(
                f"bioprobench-{kind}-train",
                summary="The published training part of the same benchmark.",
                notes="Large. Written by language models from protocols and checked in part; needs the hub.",
                rows=self._official,
            ),
            self._source(
                f"bioprobench-{kind}-rest",
                summary="Records of the published test part that no split of ours holds.",
                notes="Few, and as good as the test. They rule out comparing this model with published figures.",
                rows=self._rest,
            ),
            self._source(
                f"bioprobench-{kind}-careless",
                summary="The same records, copied in a hurry.",
                notes=self.spoilt,
                rows=self._careless,
            ),
            small_talk,
        )

    def _source(
        self, name: str, *, summary: str, notes: str, rows: Callable[[], Iterator[dict[str, Any]]]
    ) -> Source:
        return Source(
            name=name,
            summary=summary,
            licence=BIOPROBENCH.licence,
            fields={name: BIOPROBENCH.fields[name] for name in FIELDS[self.kind]}
            | dict(self.derived),
            prompt_field=self.prompt_field,
            response_field=self.response_field,
            prompt_template=self.prompt_template,
            response_template=self.response_template,
            notes=notes,
            version=3 if self.derived else 2,
            rows=rows,
            dataset=BIOPROBENCH,
        )

    def _official(self) -> Iterator[dict[str, Any]]:
        return self._completed(self._unknown(dataset_rows(BIOPROBENCH, f"{self.kind}_train")))

    def _rest(self) -> Iterator[dict[str, Any]]:
        return self._completed(self._records())

    def _records(self) -> Iterator[dict[str, Any]]:
        return self._unknown(self.clean()["train"])

    def _completed(self, rows: Iterable[Row]) -> Iterator[dict[str, Any]]:
        whole = ({**row, **self.derive(row)} for row in rows)
        return (row for row in whole if not self.leaks(row))

    def _careless(self) -> Iterator[dict[str, Any]]:
        quirks = random.Random(f"{self.kind} careless v1")
        return self._completed(self.spoil(row, quirks) for row in self._records())

    def _unknown(self, rows: Iterator[Row] | Sequence[Row]) -> Iterator[dict[str, Any]]:
        """Leave out the rows that give a held-out question away, whichever of their fields does."""
        held_out = self._held_out()
        return (
            dict(row)
            for row in rows
            if not held_out.holds(self.text(row))
            and not held_out.holds(" ".join(map(str, row.values())))
        )

    def _held_out(self) -> Gate:
        texts = [self.text(row) for name in self.counts for row in self.clean()[name]]
        return Gate(texts, overlap_words=self.overlap_words)


@cache
def _clean(kind: str, text: Callable[[Row], str], counts: tuple[tuple[str, int], ...]) -> Clean:
    return split(_rows(kind), key=lambda row: str(row["id"]), text=text, counts=dict(counts))


@cache
def _rows(kind: str) -> tuple[Row, ...]:
    return tuple(dataset_rows(BIOPROBENCH, f"{kind}_test"))


def _published(kind: str, part: Split) -> tuple[Row, ...]:
    import numpy as np

    rows = _rows(kind)
    if len(rows) < WHOLE[kind]:
        raise SourceError(
            f"{kind}_test of bioprobench has {len(rows)} of {WHOLE[kind]} rows here, too few to determine the published "
            "splits; unset FTDOJO_MIRROR to fetch all of them, or play the task without @reference."
        )
    order = [int(at) for at in np.random.default_rng(PUBLISHED_SEED).permutation(len(rows))]
    most = min(PUBLISHED_MOST, len(rows) // 2)
    taken = {"validation": order[:most], "confirm": [], "test": order[-most:]}[part]
    return tuple(rows[at] for at in taken)


def sometimes(
    change: Callable[[Row, random.Random], Row], *, share: float
) -> Callable[[Row, random.Random], Row]:
    """Return a spoiler that changes a ``share`` of the records and leaves the others alone."""
    return partial(_sometimes, change, share)


def _sometimes(
    change: Callable[[Row, random.Random], Row], share: float, row: Row, quirks: random.Random
) -> Row:
    spoilt = change(row, quirks)
    return spoilt if quirks.random() < share else row
