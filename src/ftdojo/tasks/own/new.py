"""Making the folder of a task from rows: look at them, propose what fits, deal them to splits, and account for every row."""

import json
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ftdojo.errors import UnknownName, UsageError
from ftdojo.records import Message, filled, hole
from ftdojo.sources import label_names, read_rows, split_files
from ftdojo.stats import OPEN_EACH, detectable
from ftdojo.tasks.own.columns import Roles, roles
from ftdojo.tasks.own.deal import FEWEST_ROWS, Dealt, Shares, deal
from ftdojo.tasks.own.file import FILE, LABELLED
from ftdojo.tasks.own.folder import load
from ftdojo.tasks.own.metrics import METRICS, need
from ftdojo.tasks.own.proposal import TaskProposal, propose, seen, unscored
from ftdojo.tasks.own.scorer import load_scorer
from ftdojo.tasks.own.shapes import RowTable, table, text_of
from ftdojo.texts import Gate

_TEXT = """# {name}

A task for ftdojo. `task.toml` says what is asked and how it is scored ({scored}); the rows are in the JSONL files.
Nothing of `validation.jsonl`, `confirm.jsonl` and `test.jsonl` may be trained on; `train.jsonl` is the raw source.

    ftdojo tasks check ./{name}
    ftdojo run ./{name} --budget 20m

The score of a run is comparable only while no file here changes: the task's version is made from their bytes.

`question` in `task.toml` says how the columns of a row make up a question, as `{{column}}` in text; `template` is what is
asked around it.

A scorer of your own: write `scorer.py` with one function, and in `task.toml` replace the line `metric = ...` by
`scorer = "scorer.py"`.

    def grade(output: str, gold: str) -> dict:
        return {{"score": float(gold in output), "readable": bool(output.strip())}}

`gold` is the answer as it stands in the rows, and must itself score 1. The file is your own code and is trusted like a
plug-in: it runs outside the sandbox, so use no scorer of somebody you do not trust.
"""


def readme(name: str, declared: Mapping[str, Any]) -> str:
    """Return the README of the task called ``name``."""
    return _TEXT.format(name=name, scored=declared.get("metric") or declared.get("scorer"))


