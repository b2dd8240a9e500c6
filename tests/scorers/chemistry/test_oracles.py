"""Properties of molecules, against published figures."""

import pytest

pytest.importorskip("rdkit")
from rdkit import Chem

from ftdojo.scorers.chemistry import molecules
from ftdojo.scorers.chemistry.oracles import _longest_cycle


@pytest.mark.parametrize(
    ("prop", "value"),
    [("logp", 1.6866), ("qed", 0.44263), ("solubility", -1.93258), ("penalized_logp", 2.09517)],
)
def test_the_properties_of_benzene(prop, value):
    assert molecules.oracle("c1ccccc1", prop) == pytest.approx(value, abs=1e-5)


@pytest.mark.parametrize("smiles", ["", "c1ccc(", "no molecule", "C" * 30_000])
def test_what_is_no_molecule_has_no_property(smiles):
    assert molecules.oracle(smiles, "logp") is None


@pytest.mark.parametrize(
    ("smiles", "length"), [("CCO", 0), ("C1CC1", 3), ("C1CCCCCCC1.C1CC1", 8), ("C1CCC2CCCCC2C1", 6)]
)
def test_the_longest_cycle_of_a_basis(smiles, length):
    assert _longest_cycle(Chem.MolFromSmiles(smiles)) == length


@pytest.mark.parametrize("prop", ["logp", "qed", "solubility"])
def test_a_better_neighbour_is_better_and_alike(prop):
    source = "Cc1ccc(C(=O)NCc2ccccn2)cc1"
    better = molecules.improved(source, prop, least=0.4)
    assert molecules.oracle(better, prop) > molecules.oracle(source, prop)
    assert molecules.tanimoto(source, better, bits=2048) >= 0.4
