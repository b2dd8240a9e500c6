"""Our way to an answer: under its key, or as all there is."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftdojo.tasks.chemistry.questions import SUBTASKS
from ftdojo.tasks.chemistry.strict import read_count, read_letter, read_smiles, read_yes_no


@pytest.mark.parametrize(
    ("output", "count"),
    [
        ('{"count": "2"}', 2),
        ('{"count": 2.0}', 2),
        ('Two of them.\n```json\n{"count": 2}\n```', 2),
        ('{"count": 1} or rather {"count": 3}', 3),
        ("<think>7</think> 2", 2),
        ("```\n2\n```", 2),
        ('{"answer": 4}', 4),
        ('{"count": true}', None),
        ('{"count": "Your Answer Number"}', None),
        ('{"count": 2.5}', None),
        ('{"count": 12345678}', None),
        ("There are 2 rings", None),
        ("\u0662", None),
        ("", None),
    ],
)
def test_a_count_is_a_whole_number_under_its_key_or_alone(output, count):
    assert read_count(output, "fg_count") == count


@pytest.mark.parametrize(
    ("output", "word"),
    [
        ('{"output": "yes"}', "Yes"),
        ("No.", "No"),
        ('{"output": "Yes / No"}', None),
        ("I have no idea", None),
        ('{"output": null}', None),
    ],
)
def test_yes_and_no_are_not_picked_out_of_sentences(output, word):
    assert read_yes_no(output, "equivalence") == word


@pytest.mark.parametrize(
    ("output", "letter"),
    [
        ('{"choice": "B: Protonation"}', "B"),
        ('{"choice": "(c)"}', "C"),
        ("D.", "D"),
        ('{"choice": "Protonation"}', None),
        ("The answer is B", None),
        ("A molecule", None),
    ],
)
def test_a_choice_is_a_letter_of_its_own(output, letter):
    assert read_letter(output, "mechsel") == letter


@pytest.mark.parametrize(
    ("output", "subtask", "found"),
    [
        ('{"pred_smi": "CCO"}', "nepp", ("CCO", True)),
        ('{"SMILES": "CCO"}', "rcr", ("CCO", True)),
        ('{"output": "F/C=C\\\\F"}', "add", ("F/C=C\\F", True)),
        ('{"output": "F/C=C\\F"}', "add", ("F/C=C\\F", True)),
        ('{"Final Target Molecule": "CCO",}', "qed", ("CCO", True)),
        ('{"Reactants": ["CCO", " CC"]}', "retro", ("CCO.CC", True)),
        ('{"Major Product": ...}', "fs", ("", True)),
        ('{"output": "Modified Molecule SMILES"}', "add", ("", True)),
        ("`CCO`", "fs", ("CCO", False)),
        ("The product is CCO", "fs", ("", False)),
    ],
)
def test_a_molecule_stands_under_its_key_or_alone(output, subtask, found):
    assert read_smiles(output, subtask) == found


@given(st.text(max_size=200), st.sampled_from(SUBTASKS))
@settings(max_examples=50, deadline=None)
def test_reading_raises_on_no_text(text, subtask):
    for output in (text, f'{{"answer": {text}}}', f'{{"answer": "{text}"}}'):
        for read in (read_count, read_yes_no, read_letter, read_smiles):
            read(output, subtask)
