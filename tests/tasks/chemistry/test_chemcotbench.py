"""ChemCoTBench as four tasks: published splits row by row, own splits by record, sources that give nothing away."""

import json
import re
from itertools import islice
from pathlib import Path

import pytest

pytest.importorskip("rdkit")
from ftdojo import tasks
from ftdojo.records import Message
from ftdojo.tasks.chemistry import prompts
from ftdojo.tasks.chemistry.bench import (
    IMPOSSIBLE,
    _dotted,
    _possible,
    asked_of,
    published_rows,
    rows_of,
)
from ftdojo.tasks.chemistry.questions import CHEMCOTBENCH, CHEMCOTDATASET
from ftdojo.tasks.chemistry.synthetic import worked
from ftdojo.texts import Gate

SHARED = Path(__file__).parents[4] / "shared" / "data"
PARTS = {
    "chemistry/mol-und": "mol_und",
    "chemistry/mol-edit": "mol_edit",
    "chemistry/mol-opt": "mol_opt",
    "chemistry/reaction": "reaction",
}
SPLITS = ("validation", "confirm", "test")
LAST_LINES = {
    "fg_count": (prompts.fg_count, r"Input Molecule: (.*), Fragment Name: (.*)\."),
    "ring_count": (prompts.ring_count, r"Input Molecule: (.*), Ring Structure: (.*)\."),
    "Murcko_scaffold": (prompts.murcko, r"Input Molecule: (.*)\."),
    "ring_system_scaffold": (
        prompts.ring_system,
        r"Input Molecule: (.*), Ring System Structure: (.*)",
    ),
    "equivalence": (prompts.equivalence, r"Molecule A: (.*), Molecule B: (.*)\."),
    "add": (prompts.add, r"Input Molecule: (.*), Functional Group to add: (.*)\."),
    "delete": (prompts.delete, r"Input Molecule: (.*), Functional Group to delete: (.*)\."),
    "sub": (prompts.sub, r"Input Molecule: (.*), .* delete: (.*), Functional Group to add: (.*)"),
    **{
        prop: (lambda smiles, prop=prop: prompts.optimize(smiles, prop), r"Source Molecule: (.*)\.")
        for prop in ("logp", "qed", "solubility")
    },
    "fs": (prompts.fs, r"Reactants: (.*)\nReagents: (.*)"),
    "retro": (prompts.retro, r"Products: (.*)\nReagents: (.*)"),
}
needs_rows = pytest.mark.skipif(
    not (SHARED / "chemcotbench").is_dir(), reason="needs ../shared/data/chemcotbench"
)


@pytest.fixture(autouse=True)
def mirror(monkeypatch):
    monkeypatch.setenv("FTDOJO_MIRROR", str(SHARED))


def held_out(task):
    return [item for split in SPLITS for item in task.items(split)]


@needs_rows
def test_the_published_splits_are_the_published_ones_row_by_row():
    published = json.loads((SHARED / "chemcotbench" / "rdagent_splits.json").read_text("utf8"))
    for name, ids in published.items():
        rows = rows_of(*name.split("/"))
        assert [row["id"] for row in published_rows(rows, "validation")] == ids["val"], name
        assert [row["id"] for row in published_rows(rows, "test")] == ids["test"], name


@needs_rows
@pytest.mark.parametrize(("name", "count"), [("mol-und", 160), ("mol-edit", 50), ("mol-opt", 300)])
def test_the_published_slices_have_the_published_sizes(name, count):
    task = tasks.get(f"chemistry/{name}@reference")
    assert [len(task.items(split)) for split in SPLITS] == [count, 0, count]


@needs_rows
@pytest.mark.parametrize("name", PARTS)
def test_no_question_is_in_two_of_our_splits_and_each_subtask_is_in_all(name):
    task = tasks.get(name)
    ids = [item.id for item in held_out(task)]
    assert len(set(ids)) == len(ids)
    subtasks = [{item.slices["subtask"] for item in task.items(split)} for split in SPLITS]
    assert subtasks[0] == subtasks[1] == subtasks[2]


@needs_rows
@pytest.mark.parametrize("name", PARTS)
def test_gold_answers_earn_full_marks(name):
    task = tasks.get(name)
    for item in held_out(task):
        graded = task.grade(item.gold, item)
        assert (graded.score, graded.readable) == (1, True), item.id


@needs_rows
def test_the_published_evaluator_fails_right_reactants():
    task = tasks.get("chemistry/reaction")
    items = [item for item in task.items("test") if item.slices["subtask"] == "retro"]
    marks = [task.replication.mark(item.gold, item) for item in items]
    assert task.replication.total(marks)["FTS/retro"] < 60


