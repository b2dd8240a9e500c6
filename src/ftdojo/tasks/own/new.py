"""Making the folder of a task from one file of questions and answers."""

import json
import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ftdojo.errors import UnknownName, UsageError
from ftdojo.sources import read_rows
from ftdojo.tasks.clean import split
from ftdojo.tasks.own.file import FILE
from ftdojo.tasks.own.metrics import METRICS

FEWEST_ROWS = 20
SHARES = {"test": (0.2, 300), "validation": (0.15, 150), "confirm": (0.15, 150)}
"""Split -> its share of the rows, and how many rows it has at most."""
FORMATS = {
    "exact_match": "The answer stands after the last 'Answer:' on its line and must be the right one word for word; case, "
    "spacing and closing marks do not count.",
    "contains": "The answer stands after the last 'Answer:' on its line and must hold the right one as whole words.",
    "choice": "The letter of the right choice stands after the last 'Answer:', as in 'Answer: B'.",
    "number": "The number stands after the last 'Answer:', as in 'Answer: 12.5'; thousands commas do not count.",
    "json_fields": "The last JSON object of the output counts: the score is the share of its fields that are right.",
    "rouge_l": "The text after the last 'Answer:' is compared with the right one by ROUGE-L.",
}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


def make_folder(
    name: str, data: Path, *, metric: str, licence: str, fields: tuple[str, str], to: Path
) -> Path:
    """Write the folder ``to/name`` and return it: task file, rows in splits without near-duplicates, README.

    ``fields`` are the names of the field that asks and of the one that holds the right answer.

    Raises:
        UsageError: a name, a field or the number of rows is wrong, or the folder is there already.
        SourceError: a row of ``data`` cannot be read; file and line are named.
    """
    folder = to / name
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name; use letters, digits, dots, dashes and underscores.")
    if metric not in METRICS:
        raise UnknownName("metric", metric, METRICS)
    if not licence.strip():
        raise UsageError(
            "The licence is empty; say which one the rows are under, or whose they are."
        )
    if folder.exists():
        raise UsageError(f"{folder} is there already; choose another name, or move it aside.")
    parts = _dealt(_rows(data, fields), fields[0], data)
    folder.mkdir(parents=True)
    for part, rows in parts.items():
        if rows:
            text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
            (folder / f"{part}.jsonl").write_text(text, encoding="utf8")
    confirm = bool(parts["confirm"])
    said = _said(name, metric, licence, fields, confirm=confirm)
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in said.items()]
    (folder / FILE).write_text("\n".join(lines) + "\n", encoding="utf8")
    (folder / "README.md").write_text(_readme(name, metric), encoding="utf8")
    return folder


def _rows(data: Path, fields: tuple[str, str]) -> list[dict[str, Any]]:
    rows = []
    for line, row in read_rows(data):
        for field in fields:
            if row.get(field) in (None, ""):
                near = get_close_matches(field, [str(key) for key in row], n=1, cutoff=0.5)
                nearest = f" Did you mean {near[0]!r}?" if near else ""
                raise UsageError(
                    f"{data}, line {line}, has no {field!r}; it has {', '.join(map(str, row))}.{nearest} "
                    "Name the fields with --question and --answer."
                )
        rows.append(row)
    return rows


def _dealt(
    rows: list[dict[str, Any]], question: str, data: Path
) -> Mapping[str, tuple[dict[str, Any], ...]]:
    if len(rows) < FEWEST_ROWS:
        raise UsageError(
            f"{data} has {len(rows)} rows; a task needs {FEWEST_ROWS} or more, and some 500 to tell gains from luck."
        )
    counts = {name: min(most, int(share * len(rows))) for name, (share, most) in SHARES.items()}
    asked = lambda row: str(row[question])  # noqa: E731
    dealt = split(rows, key=asked, text=asked, counts=counts)
    if not all(dealt[name] for name in ("train", "validation", "test")):
        raise UsageError(
            f"{data} has too few different questions: near-duplicates stay on one side of a split, and nothing is left "
            "for another. Add questions that differ."
        )
    return dealt


def _said(
    name: str, metric: str, licence: str, fields: tuple[str, str], *, confirm: bool
) -> dict[str, Any]:
    ask = "" if metric == "json_fields" else "\n\nGive the answer after 'Answer:'."
    return {
        "name": f"own/{name}",
        "summary": f"Answer the questions of {name}.",
        "licence": licence,
        "metric": metric,
        "answer_format": f"{FORMATS.get(metric, METRICS[metric].says)} An output may have 64 tokens; decoding is greedy.",
        "template": "{question}" + ask,
        "question": fields[0],
        "answer": fields[1],
        "max_new_tokens": 64,
        "shown": "full",
        "train": "train.jsonl",
        "validation": "validation.jsonl",
        **({"confirm": "confirm.jsonl"} if confirm else {}),
        "test": "test.jsonl",
    }


def _readme(name: str, metric: str) -> str:
    return f"""# {name}

A task for ftdojo. `{FILE}` says what is asked and how it is scored ({metric}); the rows are in the JSONL files.
Nothing of `validation.jsonl`, `confirm.jsonl` and `test.jsonl` may be trained on; `train.jsonl` is the raw source.

    ftdojo tasks check ./{name}
    ftdojo run ./{name} --budget 20m

The score of a run is comparable only while no file here changes: the task's version is made from their bytes.

A scorer of your own: write `scorer.py` with one function, and in `{FILE}` replace the line `metric = ...` by
`scorer = "scorer.py"`.

    def grade(output: str, gold: str) -> float | dict:
        return float(gold in output)

`gold` is the answer as it stands in the rows, and must itself score 1. A number that is 0 counts as an unreadable
output; return {{"score": 0.0, "readable": True}} for an answer that was read and is wrong. The file is your own code
and is trusted like a plug-in: it runs outside the sandbox, so use no scorer of somebody you do not trust.
"""
