"""RDKit answers from a process of its own, which is replaced when it hangs or dies."""

import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftdojo.errors import MissingExtra
from ftdojo.scorers.chemistry import molecules, rdkit_process
from ftdojo.scorers.chemistry.rdkit_process import MOST_CHARS, Chemist, ask

HELPER = """
import json, os, sys, time
print('"ready"', flush=True)
for line in sys.stdin:
    question, *given = json.loads(line)
    if question == "hang":
        time.sleep(60)
    if question == "die":
        os._exit(1)
    if question == "half":
        print("tr", end="", flush=True)
        os._exit(1)
    print(json.dumps(given), flush=True)
"""
HOSTILE = (
    "(" * 1900,
    "C" * 1999,
    "C1" * 900,
    "[" * 1000,
    "c1ccccc1" * 240,
    "C%99" * 400,
    "[Fe+99999999999]",
    "C(C)(C)" * 250,
    "\x00\ud800\u202e",
    "CCO\ud83d",
    "*" * 1500,
    "C~C" * 300,
    "[2H]" * 400,
    "C1CC1." * 330,
    "c1cc2c3c4c5c6c1c7c8c9c2c%10c3c%11c4c%12c5c%13c6c7c%14c8c9c%10c%11c%12c%13c%14",
)


@pytest.fixture
def chemist(tmp_path, monkeypatch):
    (tmp_path / "moody_chemist.py").write_text(HELPER)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    made = Chemist(deadline_s=1.0, helper="moody_chemist")
    yield made
    made.close()


@pytest.mark.parametrize("trouble", ["hang", "die", "half"])
def test_a_question_that_ends_the_process_has_no_answer_and_the_next_one_has(chemist, trouble):
    started = time.monotonic()
    assert chemist.ask(trouble) is None
    assert time.monotonic() - started < 30
    assert chemist.ask("echo", "CCO") == ["CCO"]


def test_one_process_answers_many_questions(chemist):
    chemist.ask("echo", 1)
    first = chemist._child.pid
    chemist.ask("echo", 2)
    assert chemist._child.pid == first


def test_text_too_long_for_a_molecule_is_not_even_sent(chemist):
    assert chemist.ask("echo", "C" * (MOST_CHARS + 1)) is None
    assert chemist._child is None


def test_a_missing_package_names_the_extra(monkeypatch):
    monkeypatch.setattr(rdkit_process, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"pip install 'ftdojo\[chem\]'"):
        Chemist().ask("is_molecule", "C")


def test_a_process_that_does_not_start_names_the_extra(tmp_path):
    with pytest.raises(MissingExtra, match="does not start"):
        Chemist(helper="no.such.helper").ask("is_molecule", "C")


def test_the_modules_load_without_rdkit():
    code = (
        "import sys; sys.modules['rdkit'] = None; import ftdojo.scorers.chemistry.cases, "
        "ftdojo.scorers.chemistry.rdkit_helper, ftdojo.tasks.chemistry.mol_opt"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("smiles", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_smiles_are_answered_in_time(smiles):
    pytest.importorskip("rdkit")
    started = time.monotonic()
    molecules.is_molecule(smiles)
    like = molecules.likeness(smiles, "CCO")
    assert molecules.oracle(smiles, "qed") is None or 0 <= like.morgan <= 1
    assert time.monotonic() - started < 20


@given(st.text(max_size=60))
@settings(max_examples=50, deadline=None)
def test_any_text_is_a_molecule_or_none(text):
    pytest.importorskip("rdkit")
    assert molecules.is_molecule(text) in (True, False)
    assert 0 <= molecules.tanimoto(text, "CCO", bits=1024) <= 1


def test_a_thousand_questions_take_seconds():
    pytest.importorskip("rdkit")
    ask("is_molecule", "C")
    started = time.monotonic()
    assert all(molecules.is_molecule(f"C{'C' * (n % 50)}O") for n in range(1000))
    assert time.monotonic() - started < 10
