import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ftdojo.errors import SandboxError, UsageError
from ftdojo.sandbox import open_sandbox
from ftdojo.scorers.case import Case
from ftdojo.scorers.general import sql_runner
from ftdojo.scorers.general.sql import grade, run, same_rows, score

SHARED = Path(__file__).parents[3].parent / "shared" / "data" / "text2sql_geo"


@pytest.fixture(scope="module", autouse=True)
def sandbox():
    try:
        open_sandbox()
    except SandboxError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    path = tmp_path_factory.mktemp("sql") / "towns.sqlite"
    with closing(sqlite3.connect(path)) as made, made:
        made.execute("CREATE TABLE town (name TEXT, people INTEGER)")
        made.executemany("INSERT INTO town VALUES (?, ?)", [("Ulm", 3), ("Bonn", 5), ("Ulm", 3)])
    return path


def test_rows_are_compared_in_any_order_unless_gold_sorts(database):
    one = "SELECT name FROM town ORDER BY people DESC"
    other = "SELECT name FROM town ORDER BY people"
    bare = "SELECT name FROM town"
    first, second, third = run([one, other, bare], database)
    assert same_rows(first, second, ordered=False)
    assert not same_rows(first, second, ordered=True)
    assert grade(one, one, database).score == 1
    assert grade(one, other, database).score == 0
    assert grade(one, bare, database).score == 1
    assert not same_rows(third, third[:2], ordered=False)


def test_queries_that_write_attach_hang_or_say_nothing_do_not_run(database):
    hostile = [
        "DELETE FROM town",
        "ATTACH 'x.sqlite' AS x",
        "PRAGMA table_info(town)",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n",
        "SELECT randomblob(1000000000)",
        "SELECT 1; SELECT 2",
        "-- nothing",
        "",
        "\x00\ud800",
        "SELEC x",
    ]
    assert run(hostile, database) == [None] * len(hostile)
    assert run(["SELECT count(*) FROM town"], database) == [((3,),)]


def test_a_query_that_takes_seconds_is_stopped_from_inside(database, monkeypatch):
    monkeypatch.chdir(database.parent)
    monkeypatch.setattr(sql_runner, "DATABASE", database.name)
    monkeypatch.setattr(sql_runner, "QUERY_S", 0.1)
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000000)"
    assert sql_runner.answer(f"{numbers} SELECT max(i) FROM n") == {
        "error": "OperationalError: interrupted"
    }


@pytest.mark.slow
def test_a_query_that_ends_the_run_takes_no_other_with_it(database, monkeypatch):
    monkeypatch.setattr("ftdojo.scorers.general.sql.START_S", 2.0)
    # One step of SQLite's machine that takes minutes, so no deadline inside can end it.
    endless = "SELECT instr(hex(zeroblob(900000)), hex(zeroblob(400000)) || 'b')"
    assert run(["SELECT 1", endless], database) == [((1,),), None]


def test_a_query_that_does_not_run_is_unreadable(database):
    found = grade("Bonn", "SELECT name FROM town", database)
    assert (found.score, found.readable) == (0, False)


def test_a_gold_query_that_does_not_run_and_a_missing_file_are_said(database):
    with pytest.raises(UsageError, match=r"The gold query 'x' does not run on towns\.sqlite"):
        grade("SELECT 1", "x", database)
    with pytest.raises(UsageError, match="nowhere is not a SQLite file"):
        run(["SELECT 1"], Path("nowhere"))


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the shared data folder beside the checkout")
def test_every_given_case_is_scored_as_expected():
    for row in map(json.loads, (SHARED / "golden.jsonl").read_text(encoding="utf8").splitlines()):
        scored = score(Case(name=row["case"], input=row["input"], folder=SHARED))
        assert scored.reference == row["expected"], row["case"]


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the shared data folder beside the checkout")
def test_every_gold_query_of_the_test_part_returns_as_many_rows_as_it_says():
    rows = [
        json.loads(line) for line in (SHARED / "test.jsonl").read_text(encoding="utf8").splitlines()
    ]
    found = run([row["sql"] for row in rows], SHARED / "geography.sqlite")
    assert [len(each or ()) for each in found] == [row["n_result"] for row in rows]
