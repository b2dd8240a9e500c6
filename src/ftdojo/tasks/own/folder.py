"""A folder as a task: its task file, its rows, its scorer."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from ftdojo.errors import UsageError
from ftdojo.records import Direction, Grade, Item, Message, Source, Split, Task
from ftdojo.sources import read_rows
from ftdojo.tasks.clean import normal
from ftdojo.tasks.own.file import FILE, TaskFile, read_file
from ftdojo.tasks.own.metrics import gold_output, graded, need_rouge
from ftdojo.tasks.own.scorer import load_scorer

HELD_OUT: tuple[Split, ...] = ("validation", "confirm", "test")


def load(folder: Path) -> Task:
    """Return the task that ``folder`` declares; its rows are read when they are first asked for.

    ``version`` is made from the bytes of every file the task is made of, so that scores are only compared, and runs
    only resumed, where nothing changed.

    Raises:
        UsageError: the task file or the scorer is wrong, or a file that it names is not there.
    """
    said = read_file(folder)
    used = [FILE, said.scorer, said.train, *(getattr(said, split) for split in HELD_OUT)]
    version = _version([_inside(folder, name) for name in used if name])
    score = load_scorer(_inside(folder, said.scorer)) if said.scorer else _metric(said)
    return Task(
        name=said.name,
        version=version,
        domain="own",
        summary=said.summary,
        answer_format=said.answer_format,
        system=said.system,
        template=said.template,
        metric=said.metric or "score",
        direction=Direction.HIGHER,
        unit="share",
        max_new_tokens=said.max_new_tokens,
        stop=(),
        sources=(_source(folder, said, version),),
        items=_items(folder, said),
        grade=lambda output, item: score(output, item.facts["gold"]),
        shown=said.shown,
        overlap_words=said.overlap_words,
        ready=need_rouge if said.metric == "rouge_l" else None,
    )


def _metric(said: TaskFile) -> Callable[[str, str], Grade]:
    return lambda output, gold: graded(said.metric, output, gold, after=said.answer_after)


def _inside(folder: Path, name: str) -> Path:
    """Return the file ``name`` of ``folder``, which must lie in it."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file():
        raise UsageError(
            f"{folder / FILE} names {name!r}, which is no file in that folder; mend the name."
        )
    return path


def _version(files: Sequence[Path]) -> int:
    digest = hashlib.sha256()
    for path in files:
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
        UsageError: a split is empty, or a question is in two of them.
        SourceError: a row cannot be read; file and line are named.
    """
    seen: dict[tuple[str, ...], str] = {}
    found: dict[Split, tuple[Item, ...]] = {}
    for split in HELD_OUT:
        name, items = getattr(said, split), []
        for line, row in _rows(folder, name, said) if name else ():
            here, asked = f"{name}, line {line}", normal(str(row[said.question]))
            if asked in seen:
                raise UsageError(
                    f"{folder / name}, line {line}, asks what {seen[asked]}, asks; keep one of the two."
                )
            seen[asked] = here
            items.append(_item(said, f"{split}-{line:05}", row))
        if name and not items:
            raise UsageError(f"{folder / name} holds no rows; a split needs some.")
        found[split] = tuple(items)
    return found


def _item(said: TaskFile, name: str, row: dict[str, Any]) -> Item:
    asked = said.template.replace("{question}", _text(row[said.question]))
    turns = [Message(role="system", content=said.system)] if said.system else []
    gold = _text(row[said.answer])
    return Item(
        id=name,
        messages=(*turns, Message(role="user", content=asked)),
        gold=gold_output(said.metric, gold, after=said.answer_after) if said.metric else gold,
        facts={"gold": gold},
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _rows(folder: Path, name: str, said: TaskFile) -> Iterator[tuple[int, dict[str, Any]]]:
    path = _inside(folder, name)
    for line, row in read_rows(path):
        for field in (said.question, said.answer):
            if row.get(field) in (None, ""):
                raise UsageError(
                    f"{path}, line {line}, has no {field!r}; it has {', '.join(map(str, row))}."
                )
        yield line, row


def _source(folder: Path, said: TaskFile, version: int) -> Source:
    fields = {said.question: "the question", said.answer: "the answer alone"}

    def rows() -> Iterator[dict[str, Any]]:
        for _, row in _rows(folder, said.train, said):
            yield {name: row[name] for name in fields}

    return Source(
        name="train",
        summary=f"Questions and answers of {said.name} that are not held out.",
        licence=said.licence,
        fields=fields,
        prompt_field=said.question,
        response_field=said.answer,
        notes=f"As they are in {said.train}: neither the prompt nor the answer format is around them.",
        version=version,
        rows=rows,
    )
