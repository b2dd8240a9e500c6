"""A folder as a task: its task file, its rows, its scorer."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from ftdojo.errors import UsageError
from ftdojo.records import (
    Aggregate,
    Direction,
    Grade,
    Item,
    Message,
    Source,
    Split,
    Task,
    columns_of,
    filled,
    hole,
)
from ftdojo.sources import read_rows
from ftdojo.tasks.own.file import FILE, LABELLED, TaskFile, read_file
from ftdojo.tasks.own.metrics import as_output, gold_fault, golds_of, grade, need
from ftdojo.tasks.own.scorer import load_scorer
from ftdojo.tasks.own.shapes import text_of
from ftdojo.texts.words import words_of

HELD_OUT: tuple[Split, ...] = ("validation", "confirm", "test")
SCORING = b"2"
"""Raised whenever a metric gives other scores for equal files: a part of every task's version."""
_ALSO = {
    "accuracy": {"macro_f1": Aggregate(kind="macro-f1", over="label")},
    "macro_f1": {"accuracy": Aggregate()},
}
_SAYS = {
    "macro_f1": "mean F1 over the labels, share, higher is better",
    "accuracy": "share of right labels, higher is better",
}


def load(folder: Path) -> Task:
    """Return the task that ``folder`` declares; its rows are read when they are first asked for.

    ``version`` is made from the bytes of every file the task is made of, so that scores are only compared, and runs
    only resumed, where nothing changed.

    Raises:
        UsageError: the task file or the scorer is wrong, or a file that it names is not there.
    """
    said = read_file(folder)
    version = _version(folder, [FILE, said.scorer, *_row_files(said)])
    source = _source(folder, said, version)
    also = _ALSO.get(said.metric, {})
    return Task(
        name=said.name,
        version=version,
        domain="own",
        summary=said.summary,
        answer_format=said.answer_format,
        system=said.system,
        template=said.template,
        question=said.asked,
        metric=said.metric or "score",
        direction=Direction.HIGHER,
        unit="share",
        max_new_tokens=said.max_new_tokens,
        stop=(),
        sources=(source,),
        items=_items(folder, said),
        grade=_grader(folder, said),
        aggregate=Aggregate(kind="macro-f1", over="label")
        if said.metric == "macro_f1"
        else Aggregate(),
        also=also,
        secondary={name: _SAYS[name] for name in also},
        slices={"label": "the right label"} if said.metric in LABELLED else {},
        shown=said.shown,
        overlap_words=said.overlap_words,
        phrasing=lambda: (source.example(row)[0] for row in source.rows()),
        ready=lambda: need(said.metric) if said.metric else None,
    )


def version_without_scorer(folder: Path) -> int:
    """Return what ``Task.version`` would be made from if the scorer did not count.

    Raises:
        UsageError: the task file is wrong, or a file that it names is not there.
    """
    return _version(folder, [FILE, *_row_files(read_file(folder))])


def _grader(folder: Path, said: TaskFile) -> Callable[[str, Item], Grade]:
    if said.scorer:
        score = load_scorer(_inside(folder, said.scorer))
        return lambda output, item: score(output, item.facts["golds"][0])
    reading = said.reading
    return lambda output, item: grade(reading, output, item.facts["golds"])