@needs_rows
def test_questions_that_no_answer_can_pass_are_left_out():
    asked = {
        (item.facts["added"], item.facts["removed"])
        for item in held_out(tasks.get("chemistry/mol-edit"))
    }
    assert asked.isdisjoint(IMPOSSIBLE)


@needs_rows
def test_properties_without_an_oracle_are_in_the_published_splits_only():
    ours = {item.slices["subtask"] for item in held_out(tasks.get("chemistry/mol-opt"))}
    assert ours == {"logp", "qed", "solubility"}


@needs_rows
@pytest.mark.parametrize("name", PARTS)
def test_the_gate_lets_every_source_pass_and_no_held_out_question(name):
    task = tasks.get(name)
    questions = [item.messages[-1]["content"] for item in held_out(task)]
    gate = Gate.of(task, questions)
    for source in task.sources[:3]:
        for row in islice(source.rows(), 200):
            asked = Message(role="user", content=row[source.prompt_field])
            assert gate.leak([asked]) is None, (source.name, row["id"])
    assert all(gate.leak([Message(role="user", content=text)]) for text in questions)


@needs_rows
@pytest.mark.parametrize("name", PARTS)
def test_answers_of_our_own_questions_are_right(name):
    task = tasks.get(name)
    bench = {item.slices["subtask"]: item for item in held_out(task)}
    for row in islice(task.sources[0].rows(), 60):
        item = bench[row["subtask"]]
        if row["subtask"] in ("logp", "qed", "solubility", "add", "delete", "sub"):
            answer = row["response"].splitlines()[-1]
            assert task.grade(answer, _asking(item, row)).score == 1, row


@needs_rows
@pytest.mark.parametrize("part", PARTS.values())
def test_our_questions_are_worded_as_the_benchmark_words_them(part):
    for subtask, (ask, pattern) in LAST_LINES.items():
        for row in rows_of(part, subtask):
            parts = re.fullmatch(pattern, asked_of(row)).groups()
            assert ask(*parts) == row["query"], row["id"]


def test_a_molecule_that_is_held_out_is_not_asked_about():
    subtasks = ("Murcko_scaffold", "add")
    once = next(worked(subtasks, "a", frozenset()))
    molecule = asked_of({"query": once.query}).removeprefix("Input Molecule: ").rstrip(".")
    again = islice(worked(subtasks, "a", frozenset({molecule})), 20)
    assert not any(molecule in row.query for row in again)


def test_rows_of_the_hub_get_the_fields_of_the_mirror():
    read = CHEMCOTBENCH.parts["mol_und"].read
    row = {"id": "a", "query": "q", "gt": 2, "task": "mol_und", "subtask": "fg_count", "more": 1}
    assert read(row | {"meta": {"a": 1}}) == {
        **{name: row[name] for name in ("id", "query", "gt", "task", "subtask")},
        "meta": '{"a": 1}',
    }
    assert read(row | {"task": "mol_edit"}) is None


@needs_rows
def test_answers_of_the_hub_get_their_dots_back_or_are_left_out():
    rows = [dict(row) for row in rows_of("reaction", "retro")]
    dots = [row.pop("_gt_fixed") for row in rows]
    found = [_dotted(row)["_gt_fixed"] for row in rows]
    right = sum(one == other for one, other in zip(found, dots, strict=True))
    assert right >= 40
    assert sum(map(bool, found)) - right <= 1
    assert not any(_possible(row | {"_gt_fixed": ""}) for row in rows)


def test_worked_rows_of_the_hub_are_named_alike():
    read = CHEMCOTDATASET.parts["reaction"].read
    row = read({"id": 7, "query": "q", "subtask": "rcr", "cot_result": {"a": 1}, "gt": "CCO"})
    assert set(row) == set(CHEMCOTDATASET.fields)
    assert (row["id"], row["struct_cot"], row["meta"]) == ("7", '{"a": 1}', "{}")


def _asking(item, row):
    """Return ``item`` with the facts of a question of our own."""
    from dataclasses import asdict, replace

    from ftdojo.tasks.chemistry.questions import question_of

    query, meta = row["query"], {}
    if found := re.search(r"to delete: (\w+)", query):
        meta["removed_group"] = found.group(1)
    if found := re.search(r"to add: (\w+)", query):
        meta["added_group"] = found.group(1)
    task = "mol_edit" if meta else "mol_opt"
    made = {**row, "task": task, "gt": "", "meta": json.dumps(meta)}
    return replace(item, facts=asdict(question_of(made)))
