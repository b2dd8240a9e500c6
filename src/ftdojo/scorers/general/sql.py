"""Execution accuracy: a query is right if it returns the rows of the gold one.

Queries that a model wrote run in the sandbox, on a copy of the SQLite file, and may only read: a few seconds, a bounded
number of rows and little memory each. Rows are compared as a multiset, in order where the gold query has an ``ORDER
BY``; names of columns decide nothing. A query that does not run, or runs too long, is unreadable and wrong.
"""

import json
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ftdojo.errors import UsageError
from ftdojo.records import Grade
from ftdojo.sandbox import HostileOutput, Limits, open_sandbox, take_file
from ftdojo.scorers.case import Case, Variants, beside, given
from ftdojo.scorers.general import sql_runner

MOST_CHARS = 20_000
START_S = 10.0
MEMORY_BYTES = 256 * 2**20
MOST_TAKEN_BYTES = 64 * 2**20
GEOGRAPHY = ("text2sql_geo", "geography.sqlite")
_ORDERED = re.compile(r"\border\s+by\b", re.IGNORECASE)
Rows = tuple[tuple[Any, ...], ...]


def run(queries: Sequence[str], database: Path) -> list[Rows | None]:
    """Return the rows of each query on ``database``, None for one that does not run; all in one sandbox.

    Raises:
        UsageError: there is no such file.
        SandboxError: the sandbox does not work here.
    """
    if not database.is_file():
        raise UsageError(f"{database} is not a SQLite file; name the file the queries run on.")
    answers = _answers(queries, database)
    if answers is None:
        # One query took the whole run down with it: each gets a run of its own.
        return [run([query], database)[0] for query in queries] if len(queries) > 1 else [None]
    return [tuple(map(tuple, answer["rows"])) if "rows" in answer else None for answer in answers]


def same_rows(rows: Rows, gold: Rows, *, ordered: bool) -> bool:
    """Return whether two results are equal, as multisets or in order."""
    return rows == gold if ordered else Counter(rows) == Counter(gold)


def grade(output: str, gold: str, database: Path) -> Grade:
    """Run the whole output as a query beside ``gold`` and compare what they return."""
    given_rows, gold_rows = run([output, gold], database)
    if gold_rows is None:
        raise UsageError(f"The gold query {gold[:60]!r} does not run on {database.name}; fix it.")
    right = given_rows is not None and same_rows(
        given_rows, gold_rows, ordered=bool(_ORDERED.search(gold))
    )
    return Grade(score=float(right), readable=given_rows is not None, extracted=output[:200])


def score(case: Case) -> Variants:
    """Score a case of ``text2sql_geo``; its database lies beside the case file, or in the mirror."""
    output, gold = given(case, "prediction", str), given(case, "reference", str)
    figures = {"correct": bool(grade(output, gold, _database(case)).score)}
    return Variants(reference=figures, strict=figures)


def _database(case: Case) -> Path:
    folder, name = GEOGRAPHY
    return beside(case, str(case.input.get("file", name)), dataset=folder)


def _answers(queries: Sequence[str], database: Path) -> list[dict[str, Any]] | None:
    limits = Limits(
        wall_s=START_S + sql_runner.QUERY_S * len(queries),
        cpu_s=START_S + sql_runner.QUERY_S * len(queries),
        memory_bytes=MEMORY_BYTES,
        file_bytes=MOST_TAKEN_BYTES,
    )
    with tempfile.TemporaryDirectory(prefix="ftdojo-sql-") as scratch:
        job, taken = Path(scratch) / "job", Path(scratch) / "taken"
        job.mkdir()
        shutil.copyfile(database, job / sql_runner.DATABASE)
        shutil.copyfile(sql_runner.__file__, job / "runner.py")
        asked = json.dumps([query[:MOST_CHARS] for query in queries])
        (job / "queries.json").write_text(asked, encoding="utf8")
        ended = open_sandbox().run_python(
            "runner.py", workdir=job, readonly={}, env={}, limits=limits
        )
        return _taken(job, taken) if ended.ok else None


def _taken(job: Path, taken: Path) -> list[dict[str, Any]] | None:
    try:
        take_file(job, "rows.json", to=taken, max_bytes=MOST_TAKEN_BYTES)
    except HostileOutput:
        return None
    found: list[dict[str, Any]] = json.loads(taken.read_text(encoding="utf8"))
    return found
