"""What the three PANORAMA tasks share: rows, splits by application, sources, parts of the prompts, and reading JSON.

The hub has official training, validation and test parts, parted by application. A mirror may hold the authors' ten
published sample rows instead, and rows made from their records; then a task works with those, few as they are. Official
parts are used where they are at hand: the test has one claim an application, and so have validation and confirmation, from
the official validation part. Of sample rows whole applications are dealt, and if there is only one, its claims.

Prompts are the published ones, character by character: scores compare only where the question is the same. Two modes:
``zero-shot`` requests the bare answer, ``cot`` prescribes steps and requests a reason first. A prompt holds the whole
application and the whole prior art, 35,000 to 90,000 characters; nothing is cut.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any, Literal, get_args

from ftdojo.records import (
    Dataset,
    Item,
    Message,
    Part,
    Source,
    Split,
)
from ftdojo.sources import dataset_rows, pull
from ftdojo.tasks.clean import split as split_records

Mode = Literal["zero-shot", "cot"]
MODES = get_args(Mode)
MISSING = "N/A"
TAIL_CHARS = 20_000
"""What a careful reader looks at: the answer stands at the end."""
_DECODER = json.JSONDecoder()
UNPARSED = object()
"""What ``parsed`` returns for text that is not JSON; null is None."""
HUB_ID = "LG-AI-Research/PANORAMA"
LICENCE = "CC BY-NC 4.0"
OFFICIAL = ("train", "validation", "test")
FIELDS = {
    "application_number": "the application under examination",
    "claim_number": "the claim that was decided on",
    "context": "JSON: title, abstract and claims of the application",
}
Row = dict[str, Any]
SAMPLES = ("samples.jsonl", "derived.jsonl", "converted.jsonl")
"""Files that only a mirror has, and that serve every part there."""
TEST = {"test": 200}
HELD_BACK = {"validation": 150, "confirm": 150}
SLICE = 100
"""Rows of a published slice."""
SEED = 42
OVERLAP_WORDS = 20_000
"""More than a prompt has: applications share prior art, so only a whole question identifies itself."""
SHORT_CHARS = 6_000
LENGTH = "A prompt holds the application and the prior art in full, as published 35,000 to 90,000 characters (8,000 to 22,000 tokens)"


def unpacked(value: Any) -> Any:
    """Return a field of a hub row, which may be JSON text, as what it means.

    Example:
        >>> unpacked('{"code": "102"}'), unpacked(["A"])
        ({'code': '102'}, ['A'])
    """
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return {}


def claim_at(claims: list[Any], number: Any) -> str:
    """Return the text of the claim at place ``number``."""
    at = int(number) - 1 if str(number).isdecimal() else -1
    return claim_text(claims[at]) if 0 <= at < len(claims) else MISSING


def claim_text(claim: Any) -> str:
    """Return the text of a claim, which may come with its number."""
    return str(claim["claim_text"] if isinstance(claim, dict) and "claim_text" in claim else claim)


def fenced(text: str) -> str:
    """Return what the first fenced block holds, one marked ``json`` before others; without one the whole text.

    A block that is never closed is none.

    Example:
        >>> fenced('Well: ```json {"a": 1} ```')
        '{"a": 1}'
    """
    fence = "```json" if "```json" in text else "```"
    _, opened, behind = text.partition(fence)
    inside, closed, _ = behind.partition("```")
    return inside.strip() if opened and closed else text


def parsed(text: str) -> Any:
    """Return the JSON value that ``text`` is as a whole, or ``UNPARSED``.

    Example:
        >>> parsed("[1]"), parsed("[1") is UNPARSED
        ([1], True)
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return UNPARSED


def last_object(text: str, key: str) -> dict[str, Any] | None:
    """Return the last JSON object in ``text`` that has ``key``, whatever stands around it.

    Example:
        >>> last_object('First {"a": 1}, rather {"a": 2}. Done', "a")
        {'a': 2}
    """
    tail = text[-TAIL_CHARS:]
    found = [each for each in _objects(tail) if key in each]
    return found[-1] if found else None


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """Yield the outermost JSON objects of ``text``; an opening brace that starts none is passed over."""
    at = text.find("{")
    while at >= 0:
        try:
            value, end = _DECODER.raw_decode(text, at)
            yield value
        except (ValueError, RecursionError):
            end = at + 1
        at = text.find("{", end)


def ratio(part: float, whole: float) -> float:
    """Return ``part`` of ``whole``; 0 of nothing."""
    return part / whole if whole else 0.0


def _dataset(name: str, fields: dict[str, str]) -> Dataset:
    folder = name.removeprefix("panorama_").upper()
    return Dataset(
        name=name,
        hub_id=HUB_ID,
        revision="main",
        licence=LICENCE,
        commercial=False,
        parts={part: Part(files=(f"{folder}/*{part}*", *SAMPLES)) for part in OFFICIAL},
        fields={**FIELDS, **fields},
    )


PAR4PC = _dataset(
    "panorama_par4pc",
    fields={
        "options": "JSON: eight patents, A to H, with title, abstract and claims",
        "gold_answers": "the letters of the patents cited against the claim",
        "silver_answers": "patents cited against other claims of the application",
        "negative_answers": "the other patents",
    },
)

PI4PC = _dataset(
    "panorama_pi4pc",
    fields={
        "options": "JSON: five paragraphs by their numbers",
        "prior_art_specification": "JSON: the patent they are from, with its full text",
        "gold_answers": "the numbers of the paragraphs cited against the claim",
        "silver_answers": "paragraphs cited against other claims",
        "negative_answers": "the other paragraphs",
    },
)

NOC4PC = _dataset(
    "panorama_noc4pc",
    fields={
        "prior_art_specifications": "JSON: the patents cited, with claims and the paragraphs cited",
        "answer": "JSON: the examiner's reason, and the code 102, 103 or ALLOW",
    },
)