def _inside(folder: Path, name: str) -> Path:
    """Return the file ``name`` of ``folder``, which must lie in it."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file():
        raise UsageError(
            f"{folder / FILE} names {name!r}, which is not a file in that folder; correct the name."
        )
    return path


def _row_files(said: TaskFile) -> list[str]:
    return [said.train, *(getattr(said, split) for split in HELD_OUT)]


def _version(folder: Path, names: Sequence[str]) -> int:
    digest = hashlib.sha256(SCORING)
    for path in [_inside(folder, name) for name in names if name]:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return int.from_bytes(digest.digest()[:4], "big")


def _items(folder: Path, said: TaskFile) -> Callable[[Split], Sequence[Item]]:
    @cache
    def every() -> dict[Split, tuple[Item, ...]]:
        return _held_out(folder, said)

    return lambda split: every()[split]


def _held_out(folder: Path, said: TaskFile) -> dict[Split, tuple[Item, ...]]:
    """Read the held-out rows.

    Raises:
        UsageError: a split is empty, a question is in two of them, or a right answer cannot be scored.
        SourceError: a row cannot be read; file and line are named.
    """
    seen: dict[tuple[str, ...], str] = {}
    found: dict[Split, tuple[Item, ...]] = {}
    for split in HELD_OUT:
        name, items = getattr(said, split), []
        for line, row in _rows(folder, name, said) if name else ():
            here, item = f"{name}, line {line}", _item(said, f"{split}-{line:05}", row)
            asked = words_of(filled(said.asked, row)) or (filled(said.asked, row),)
            if asked in seen:
                raise UsageError(
                    f"{folder / name}, line {line}, asks what {seen[asked]}, asks; keep one of the two."
                )
            if fault := _fault(said, item):
                raise UsageError(
                    f"{folder / name}, line {line}: {fault}; correct it, or change the metric."
                )
            seen[asked] = here
            items.append(item)
        if name and not items:
            raise UsageError(f"{folder / name} holds no rows; a split needs some.")
        found[split] = tuple(items)
    return found


def _fault(said: TaskFile, item: Item) -> str:
    """Return why the right answer of ``item`` cannot be scored, or nothing."""
    golds = item.facts["golds"] if said.metric else ()
    return next((fault for gold in golds if (fault := gold_fault(said.reading, gold))), "")


def _item(said: TaskFile, name: str, row: Mapping[str, Any]) -> Item:
    asked = said.template.replace("{question}", filled(said.asked, row))
    turns = [Message(role="system", content=said.system)] if said.system else []
    value = row[said.answer]
    golds = golds_of(value) if said.metric else (text_of(value),)
    return Item(
        id=name,
        messages=(*turns, Message(role="user", content=asked)),
        gold=as_output(said.reading, golds[0]) if said.metric else golds[0],
        slices={"label": golds[0]} if said.metric in LABELLED else {},
        facts={"golds": golds},
    )


def _rows(folder: Path, name: str, said: TaskFile) -> Iterator[tuple[int, dict[str, Any]]]:
    path = _inside(folder, name)
    for line, row in read_rows(path):
        for column in (*columns_of(said.asked), said.answer):
            if column not in row:
                raise UsageError(
                    f"{path}, line {line}, has no {column!r}; it has {', '.join(map(str, row))}."
                )
        if not golds_of(row[said.answer]) or not filled(said.asked, row):
            empty = said.answer if not golds_of(row[said.answer]) else "question"
            raise UsageError(
                f"{path}, line {line}, has no {empty!r}: it is empty; fill it in, or drop the row."
            )
        yield line, row


def _source(folder: Path, said: TaskFile, version: int) -> Source:
    def rows() -> Iterator[dict[str, Any]]:
        for _, row in _rows(folder, said.train, said):
            asking = columns_of(said.asked, row)
            yield {**{name: row[name] for name in asking}, said.answer: _answer(said, row)}

    first = next(iter(columns_of(said.asked)), said.question)
    return Source(
        name="train",
        summary=f"Questions and answers of {said.name} that are not held out.",
        licence=said.licence,
        fields=dict.fromkeys(columns_of(said.asked), "asks") | {said.answer: "the right answer"},
        prompt_field=first,
        response_field=said.answer,
        prompt_template=said.asked,
        response_template=f"{said.answer_after} {hole(said.answer)}".strip(),
        notes=f"As they are in {said.train}, without the prompt around them.",
        version=version,
        rows=rows,
        item=lambda row: _item(said, "train", row),
    )


def _answer(said: TaskFile, row: Mapping[str, Any]) -> Any:
    """Return what a training row answers: the first of several right answers."""
    value = row[said.answer]
    return value if said.metric == "json_fields" or not said.metric else golds_of(value)[0]
