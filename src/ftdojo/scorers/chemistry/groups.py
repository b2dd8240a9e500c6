"""The functional groups of ChemCoTBench's editing tasks, as the benchmark defines them.

A group is counted by the matches of its SMARTS. ``sulfide`` is counted without the disulfides, which it would match.
"""

SMARTS = {
    "aldehyde": "[CX3H1](=O)[#6]",
    "amide": "[NX3][CX3](=[OX1])[#6]",
    "amine": "[NX3;H2,H1;!$(NC=O)]",
    "anhydride": "[CX3](=[OX1])[OX2][CX3](=[OX1])",
    "benzene": "[cR1]1[cR1][cR1][cR1][cR1][cR1]1",
    "benzene_ring": "[cR1]1[cR1][cR1][cR1][cR1][cR1]1",
    "borane": "[BX3]",
    "carboxyl": "[CX3](=O)[OX2H1]",
    "disulfide": "[#16X2H0][#16X2H0]",
    "ester": "[#6][CX3](=O)[OX2H0][#6]",
    "halo": "[F,Cl,Br,I]",
    "hydroxyl": "[OX2H]",
    "ketone": "[#6][CX3](=O)[#6]",
    "nitrile": "[NX1]#[CX2]",
    "nitro": "[$([NX3](=O)=O),$([NX3+](=O)[O-])][!#8]",
    "sulfide": "[#16X2H0]",
    "sulfone": "[$([#16X4](=[OX1])=[OX1]),$([#16X4+2]([OX1-])[OX1-])]",
    "sulfoxide": "[$([#16X3]=[OX1]),$([#16X3+][OX1-])]",
    "thioether": "[SX2][CX4]",
    "thiol": "[#16X2H]",
}
WITHOUT = {"sulfide": "disulfide"}
"""Group -> the group whose matches are taken off."""
