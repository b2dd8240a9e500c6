"""Makes questions whose answer is another molecule: edits, improvements and reactions."""

import random

from ftdojo.scorers.chemistry import by_rdkit
from ftdojo.scorers.chemistry.strict import OPT_ALIKE
from ftdojo.tasks.chemistry import prompts
from ftdojo.tasks.chemistry.fragments import NONE, Drawn, filled
from ftdojo.tasks.chemistry.reactions import reacted
from ftdojo.tasks.chemistry.worked import EDITED, Worked

FILLS = {
    "logp": (NONE, "O", "N", "C(=O)O", "Cl", "C", "CC", "C(F)(F)F"),
    "solubility": (NONE, "O", "N", "C(=O)O", "Cl", "CC", "C(F)(F)F", "S(N)(=O)=O"),
    "qed": (NONE, "[N+](=O)[O-]", "C=O", "OC", "Br", "C", "F", "S"),
}
"""Property -> groups of which two are compared in one place."""


LEAST_GAIN = 0.02


def edit(subtask: str, rng: random.Random, drawn: Drawn) -> Worked | None:
    """Ask for an edit; only such as the rule of the groups accepts."""
    removed, added = rng.sample(sorted(EDITED), 2)
    if subtask == "add":
        source, answer = filled(drawn.frame, NONE), filled(drawn.frame, EDITED[added])
        changes, query = {added: 1}, prompts.add(source, added)
        how = f"{added} is {_plain(added)}. Put it in the place of a hydrogen."
    elif subtask == "delete":
        source, answer = filled(drawn.frame, EDITED[removed]), filled(drawn.frame, NONE)
        changes, query = {removed: -1}, prompts.delete(source, removed)
        how = f"{removed} is {_plain(removed)}. Put a hydrogen in its place."
    else:
        source, answer = filled(drawn.frame, EDITED[removed]), filled(drawn.frame, EDITED[added])
        changes, query = {removed: -1, added: 1}, prompts.sub(source, removed, added)
        how = f"{removed} is {_plain(removed)}, {added} is {_plain(added)}. Exchange them."
    if not _changed(source, answer, changes):
        return None
    return Worked(subtask=subtask, query=query, working=how, answer=answer, others=(source,))


def _changed(source: str, answer: str, changes: dict[str, int]) -> bool:
    before, after = (by_rdkit.group_counts(each, list(changes)) for each in (source, answer))
    if before is None or after is None:
        return False
    return [new - old for old, new in zip(before, after, strict=True)] == list(changes.values())


def _plain(group: str) -> str:
    return EDITED[group].replace("9", "1")


def improvement(prop: str, rng: random.Random, drawn: Drawn) -> Worked | None:
    """Ask for more of a property, which one group in the place of another gives."""
    groups = rng.sample(FILLS[prop], 2)
    low, high = sorted(
        ((by_rdkit.oracle(filled(drawn.frame, each), prop) or 0.0, each) for each in groups),
    )
    source, answer = filled(drawn.frame, low[1]), filled(drawn.frame, high[1])
    alike = by_rdkit.tanimoto(source, answer, 2048) or 0.0
    if high[0] - low[0] <= LEAST_GAIN or alike < OPT_ALIKE:
        return None
    old, new = (group.replace(NONE, "a hydrogen") for group in (low[1], high[1]))
    return Worked(
        subtask=prop,
        query=prompts.optimize(source, prop),
        working=f"Put {new} in the place of {old}. {prop}: {low[0]:.2f} before, {high[0]:.2f} after.",
        answer=answer,
        others=(source,),
    )


def reaction(subtask: str, rng: random.Random, _: Drawn) -> Worked:
    """Ask for the product of a reaction (fs) or for its reactants (retro)."""
    found = reacted(rng)
    asks = prompts.fs if subtask == "fs" else prompts.retro
    given, answer = (
        (found.reactants, found.product) if subtask == "fs" else (found.product, found.reactants)
    )
    return Worked(
        subtask=subtask,
        query=asks(given, found.reagents),
        working=f"Reaction: {found.name}. {found.what}",
        answer=answer,
        others=(found.product, found.reactants),
    )
