"""ChemCoTBench, strictly: what scores, what does not, and that nothing raises."""

import pytest

pytest.importorskip("rdkit")
from hypothesis import given, settings
from hypothesis import strategies as st

from ftdojo.tasks.chemistry.questions import SUBTASKS, Question
from ftdojo.tasks.chemistry.strict import WORST_ERROR, grade

PYRIDINE = "CCN(Cc1ccccn1)c1ccc(C=O)o1"
DELETE = Question(subtask="delete", source=PYRIDINE, removed="aldehyde")
ADD = Question(subtask="add", source="CC", added="hydroxyl")
SUB = Question(
    subtask="sub", source="O=Cc1cn2c(nc3ccccc32)s1", removed="aldehyde", added="carboxyl"
)
QED = Question(subtask="qed", source="CC")
LOGP = Question(subtask="logp", source="CC(C)(C)Nc1cc(-c2ccccc2)nc2ccccc12")
RETRO = Question(subtask="retro", reference="CCOCC(=O)O", repaired="CCO.CC(=O)O")
ANY = {
    "fg_count": "1",
    "ring_count": "2",
    "equivalence": "Yes",
    "ring_system_scaffold": "No",
    "mechsel": "B",
}


@pytest.mark.parametrize(
    ("output", "score", "error"),
    [
        ('{"count": "2"}', 1, 0),
        ('{"count": "2.0"}', 1, 0),
        ('{"count": 4}', 0, 2),
        ('{"count": 1000}', 0, WORST_ERROR),
        ("no idea", 0, WORST_ERROR),
    ],
)
def test_an_unreadable_count_is_charged_with_the_worst_error(output, score, error):
    graded = grade(output, Question(subtask="ring_count", reference="2"))
    assert (graded.score, graded.secondary["mae"]) == (score, error)


def test_an_unreadable_count_is_wrong_even_where_none_is_right():
    graded = grade("no idea", Question(subtask="ring_count", reference="0"))
    assert (graded.score, graded.readable) == (0, False)


@pytest.mark.parametrize(
    ("question", "answer", "score"),
    [
        (DELETE, "CCN(Cc1ccccn1)c1ccco1", 1),
        (DELETE, "CC", 0),
        (DELETE, PYRIDINE, 0),
        (DELETE, "CCN((", 0),
        (ADD, "CCO", 1),
        (ADD, "OCCO", 0),
        (ADD, "Oc1ccc2ccccc2c1", 0),
        (SUB, "O=C(O)c1cn2c(nc3ccccc32)s1", 1),
        (SUB, "Cc1cn2c(nc3ccccc32)s1", 0),
    ],
)
def test_an_edit_changes_the_groups_as_asked_and_stays_a_form_of_the_source(
    question, answer, score
):
    assert grade(f'{{"output": "{answer}"}}', question).score == score


def test_any_molecule_with_a_group_fewer_is_told_apart_from_an_edit():
    secondary = grade('{"output": "CC"}', DELETE).secondary
    assert (secondary["groups_right"], secondary["valid"]) == (1, 1)
    assert secondary["similarity"] < 0.2


@pytest.mark.parametrize(
    ("question", "answer", "score", "improved"),
    [
        (QED, "CCO", 1, 1),
        (QED, "COc1ccc(CCN2CCC(NC(=O)c3ccccc3)CC2)cc1", 0, 1),
        (LOGP, "CCC(C)(C)Nc1cc(-c2ccccc2)nc2ccccc12", 1, 1),
        (LOGP, "CCCCCCCCCCCCCCCC", 0, 1),
        (LOGP, "CC(C)(C)Nc1cc(-c2ccccc2)nc2ccccc12", 0, 0),
        (LOGP, "(((", 0, 0),
    ],
)
def test_an_improvement_counts_only_of_a_form_of_the_source(question, answer, score, improved):
    graded = grade(f'{{"Final Target Molecule": "{answer}"}}', question)
    assert (graded.score, graded.secondary["improved"]) == (score, improved)


def test_a_property_without_an_oracle_scores_0():
    question = Question(subtask="drd", source="CCO")
    graded = grade('{"Final Target Molecule": "CCCO"}', question)
    assert (graded.score, graded.readable, graded.secondary["valid"]) == (0, True, 1)


@pytest.mark.parametrize(
    ("answer", "exact"), [("CC(=O)O.OCC", 1), ("CCOCC(=O)O", 0), ("CCO.CC(=O)O.C", 0)]
)
def test_right_reactants_are_those_with_their_dots(answer, exact):
    graded = grade(f'{{"Reactants": "{answer}"}}', RETRO)
    assert graded.secondary["exact_match"] == exact
    assert (graded.score == 1) == bool(exact)


@pytest.mark.parametrize(("subtask", "key"), [("nepp", "pred_smi"), ("rcr", "SMILES")])
def test_the_keys_that_the_prompts_ask_for_are_read(subtask, key):
    question = Question(subtask=subtask, reference="CCO")
    assert grade(f'{{"{key}": "OCC"}}', question).score == 1
    assert grade(f'{{"{key}": "cco"}}', question).score == 0


def test_a_scaffold_scores_its_similarity():
    question = Question(subtask="Murcko_scaffold", reference="c1ccc(CN2CCCCC2)cc1")
    same, near = (
        grade(f'{{"Output Scaffold": "{smiles}"}}', question)
        for smiles in ("C1CCN(Cc2ccccc2)CC1", "c1ccc(CN2CCCC2)cc1")
    )
    assert (same.score, same.secondary["accuracy"]) == (1, 1)
    assert 0.3 < near.score < 1
    assert near.secondary["accuracy"] == 0


@pytest.mark.parametrize("subtask", SUBTASKS)
@pytest.mark.parametrize("output", ["", "?!", "lorem ipsum " * 20, "{{{{[[[[\\boxed", "\x00\ud800"])
def test_garbage_is_unreadable(subtask, output):
    question = Question(subtask=subtask, reference=ANY.get(subtask, "CCO"), source="CC")
    graded = grade(output, question)
    assert (graded.score, graded.readable) == (0, False)


@given(st.text(max_size=100), st.sampled_from(SUBTASKS))
@settings(max_examples=50, deadline=None)
def test_no_output_raises(text, subtask):
    question = Question(
        subtask=subtask,
        reference=ANY.get(subtask, "CCO"),
        source="CC",
        added="amine",
        removed="thiol",
    )
    for output in (text, f'{{"answer": "{text}"}}', f'{{"answer": {text}}}', text * 1000):
        assert 0 <= grade(output, question).score <= 1