def is_sampled(dataset: Dataset) -> bool:
    """Return whether only sample rows are at hand, in a mirror without the official parts."""
    return any(path.name in SAMPLES for path in pull(dataset, "test").files)


@dataclass(frozen=True)
class Benchmark:
    """One of the three: its rows, the prompt of a row, and the right output.

    ``gold`` returns nothing for a row that has no answer; such rows are left out. ``reason`` returns the examiner's words,
    where the rows have any.
    """

    dataset: Dataset
    prompt: Callable[[Row], str]
    gold: Callable[[Row], str]
    facts: Callable[[Row], Mapping[str, Any]]
    slices: Callable[[Row], Mapping[str, str]]
    reason: Callable[[Row], str] = lambda row: ""

    def items(self, split: Split) -> tuple[Item, ...]:
        """Return the items of ``split``, always the same ones in the same order."""
        return tuple(self._item(row) for row in self._dealt[split])

    def reference_items(self, split: Split) -> tuple[Item, ...]:
        """Return the published slices of the official test part, shuffled as published."""
        from numpy.random import default_rng

        rows = self._samples() if self._sampled else list(self._part("test"))
        order = default_rng(SEED).permutation(len(rows))
        count = min(SLICE, len(rows) // 2)
        places = {"validation": order[:count], "confirm": order[:0], "test": order[-count:]}[split]
        return tuple(self._item(rows[at]) for at in places)

    def sources(self, name: str) -> tuple[Source, ...]:
        """Return the training rows, whole and cut."""
        return (
            self._source(
                name,
                summary="Examiners' decisions: the published question and the right answer.",
                notes=f"{LENGTH}. Answers only, unless there is a reason. Not for commercial use.",
                cut=None,
            ),
            self._source(
                f"{name}-short",
                summary="The same decisions; of each question the beginning and the end.",
                notes=(
                    f"Questions of more than {SHORT_CHARS:,} characters lack their middle, where a mark says so: the "
                    "evidence may be gone. Not for commercial use."
                ),
                cut=SHORT_CHARS,
            ),
        )

    def _source(self, name: str, *, summary: str, notes: str, cut: int | None) -> Source:
        return Source(
            name=name,
            summary=summary,
            licence=LICENCE,
            fields={
                "id": "application and claim",
                "prompt": "the question",
                "answer": "the right output",
                "reason": "the examiner's words, where known",
            },
            prompt_field="prompt",
            response_field="answer",
            notes=notes,
            version=1,
            rows=lambda: self._rows(cut),
            dataset=self.dataset,
        )

    def _rows(self, cut: int | None) -> Iterator[Row]:
        for row in self._train():
            text = self.prompt(row)
            yield {
                "id": _name(row),
                "prompt": text if cut is None else _cut(text, cut),
                "answer": self.gold(row),
                "reason": self.reason(row),
            }

    def _train(self) -> Iterator[Row]:
        """Yield the rows of no application that is held out; the official parts share none."""
        if self._sampled:
            yield from self._dealt["train"]
            return
        held_out = {
            row["application_number"] for split in (*HELD_BACK, *TEST) for row in self._dealt[split]
        }
        for row in self._part("train"):
            if row["application_number"] not in held_out:
                yield row

    @cached_property
    def _sampled(self) -> bool:
        return is_sampled(self.dataset)

    @cached_property
    def _dealt(self) -> Mapping[str, tuple[Row, ...]]:
        if self._sampled:
            return _deal_few(self._samples())
        held_back = _one_each(list(self._part("validation")), HELD_BACK)
        return {**held_back, **_one_each(list(self._part("test")), TEST)}

    def _part(self, part: str) -> Iterator[Row]:
        return filter(self.gold, dataset_rows(self.dataset, part))

    def _samples(self) -> list[Row]:
        """Return the sample rows; of two of one claim the official one, whose file comes last."""
        return list({_name(row): row for row in self._part("test")}.values())

    def _item(self, row: Row) -> Item:
        return Item(
            id=_name(row),
            messages=(Message(role="user", content=self.prompt(row)),),
            gold=self.gold(row),
            slices=self.slices(row),
            facts=self.facts(row),
        )


def _one_each(rows: list[Row], counts: Mapping[str, int]) -> dict[str, tuple[Row, ...]]:
    """Deal applications; a held-out one gives one claim, so that items are independent."""
    dealt = split_records(
        rows, key=lambda row: str(row["application_number"]), text=_claims, counts=counts
    )
    return {name: dealt[name] for name in counts}


def _deal_few(rows: list[Row]) -> dict[str, tuple[Row, ...]]:
    """Deal whole applications in turn; the claims of the only one, if there is just one."""
    groups: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[str(row["application_number"])].append(row)
    if len(groups) == 1:
        groups = defaultdict(list, {_name(row): [row] for row in rows})
    dealt: dict[str, list[Row]] = {"test": [], "validation": [], "train": []}
    order = sorted(groups, key=lambda name: (-len(groups[name]), sha256(name.encode()).digest()))
    for name in order:
        fewest = min(dealt, key=lambda split: len(dealt[split]))
        dealt[fewest] += groups[name]
    return {"confirm": (), **{split: tuple(some) for split, some in dealt.items()}}


def _name(row: Row) -> str:
    return f"{row['application_number']}-{row['claim_number']}"


def _claims(row: Row) -> str:
    return "\n".join(map(str, unpacked(row["context"]).get("claims", [])))


def _cut(text: str, chars: int) -> str:
    if len(text) <= chars:
        return text
    return f"{text[: chars // 2]}\n[... {len(text) - chars:,} characters left out ...]\n{text[-chars // 2 :]}"
