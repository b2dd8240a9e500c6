"""How ChemCoTBench words its questions, spelling and all; scores are comparable only with the same words."""

JSON_REPLY = "Your response must be directly parsable JSON format:\n"
COUNT_REPLY = JSON_REPLY + '{\n    "count": "Your Answer Number"\n}\n'
YES_NO_REPLY = JSON_REPLY + '{\n    "output": "Yes / No"\n}\n'
EDIT_REPLY = JSON_REPLY + '{\n    "output": "Modified Molecule SMILES"\n}\n'
OPT_REPLY = JSON_REPLY + '{\n    "Final Target Molecule": "SMILES",\n}\n\nSource Molecule: '
_SMILES_RULE = (
    "The output SMILES must be valid and chemically reasonable. Do not provide any additional information beyond the "
    "requested SMILES strings. The answer should be a json format that includes "
)


def fg_count(molecule: str, name: str) -> str:
    """Ask how often a functional group occurs."""
    return (
        "You are a chemical assistent. Giving you an Input Molecule and a Fragment name, help me count the number of the "
        f"fragment in the Molecule.\n{COUNT_REPLY}Input Molecule: {molecule}, Fragment Name: {name}."
    )


def ring_count(molecule: str, ring: str) -> str:
    """Ask how often a ring occurs."""
    return (
        "You are a chemistry expert. Help me count the number of ring structure in the Input Molecule.\n"
        f"{COUNT_REPLY}Input Molecule: {molecule}, Ring Structure: {ring}."
    )


def murcko(molecule: str) -> str:
    """Ask for the Murcko scaffold."""
    return (
        "You are a chemistry expert performing Murcko scaffold extraction. Input: a molecule's SMILES string. Output: the "
        "Murcko scaffold in SMILES format.\nDefinition: The Murcko scaffold is obtained by removing all side chains, "
        "functional groups, and exocyclic modifications, leaving only the ring systems and connecting bonds.\n"
        f'{JSON_REPLY}{{\n    "Output Scaffold": "SMILES"\n}}\nInput Molecule: {molecule}.'
    )


def ring_system(molecule: str, ring: str) -> str:
    """Ask whether a ring system is part of the molecule."""
    return (
        "You are a chemical assistent. Please Determine whether the ring_system_scaffold is in the Molecule. Input: a "
        "molecule's SMILES string, a Ring System Scaffold. Output: yes / no.\nDefinition: The ring system scaffold "
        "consists of one or more cyclic (ring-shaped) molecular structures.\n"
        f"{YES_NO_REPLY}Input Molecule: {molecule}, Ring System Structure: {ring}"
    )


def equivalence(one: str, other: str) -> str:
    """Ask whether two SMILES are one molecule."""
    return (
        "You are a chemical assistent. Given two molecule SMILES, Please Determine whether these two Molecules are the "
        "same. Input: Molecule A SMILES string, Molecule B SMILES string. Output: yes / no. \n"
        f"{YES_NO_REPLY}Molecule A: {one}, Molecule B: {other}."
    )


def add(molecule: str, group: str) -> str:
    """Ask to add a functional group."""
    return (
        "You are a chemical assistent. Given the SMILES structural formula of a molecule, help me add a specified "
        "functional group and output the improved SMILES sequence of the molecule. Input: Molecule SMILES string, "
        "Functional Group Name. Output: Modified Molecule SMILES string.\n"
        f"{EDIT_REPLY}\nInput Molecule: {molecule}, Functional Group to add: {group}."
    )


def delete(molecule: str, group: str) -> str:
    """Ask to delete a functional group."""
    return (
        "You are a chemical assistent. Given the SMILES structural formula of a molecule, help me DELETE a specified "
        "functional group and output the modified SMILES sequence of the molecule. Input: Molecule SMILES string, "
        "Functional Group Name. Output: Modified Molecule SMILES string.\n"
        f"{EDIT_REPLY}Input Molecule: {molecule}, Functional Group to delete: {group}."
    )


def sub(molecule: str, removed: str, added: str) -> str:
    """Ask to put one functional group in the place of another; the stray quotation mark is the benchmark's."""
    return (
        '"You are a chemical assistent. Given the SMILES structural formula of a molecule, help me ADD and DELETE '
        "specified functional groups and output the modified SMILES sequence of the molecule. Input: Molecule SMILES "
        "string, Functional Group Names. Output: Modified Molecule SMILES string.\n"
        f"{EDIT_REPLY}Input Molecule: {molecule}, Functional Group to delete: {removed}, Functional Group to add: {added}"
    )


_AIMS = {
    "logp": (
        "the LogP value while following a structured intermediate optimization process. LogP is a measure of a molecule's "
        "lipophilicity, which is its tendency to dissolve in a lipid (fatty) environment compared to water. "
    ),
    "qed": (
        "the QED property (Drug-likeness) while following a structured intermediate optimization process. "
    ),
    "solubility": (
        "the compound's ability to dissolve in water (Solubility) while following a structured intermediate optimization "
        "process. "
    ),
}


def optimize(molecule: str, prop: str) -> str:
    """Ask for a molecule with more of a property."""
    aim = _AIMS[prop]
    return f"You are a chemical assistent, Optimize the Source Molecule to improve {aim}\n{OPT_REPLY}{molecule}."


def fs(reactants: str, reagents: str) -> str:
    """Ask for the product of a reaction."""
    return (
        "Given the reactants SMILES and reagents SMILES, your task is to predict the main product SMILES using your "
        "experienced chemical Reaction Prediction knowledge.\n\nInput:\nReactants SMILES separated by '.'\nReagents SMILES "
        "separated by '.'\n\nOutput:\nMain product SMILES\n[Optional: Byproduct SMILES separated by '.']\n\n"
        f"{_SMILES_RULE}the main product SMILES and byproduct SMILES if any:\n\nQuestion:\nReactants: {reactants}\n"
        f'Reagents: {reagents}\n\nAnswer:\n{{\n    "Major Product": ...\n    "Byproduct(s)": ...\n}}\n'
    )


def retro(product: str, reagents: str) -> str:
    """Ask for the reactants that give a product."""
    return (
        "Given the product SMILES and reagents SMILES, your task is to predict the reactants SMILES using your experienced "
        "chemical Retrosynthesis knowledge.\n\nInput:\nProduct SMILES separated by '.'\nReagents SMILES separated by '.'\n\n"
        f"Output:\nReactants SMILES separated by '.'\n\n{_SMILES_RULE}only the reactants SMILES:\n\nQuestion:\n"
        f'Products: {product}\nReagents: {reagents}\n\nAnswer:\n{{\n    "Reactants": ...\n}}\n'
    )
