"""The published rules, defects included, and the columns of the paper."""

import pytest

pytest.importorskip("rdkit")
from hypothesis import given, settings
from hypothesis import strategies as st

from ftdojo.tasks.chemistry import bench
from ftdojo.tasks.chemistry.published import figures, mark
from ftdojo.tasks.chemistry.questions import SUBTASKS, Question


def one(subtask, output, **question):
    return figures(subtask, [mark(output, Question(subtask=subtask, **question))])


@pytest.mark.parametrize(
    ("answer", "error"),
    [("", 2), ("-3", 5), ("1_0", 8), ("\u0663", 1), ("x", 2), ("9" * 5000, 2), ("2" * 400, 1e300)],
)
def test_a_count_is_what_python_reads_as_one_else_0(answer, error):
    found = one("fg_count", f'{{"count": "{answer}"}}', reference="2")["mae"]
    assert found == pytest.approx(error)


@pytest.mark.parametrize(
    ("group", "answer", "passes"),
    [
        ("sulfide", "CSC", True),
        ("sulfide", "CSSC", True),
        ("disulfide", "CSSC", True),
        ("thioether", "CSC", False),
        ("alcohol", "CO", False),
    ],
)
def test_groups_are_counted_by_their_smarts_and_sulfides_without_disulfides(group, answer, passes):
    found = one("add", f'{{"output": "{answer}"}}', source="C", added=group)
    assert found["correct_rate"] == 100 * passes


def test_a_substitution_of_a_group_by_itself_is_never_right():
    found = one("sub", '{"output": "CCO"}', source="CC", added="hydroxyl", removed="hydroxyl")
    assert found["correct_rate"] == 0


def test_one_wild_improvement_is_cut_to_the_95th_percentile():
    marks = [{"improvement": value, "valid": True, "molecules": None} for value in (0.0, 0.0, 10.0)]
    assert figures("logp", marks)["mean_improvement"] == pytest.approx(3.0)
    assert figures("logp", marks)["best_rate"] == pytest.approx(100 / 3)


@pytest.mark.parametrize("scaffold", [("S1SSSSSSS1", 0.0), ("C1CC1", None)])
def test_scaffolds_without_a_common_element_are_not_alike(scaffold):
    smiles, soft = scaffold
    found = one("qed", f'{{"output": "{smiles}"}}', source="c1ccccc1")
    assert found["scaffold_hard"] == 0
    assert soft is None or found["scaffold_soft"] == soft


def test_reactants_in_a_list_are_no_answer_there():
    found = one("retro", '{"Reactants": ["CCO", "CC"]}', reference="CCO.CC")
    assert (found["validity"], found["exact_match"]) == (0, 0)


def test_a_column_is_the_mean_over_subtasks_of_means_over_rows():
    marks = [
        {"subtask": "fs", "morgan": 1.0, "correct": True},
        {"subtask": "fs", "morgan": 0.0, "correct": False},
        {"subtask": "retro", "morgan": 0.0, "correct": False},
        {"subtask": "mechsel", "morgan": 0.0, "correct": True},
    ]
    found = bench.totals("reaction")(marks)
    assert found == {"FTS": 25, "FTS/fs": 50, "FTS/retro": 0, "Acc": 100, "Acc/mechsel": 100}


def test_the_success_rate_counts_properties_without_an_oracle_as_0():
    asked = [Question(subtask=subtask, source="CCO") for subtask in ("logp", "drd")]
    marks = [bench.mark('{"output": "CCCCO"}', question) for question in asked]
    found = bench.totals("mol_opt")(marks)
    assert (found["SR"], found["VS"]) == (50, 100)


@given(st.text(max_size=100), st.sampled_from(SUBTASKS))
@settings(max_examples=50, deadline=None)
def test_no_output_raises(text, subtask):
    counted = subtask.endswith("_count")
    question = {"reference": "3" if counted else "CCO", "source": "CC", "added": "amine"}
    for output in (text, f'{{"answer": "{text}"}}', f'{{"answer": {text}}}', text * 1000):
        one(subtask, output, removed="thiol", **question)
