"""The published evaluator's way to an answer, slips included."""

import time

import pytest

from ftdojo.tasks.chemistry.published import extracted


@pytest.mark.parametrize(
    ("output", "subtask", "answer"),
    [
        ("", "fg_count", None),
        ("  \n", "fg_count", ""),
        ('{"count": 2.0}', "fg_count", "2.0"),
        ('{"count": null, "answer": 3}', "fg_count", "3"),
        ('{"answer": 3, "count": ""}', "fg_count", ""),
        ("C6H12 holds 4 rings", "fg_count", "4"),
        ("none", "fg_count", "none"),
        ("no, yes", "equivalence", "Yes"),
        ('{"output": "yes"', "equivalence", "yes"),
        ('x {"OUTPUT": "no"}', "equivalence", "no"),
        ('[{"output": " CCO "}]', "add", "CCO"),
        ('{"output": "CC\n    O"}', "add", "CCO"),
        ('```python\nx\n```\n```json\n{"output": "CCO"}\n```', "add", "CCO"),
        ("```\nCCCCCO\n```", "add", "CCCCCO"),
        ("I think CCOCCN it is", "add", "CCOCCN"),
        ("```json\nCCCCCO", "delete", "CCCCCO"),
        ("<think>CCCCCCCC</think>CCO", "sub", "CCO"),
        ("<think>a</think>b<think>CCCCCCCCC", "sub", "CCCCCCCCC"),
        ('{"Final Target Molecule": "", "output": "CCO"}', "qed", "CCO"),
        ('{"Final Target Molecule": "CCO",}', "logp", "CCO"),
        ('{"Final_Target_Molecule": "", "answer": 0}', "logp", "0"),
        ('{"Major Product": ["CCO"]}', "fs", ["CCO"]),
        ('{"product": "CCO"}', "fs", None),
        ('{"Reactants": " CCO"}', "retro", " CCO"),
        ('Reply: {"reactants": " CCO.C "}', "retro", "CCO.C"),
        ('Reply: {"output": "CCO"}', "nepp", 'Reply: {"output": "CCO"}'),
        ('{"SMILES": "CCO"}', "rcr", None),
        ('{"choice": "", "answer": "C"}', "mechsel", "C"),
        ('{"choice": ["b"]}', "mechsel", "['B']"),
        ("I choose B", "mechsel", "I"),
        ("none of them", "mechsel", "none of them"),
        ("[" * 100_000, "nepp", "[" * 100_000),
        ('{"count": ' + "9" * 5000 + "}", "fg_count", "9" * 5000),
    ],
)
def test_the_answer_is_found_where_the_published_evaluator_finds_it(output, subtask, answer):
    assert extracted(output, subtask) == answer


@pytest.mark.parametrize("text", ["<think>", "```json ", '"output" ', "``` ", "a" * 4 + " "])
def test_long_repetitions_are_read_in_linear_time(text):
    started = time.monotonic()
    for subtask in ("add", "fg_count", "equivalence"):
        extracted(text * (400_000 // len(text)), subtask)
    assert time.monotonic() - started < 5
