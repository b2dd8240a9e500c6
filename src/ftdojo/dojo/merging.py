"""Merging as an experiment: which experiments can be merged, and their weights made into one set in the run folder."""

import math
import shutil
import time
from collections.abc import Sequence
from dataclasses import replace

from ftdojo.dojo.run import Run
from ftdojo.errors import ModelError
from ftdojo.records import Merge, Weights
from ftdojo.store import files, require_free
from ftdojo.training.merging import Mixture, beyond_factors, merge

SPARE = 1.2
"""Room that is to be free, in sizes of the base model in float32: what is merged may be a full model."""


def unmergeable(run: Run, action: Merge) -> str:
    """Return in one line why ``action`` cannot be carried out; "" if it can. Nothing is spent on what cannot."""
    done = {each.id: each for each in run.folder.experiments() if each.weights}
    strange = [name for name in action.parents if name not in done]
    if strange:
        known = ", ".join(done) or "none yet"
        return f"Experiment {strange[0]!r} has no validated weights to merge; those that have: {known}."
    if len(action.parents) < 2 or (action.method == "slerp" and len(action.parents) > 2):
        most = "exactly two" if action.method == "slerp" else "two or more"
        return f"{len(action.parents)} experiments were named, and {action.method} merges {most}."
    if len(action.shares) != len(action.parents):
        return f"{len(action.weights)} weights for {len(action.parents)} experiments; give one each, or leave them out."
    if not all(math.isfinite(share) and share > 0 for share in action.shares):
        return f"weights={list(action.weights)} must be positive numbers; leave out what is to have none."
    if not 0 < action.density <= 1:
        return f"density={action.density:g} must be above 0 and at most 1."
    parents = [run.folder.weights_of(done[name]) for name in action.parents]
    return _odd_kinds(action.parents, parents) or _odd_adapters(parents)


def _odd_kinds(names: Sequence[str], parents: Sequence[Weights]) -> str:
    if len({each.kind for each in parents}) == 1:
        return ""
    named = ", ".join(f"{name} is {each.kind}" for name, each in zip(names, parents, strict=True))
    return f"Adapters and full models cannot be merged with each other ({named}); merge experiments of one kind."


def _odd_adapters(parents: Sequence[Weights]) -> str:
    try:
        odd = [beyond_factors(each.path) for each in parents if each.kind == "adapter"]
    except ModelError as error:
        return str(error)
    return next(filter(None, odd), "")


def merged(run: Run, action: Merge, *, name: str) -> tuple[Weights, str]:
    """Merge into the folder of experiment ``name``; return the weights and how they were made, in a sentence.

    Raises:
        UsageError: a parent's adapter is of a kind that has no delta of its own.
        ModelError: the weights of a parent are damaged.
        StoreError: the disk refuses the result.
    """
    began = time.monotonic()
    found = {each.id: each for each in run.folder.experiments()}
    parents = [run.folder.weights_of(found[parent]) for parent in action.parents]
    require_free(run.scratch, int(SPARE * 4 * run.model.params), "merged weights")
    to = run.folder.experiment_dir(name) / "adapter"
    made = run.scratch / f"merged-{name}"
    shutil.rmtree(made, ignore_errors=True)
    mixture = Mixture(
        method=action.method,
        shares=action.shares,
        density=action.density,
        seed=run.folder.config.spec.seed,
    )
    weights, error = merge(parents, mixture, base=run.model.path, to=made)
    with files.writing(to):
        shutil.rmtree(to, ignore_errors=True)
        shutil.move(made, to)
    run.ledger.charge("train", seconds=time.monotonic() - began, experiment=name)
    return replace(weights, path=to), f"{action.submission.plan.strip()} {_form(weights, error)}"


def _form(weights: Weights, error: float) -> str:
    if weights.kind == "adapter":
        return f"An adapter holds what was merged, with a relative error of {error:.1e}."
    if error:
        return f"A full model holds it: an adapter would lose {error:.1%} of what was merged."
    return "A full model holds it."