PASSES = 5
"""So often the gate goes over the training rows: what one row shares with others may be known by it alone."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


@dataclass(frozen=True, kw_only=True)
class NewTask:
    """What ``ftdojo tasks new`` is asked for; what is left empty is found out from the rows.

    ``data`` is a file, or a folder with files for train, validation and test; ``test`` and ``validation`` are further
    files whose rows stay in that split. ``question`` are columns, or one template with ``{column}``; ``scorer`` is a
    Python file with ``grade(output, gold)`` in the place of a metric.
    """

    name: str
    data: Path
    test: Path | None = None
    validation: Path | None = None
    question: tuple[str, ...] = ()
    answer: str = ""
    metric: str = ""
    scorer: Path | None = None
    system: str = ""
    shares: str = ""
    licence: str = "my own data"
    to: Path = field(default_factory=Path)


@dataclass(frozen=True, kw_only=True)
class Made:
    """The new folder, and what was seen on the way: ``facts`` of the rows, and ``account``, one line for all of them."""

    folder: Path
    account: str
    facts: Mapping[str, Any]
    notes: tuple[str, ...]


def make_folder(wanted: NewTask) -> Made:
    """Write the folder ``to/name``: task file, rows in splits without near-duplicates, README. Whole, or not at all.

    Raises:
        UsageError: a name, a column, an answer or the number of rows is wrong, or the folder is there already.
        SourceError: a file cannot be read; file and line are named.
        MissingExtra: the metric needs a package that is not installed.
    """
    folder = wanted.to / wanted.name
    _require_names(wanted, folder)
    shares = Shares.read(wanted.shares) if wanted.shares else None
    files = _files(wanted)
    rows, origin = _read(files)
    told = roles(rows, question=wanted.question, answer=wanted.answer)
    rows, origin, missing = _whole(rows, origin, told)
    proposal = _proposal(wanted, rows, told, files)
    if proposal.reading.metric:
        need(proposal.reading.metric)
    questions = [filled(told.question, row) for row in rows.rows]
    golds = [json.dumps(each) for each in proposal.golds]
    labelled = proposal.reading.metric in (*LABELLED, "choice")
    dealt = deal(
        questions,
        golds,
        origin,
        strata=golds if labelled else [""] * len(golds),
        shares=shares,
    )
    with _filling(folder) as fresh:
        _write(fresh, wanted, rows, told, proposal, dealt)
        refused = _drop_refused(fresh)
    dropped = Counter(missing) + Counter(dealt.dropped)
    dropped["too close to a held-out row"] += refused
    counts = {name: len(part) for name, part in dealt.parts.items()}
    counts["train"] -= refused
    notes = [*rows.notes, *proposal.notes, *_aside(told), *_what_it_shows(counts)]
    return Made(
        folder=folder,
        account=_account(sum(missing.values()) + len(rows.rows), dropped, counts),
        facts=seen(rows, proposal, questions),
        notes=tuple(notes),
    )


def _require_names(wanted: NewTask, folder: Path) -> None:
    if not _NAME.fullmatch(wanted.name):
        raise UsageError(
            f"{wanted.name!r} cannot be a name; use letters, digits, dots, dashes and underscores."
        )
    if not wanted.licence.strip():
        raise UsageError(
            "The licence is empty; say which one the rows are under, or whose they are."
        )
    if folder.exists():
        raise UsageError(f"{folder} is there already; choose another name, or move it aside.")
    if wanted.metric and wanted.metric not in METRICS:
        raise UnknownName("metric", wanted.metric, METRICS)
    if wanted.scorer and wanted.metric:
        raise UsageError("--metric and --scorer exclude each other; give one.")
    if wanted.scorer:
        load_scorer(wanted.scorer)


def _files(wanted: NewTask) -> list[tuple[str, Path]]:
    """Return the files to read, each with the split its rows are for."""
    if wanted.data.is_dir():
        found = split_files(wanted.data)
        files = [(split, path) for split, paths in found.items() for path in paths]
    else:
        files = [("train", wanted.data)]
    for split, path in (("validation", wanted.validation), ("test", wanted.test)):
        if path is None:
            continue
        if any(name == split for name, _ in files):
            raise UsageError(f"{wanted.data} has a {split} split; leave out --{split} {path}.")
        files.append((split, path))
    if not any(split == "train" for split, _ in files):
        raise UsageError(
            f"{wanted.data} has no rows to train on, only {', '.join(sorted({split for split, _ in files}))}."
        )
    return files


def _read(files: Sequence[tuple[str, Path]]) -> tuple[RowTable, list[str]]:
    origin: list[str] = []

    def each() -> Iterator[tuple[str, Mapping[str, Any]]]:
        for split, path in files:
            for line, row in read_rows(path):
                origin.append(split)
                yield f"{path}, line {line}", row

    rows = table(each())
    if not rows.rows:
        raise UsageError(
            f"{files[0][1]} has no rows; a task needs {FEWEST_ROWS} or more, and some 500 to tell gains from luck."
        )
    return rows, origin


def _whole(
    rows: RowTable, origin: Sequence[str], told: Roles
) -> tuple[RowTable, list[str], dict[str, int]]:
    """Leave out rows without a question or without an answer, and count them."""
    kept, missing = [], Counter[str]()
    for at, row in enumerate(rows.rows):
        if not _answered(row[told.answer]):
            missing["without an answer"] += 1
        elif not any(text_of(row[name]) for name in row if hole(name) in told.question):
            missing["without a question"] += 1
        else:
            kept.append(at)
    if len(kept) < FEWEST_ROWS:
        why = "".join(f"; {many} are {reason}" for reason, many in missing.items())
        raise UsageError(
            f"{len(rows.rows)} rows were read{why}: a task needs {FEWEST_ROWS} or more that are whole, and some 500 to "
            "tell gains from luck."
        )
    whole = RowTable(
        rows=tuple(rows.rows[at] for at in kept),
        places=tuple(rows.places[at] for at in kept),
        columns=rows.columns,
        notes=rows.notes,
    )
    return whole, [origin[at] for at in kept], dict(missing)


def _answered(value: Any) -> bool:
    return bool(text_of(value)) and value not in ([], {})


def _proposal(
    wanted: NewTask, rows: RowTable, told: Roles, files: Sequence[tuple[str, Path]]
) -> TaskProposal:
    if wanted.scorer:
        return unscored(rows, told.answer)
    names = next(
        (found[told.answer] for _, path in files if told.answer in (found := label_names(path))), ()
    )
    questions = [filled(told.question, row) for row in rows.rows]
    return propose(rows, told.answer, questions=questions, metric=wanted.metric, names=names)


@contextmanager
def _filling(folder: Path) -> Iterator[Path]:
    """Yield a folder under another name to fill; it becomes ``folder`` when all went well, and leaves nothing else."""
    parent = folder.parent
    try:
        parent.mkdir(parents=True, exist_ok=True)
        home = Path(tempfile.mkdtemp(dir=parent, prefix=f".{folder.name}-"))
    except OSError as error:
        raise UsageError(
            f"{parent} cannot be written ({error.strerror}); name another folder with --to."
        ) from error
    try:
        fresh = home / folder.name
        fresh.mkdir()
        yield fresh
        fresh.rename(folder)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _write(
    folder: Path, wanted: NewTask, rows: RowTable, told: Roles, proposal: TaskProposal, dealt: Dealt
) -> None:
    for part, places in dealt.parts.items():
        if places:
            kept = (_row(rows, told, proposal, at, part) for at in places)
            text = "".join(json.dumps(row, ensure_ascii=False, default=str) + "\n" for row in kept)
            (folder / f"{part}.jsonl").write_text(text, encoding="utf8", errors="replace")
    if wanted.scorer:
        shutil.copyfile(wanted.scorer, folder / "scorer.py")
    declared = _declared(wanted, told, proposal, confirm=bool(dealt.parts["confirm"]))
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in declared.items()]
    (folder / FILE).write_text("\n".join(lines) + "\n", encoding="utf8")
    (folder / "README.md").write_text(readme(wanted.name, declared), encoding="utf8")


def _row(rows: RowTable, told: Roles, proposal: TaskProposal, at: int, part: str) -> dict[str, Any]:
    """Return a row with its answer as it is scored; a training row has one answer, the first."""
    golds, row = proposal.golds[at], rows.rows[at]
    if proposal.reading.metric == "json_fields":
        return row
    several = len(golds) > 1 and part != "train"
    return {**row, told.answer: list(golds) if several else golds[0]}


def _declared(
    wanted: NewTask, told: Roles, proposal: TaskProposal, *, confirm: bool
) -> dict[str, Any]:
    reading = proposal.reading
    says = (
        METRICS[reading.metric].says if reading.metric else "A function of its own scores answers."
    )
    tokens, system = proposal.max_new_tokens, wanted.system or told.system
    ask = f"\n\n{proposal.ask}" if proposal.ask else ""
    return {
        "name": f"own/{wanted.name}",
        "summary": f"Give the {told.answer} of each row of {wanted.name}.",
        "licence": wanted.licence,
        **({"metric": reading.metric} if reading.metric else {"scorer": "scorer.py"}),
        **({"labels": list(reading.labels)} if reading.labels else {}),
        **({"decimal": reading.decimal} if reading.decimal != "." else {}),
        "answer_format": f"{says} An output may have {tokens} tokens; decoding is greedy.",
        **({"system": system} if system else {}),
        "template": "{question}" + ask,
        "question": told.question,
        "answer": told.answer,
        "max_new_tokens": tokens,
        "shown": "full",
        "train": "train.jsonl",
        "validation": "validation.jsonl",
        **({"confirm": "confirm.jsonl"} if confirm else {}),
        "test": "test.jsonl",
    }


def _drop_refused(folder: Path) -> int:
    """Take out of ``train.jsonl`` what the contamination gate refuses, by the gate itself; return how many rows."""
    path, dropped = folder / "train.jsonl", 0
    for _ in range(PASSES):
        task = load(folder)
        source = task.sources[0]
        assert task.phrasing is not None
        asked = [
            item.messages[-1]["content"]
            for split in ("validation", "confirm", "test")
            for item in task.items(split)
        ]
        gate = Gate.of(task, asked, phrasing=task.phrasing())
        turns = (
            (*task.prompt(question), Message(role="assistant", content=answer))
            for question, answer in map(source.example, source.rows())
        )
        refused = set(gate.overlap(enumerate(turns)).rows)
        if not refused:
            break
        lines = path.read_text("utf8").split("\n")
        path.write_text(
            "\n".join(line for at, line in enumerate(lines) if at not in refused), "utf8"
        )
        dropped += len(refused)
    return dropped


def _aside(told: Roles) -> list[str]:
    return [f"{name} is in no prompt: {why}" for name, why in told.aside.items()]


def _what_it_shows(counts: Mapping[str, int]) -> list[str]:
    decide = counts["validation"] - counts["validation"] // OPEN_EACH
    points = round(100 * detectable(decide))
    return [f"validation can show a difference of {points} points, four times in five"]


def _account(read: int, dropped: Mapping[str, int], counts: Mapping[str, int]) -> str:
    """Return one line in which the numbers add up to ``read``."""
    left_out = [f"{many} {why}" for why, many in dropped.items() if many]
    kept = [f"{many} {name}" for name, many in counts.items() if many]
    return (
        f"{read} rows read: "
        + ", ".join(kept)
        + ("; left out: " + ", ".join(left_out) if left_out else "")
        + "."
    )
