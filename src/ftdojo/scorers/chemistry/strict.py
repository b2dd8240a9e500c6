"""ChemCoTBench, strictly: what cannot be read is wrong, and what the published evaluators get wrong is repaired.

Every sub-task has one score in [0, 1], higher better: counts, yes or no and the choice of a mechanism are right or
wrong; scaffolds and reaction products score their similarity to the right ones; an edit is right if the groups change
as asked; an optimization succeeds if the property rises. An edited or optimized molecule must still be a form of the
source (``tied``): the published rules take any molecule there, so that one answer fits most questions.
"""

from ftdojo.records import Grade
from ftdojo.scorers.chemistry import molecules
from ftdojo.scorers.chemistry.published import edited, improvement_of
from ftdojo.scorers.chemistry.questions import (
    COUNTS,
    MOL_EDIT,
    MOL_OPT,
    PRODUCTS,
    YES_NO,
    Question,
)
from ftdojo.scorers.chemistry.strict_reading import (
    read_count,
    read_letter,
    read_smiles,
    read_yes_no,
)

WORST_ERROR = 10
"""The error of an unreadable count, and the most that a readable one is charged with."""
EDIT_ALIKE = 0.2
"""Least similarity of an edited molecule to its source; the benchmark's own right answers have 0.27 and more."""
OPT_ALIKE = 0.4
"""Least similarity of an optimized molecule, as is usual in constrained optimization (Jin et al., 2018)."""
NEAR_ATOMS = 3
"""A molecule that only gains or loses up to so many atoms is tied, however small and unlike it is."""
LEAST_GAIN = 1e-6


def grade(output: str, question: Question) -> Grade:
    """Score one output; whatever it is, it raises nothing. drd, gsk and jnk have no oracle here, so they score 0.

    Raises:
        MissingExtra: RDKit is not installed.
    """
    subtask = question.subtask
    if subtask in COUNTS:
        return _count(output, question)
    if subtask in YES_NO:
        return _same(read_yes_no(output, subtask), question.right.strip().capitalize(), "accuracy")
    if subtask == "mechsel":
        right = question.right.strip().upper()[:1]
        return _same(read_letter(output, subtask), right, "exact_match")
    if subtask == "Murcko_scaffold":
        return _scaffold(output, question)
    if subtask in MOL_EDIT:
        return _edit(output, question)
    if subtask in MOL_OPT:
        return _improvement(output, question)
    return _product(output, question)


def tied(source: str, answer: str, *, least: float) -> bool:
    """Return whether ``answer`` is a form of ``source``: alike, or the same but for a few atoms more or fewer."""
    if molecules.tanimoto(source, answer, bits=2048) >= least:
        return True
    for whole, part in ((source, answer), (answer, source)):
        holds, more = molecules.contains(whole, part)
        if holds and more <= NEAR_ATOMS:
            return True
    return False


def _count(output: str, question: Question) -> Grade:
    given = read_count(output, question.subtask)
    off = WORST_ERROR if given is None else min(abs(given - int(question.right)), WORST_ERROR)
    return Grade(
        score=float(off == 0),
        readable=given is not None,
        extracted="" if given is None else str(given),
        secondary={"accuracy": float(off == 0), "mae": float(off)},
    )


def _same(given: str | None, right: str, name: str) -> Grade:
    score = float(given is not None and given == right)
    return Grade(
        score=score,
        readable=given is not None,
        extracted=given or "",
        secondary={name: score},
    )


def _molecule(output: str, question: Question) -> tuple[str, bool, bool]:
    """Return the answer, whether it is readable and whether it is a molecule; without a key only a molecule is read."""
    answer, keyed = read_smiles(output, question.subtask)
    valid = molecules.is_molecule(answer)
    return answer, bool(answer) and (keyed or valid), valid


def _scaffold(output: str, question: Question) -> Grade:
    answer, readable, valid = _molecule(output, question)
    like = molecules.tanimoto(answer, question.right, bits=1024) if valid else 0.0
    same = like == 1.0 and _exact(molecules.likeness(answer, question.right))
    return Grade(
        score=like,
        readable=readable,
        extracted=answer[:200],
        secondary={"accuracy": float(same), "tanimoto": like, "valid": float(valid)},
    )


def _edit(output: str, question: Question) -> Grade:
    answer, readable, valid = _molecule(output, question)
    asked = edited(answer, question) if valid else False
    like = molecules.tanimoto(answer, question.source, bits=2048) if valid else 0.0
    right = asked and tied(question.source, answer, least=EDIT_ALIKE)
    return Grade(
        score=float(right),
        readable=readable,
        extracted=answer[:200],
        secondary={"valid": float(valid), "groups_right": float(asked), "similarity": like},
    )


def _improvement(output: str, question: Question) -> Grade:
    answer, readable, valid = _molecule(output, question)
    gain = improvement_of(answer, question) if valid else None
    better = gain is not None and gain > LEAST_GAIN
    like = molecules.tanimoto(answer, question.source, bits=2048) if valid else 0.0
    right = better and tied(question.source, answer, least=OPT_ALIKE)
    return Grade(
        score=float(right),
        readable=readable,
        extracted=answer[:200],
        secondary={"valid": float(valid), "improved": float(better), "similarity": like},
    )


def _product(output: str, question: Question) -> Grade:
    answer, readable, valid = _molecule(output, question)
    like = molecules.likeness(answer, question.right)
    exact = float(valid and _exact(like))
    alike = like.morgan if valid else 0.0
    return Grade(
        score=alike if question.subtask in PRODUCTS else exact,
        readable=readable,
        extracted=answer[:200],
        secondary={"valid": float(valid), "exact_match": exact},
    )


def _exact(like: molecules.Likeness) -> bool:
    """Return whether two molecules are the same; what has no InChI is compared by its canonical SMILES."""
    return like.exact and (like.named or like.canonical[0] == like.canonical[1])
