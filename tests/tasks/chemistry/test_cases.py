"""Scoring cases of ChemCoTBench: the given ones agree, and neighbours of them say what is wrong."""

import json
from pathlib import Path

import pytest

pytest.importorskip("rdkit")
from ftdojo.errors import UsageError
from ftdojo.scorers.case import Case
from ftdojo.tasks.cases import agreement, cases
from ftdojo.tasks.chemistry.cases import score

SHARED = Path(__file__).parents[4] / "shared" / "data" / "chemcotbench"
NAMES = (
    "chemcotbench",
    *(f"chemistry/{name}" for name in ("mol-und", "mol-edit", "mol-opt", "reaction")),
)


def scored(**given):
    return score(Case(name="a case", input=given))


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared/data/chemcotbench")
@pytest.mark.parametrize("name", NAMES[:1])
def test_every_given_case_agrees(name):
    found = agreement(name, SHARED / "golden.jsonl")
    assert (found.agreed, found.wrong) == (found.cases, ())


@pytest.mark.parametrize("name", NAMES)
def test_the_data_set_and_each_task_score_the_same_cases(name):
    assert cases.get(name) is score


def test_a_list_of_outputs_is_scored_as_one_figure():
    found = scored(subtask="fg_count", predictions=["1", "4", None], references=[1, 2, "2"])
    assert found.reference["mae"] == pytest.approx(4 / 3, abs=1e-5)
    assert found.strict["mae"] == 4


def test_right_reactants_are_right_strictly_though_the_gold_answer_lost_its_dots():
    found = scored(
        subtask="retro", prediction='{"Reactants": "CCO.CC(=O)O"}', reference="CCOCC(=O)O"
    )
    assert (found.reference["exact_match"], found.strict["exact_match"]) == (0, 100)


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared/data/chemcotbench")
def test_the_dots_are_looked_up_beside_the_case_file():
    rows = map(json.loads, (SHARED / "reaction.jsonl").read_text("utf8").splitlines())
    row = next(row for row in rows if row.get("_gt_fixed", "").count("."))
    given = {"subtask": "retro", "reference": row["gt"], "prediction": "CCO"}
    alike = score(Case(name="a case", input=given, folder=SHARED)).strict["morgan_sims"]
    given["_gt_fixed"] = row["_gt_fixed"]
    assert alike == score(Case(name="a case", input=given)).strict["morgan_sims"] > 0


def test_what_cannot_be_scored_strictly_says_why():
    found = scored(subtask="gsk", predictions=["CCO"], sources=["CC"])
    assert (found.reference["success_rate"], found.reference["improvements"]) == (0, [None])
    assert "trained model" in found.strict["unavailable"]


def test_what_is_no_molecule_has_no_properties():
    assert set(scored(smiles="c1ccc(").reference.values()) == {None}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"subtask": "fg", "prediction": "1"}, "sub-task 'fg'; known are fg_count"),
        ({"subtask": "fs"}, "no input 'prediction'"),
        ({"subtask": "fg_count", "prediction": "1", "reference": "two"}, "give a whole number"),
        ({"subtask": "qed", "predictions": ["C"], "sources": []}, "give as many of each"),
        ({"subtask": "qed", "predictions": []}, "give at least one"),
        ({"subtask": "qed", "file": "there_is_none.jsonl"}, "beside the case file"),
    ],
)
def test_a_case_that_lacks_something_says_what(given, message, monkeypatch):
    monkeypatch.delenv("FTDOJO_MIRROR", raising=False)
    with pytest.raises(UsageError, match=message):
        scored(**given)


def test_open_molecules_have_one_empty_inchi_and_are_equal_as_published_but_not_strictly():
    other = scored(subtask="fs", prediction='{"Major Product": "*C"}', reference="*CC")
    assert (other.reference["exact_match"], other.strict["exact_match"]) == (100, 0)
    same = scored(subtask="fs", prediction='{"Major Product": "C*"}', reference="*C")
    assert (same.reference["exact_match"], same.strict["exact_match"]) == (100, 100)
    only_one = scored(subtask="fs", prediction='{"Major Product": "*C"}', reference="CC")
    assert only_one.reference["exact_match"] == 0


def test_an_endless_chain_is_a_molecule():
    said = json.dumps({"output": "C" * 1999})
    given = {"subtask": "delete", "source_smiles": "CC=O", "group_a": "aldehyde"}
    assert scored(prediction=said, **given).reference["correct_rate"] == 100


def test_the_source_of_an_optimization_may_be_its_reference():
    found = scored(subtask="qed", prediction='{"output": "CCO"}', reference="CC")
    assert found.reference["success_rate"] == 100


def test_no_answer_may_be_null():
    assert scored(subtask="fg_count", prediction=None, reference="2").reference["mae"] == 2


def test_what_json_has_no_number_for_is_shown_as_text():
    found = scored(subtask="fs", prediction='{"Major Product": NaN}', reference="CC")
    assert found.reference["extracted"] == "nan"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"subtask": "add", "predictions": [5], "sources": ["CC"]}, "'5'; give a text"),
        ({"subtask": "fg_count", "prediction": "1", "reference": "9" * 400}, "a whole number"),
        ({"subtask": "fg_count", "file": "x" * 400}, "which cannot be"),
        ({"subtask": "fg_count", "file": "notes.md"}, "cannot be read"),
        ({"subtask": "fg_count", "file": "said.jsonl", "n": "x"}, "n = 'x'"),
        ({"subtask": "fg_count", "file": "said.jsonl", "n": True}, "n = 'True'"),
        ({"subtask": "fg_count", "file": "said.jsonl"}, "holds no outputs"),
    ],
)
def test_a_case_of_a_strange_kind_is_told_so(tmp_path, given, said):
    for name in ("mol_und", "mol_edit", "mol_opt", "reaction"):
        (tmp_path / f"{name}.jsonl").touch()
    (tmp_path / "notes.md").write_text("# Notes")
    (tmp_path / "said.jsonl").write_text('[1]\n{"subtask": "fg_count", "id": []}\n')
    with pytest.raises(UsageError, match=said):
        score(Case(name="a case", input=given, folder=tmp_path))
