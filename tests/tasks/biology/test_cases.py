import json
from pathlib import Path

import pytest

from ftdojo.errors import UsageError
from ftdojo.scorers.case import Case
from ftdojo.tasks.biology.cases import score

GOLDEN = Path(__file__).parents[3].parent / "shared" / "data" / "bioprobench" / "golden.jsonl"


def one(name, prediction, reference):
    return score(Case(name=name, input={"prediction": prediction, "reference": reference}))


def batch(name, predictions, references):
    return score(Case(name=name, input={"predictions": predictions, "references": references}))


def tag(answer):
    return f"[ANSWER_START]{answer}[ANSWER_END]"


@pytest.mark.skipif(not GOLDEN.is_file(), reason="needs the shared data folder beside the checkout")
def test_every_given_case_is_scored_as_expected():
    for row in map(json.loads, GOLDEN.read_text(encoding="utf8").splitlines()):
        scored = score(Case(name=row["case"], input=row["input"])).reference
        for name, value in row["expected"].items():
            assert scored[name] == pytest.approx(value, abs=1e-6), (row["case"], name)


def test_the_task_is_told_by_the_reference_where_the_name_does_not_tell_it():
    assert one("a", tag("x & 9%"), "x").reference["accuracy"] == 100
    assert one("a", tag("[1, 0]"), [1, 0]).reference["exact_match"] == 100
    assert one("a", tag("False"), False).reference["correct"] is True
    assert one("a", tag("Spin it."), ["Spin it."]).reference["rougeL"] == 100


def test_unreadable_rows_are_left_out_by_the_published_rule_and_wrong_by_ours():
    scored = batch("err/batch", [tag("False"), "no idea"], [False, False])
    assert scored.reference["f1"] == 100
    assert scored.strict["recall"] == 50
    orders = batch("ord/batch", [tag("[0, 1]"), "?"], [[0, 1], [0, 1]])
    assert (orders.reference["kendall_tau"], orders.strict["kendall_tau"]) == (1, 0)
    protocols = batch("gen/batch", [tag("Spin it."), "Spin it."], [["Spin it."], ["Spin it."]])
    assert (protocols.reference["rougeL"], protocols.strict["rougeL"]) == (100, 50)
    questions = batch("pqa/batch", [tag("a & 90%"), "a"], ["a", "a"])
    assert (questions.reference["accuracy"], questions.strict["accuracy"]) == (100, 50)
    assert questions.strict["brier_score"] == pytest.approx(0.505)


@pytest.mark.parametrize(
    ("name", "reference", "message"),
    [
        ("ord/x", [1, 2], r"has the reference .*; give the places 0, 1"),
        ("err/x", "False", "give true or false"),
        ("x", {"steps": 1}, "no reference that a bioprobench task knows"),
    ],
)
def test_a_reference_that_cannot_be_one_is_refused_in_one_line(name, reference, message):
    with pytest.raises(UsageError, match=message):
        one(name, "[1, 2]", reference)


def test_as_many_references_as_predictions_are_asked_for():
    with pytest.raises(UsageError, match="2 predictions for 1 references"):
        batch("pqa/x", ["a", "b"], ["a"])


def test_a_reference_may_come_in_the_fields_of_the_data_set():
    steps = {"wrong_steps": ["Spin.", "Mix.", "Mix."], "correct_steps": ["Mix.", "Spin.", "Mix."]}
    assert one("ord/a", tag("[1, 0, 2]"), steps).reference["exact_match"] == 100
    assert one("err/a", tag("False"), {"is_correct": False}).reference["correct"] is True
    with pytest.raises(UsageError, match="wrong_steps and correct_steps"):
        one("ord/a", tag("[0]"), {"wrong_steps": ["Spin."], "correct_steps": ["Mix."]})


def test_no_answer_may_be_null():
    assert one("err/a", None, False).reference["parsed"] is None


def test_a_confidence_in_the_digits_of_any_script_is_read_as_published():
    assert one("pqa/a", tag("a & \uff10\uff10\uff19\uff15"), "a").reference["parsed"] == ["a", 95]
    assert one("pqa/a", tag("a & " + "9" * 5000), "a").reference["parsed"] == [None, None]
