"""RDKit answers from a process of its own; the process itself is tested in ``test_warm``."""

import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftdojo.errors import MissingExtra
from ftdojo.scorers.chemistry import molecules
from ftdojo.scorers.chemistry.molecules import MOST_CHARS, ask

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


def test_text_too_long_for_a_molecule_is_not_even_sent(monkeypatch):
    monkeypatch.setattr(molecules, "_process", None)
    assert ask("is_molecule", "C" * (MOST_CHARS + 1)) is None


def test_a_missing_package_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "rdkit", None)
    molecules._process().close()
    with pytest.raises(MissingExtra, match=r"needs rdkit: pip install 'ftdojo\[chem\]'"):
        ask("is_molecule", "C")


def test_the_modules_load_without_rdkit():
    code = (
        "import sys; sys.modules['rdkit'] = None; import ftdojo.tasks.chemistry.cases, "
        "ftdojo.scorers.chemistry.by_rdkit, ftdojo.tasks.chemistry.chemcotbench"
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
