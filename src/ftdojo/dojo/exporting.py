"""Taking a trained model out of a finished run, in one of three standard forms."""

from pathlib import Path
from typing import Literal, assert_never

from ftdojo import tasks
from ftdojo.config import cache_dir
from ftdojo.dojo.cards import export_card
from ftdojo.dojo.setup import require_same_model
from ftdojo.errors import StoreError, UnknownName, UsageError
from ftdojo.export import ExportCard, export_adapter, export_gguf, export_merged
from ftdojo.models import prepare
from ftdojo.records import BASE, Result, Weights
from ftdojo.store import RunFolder

Form = Literal["adapter", "merged", "gguf"]


def export(
    folder: RunFolder, *, to: Path, form: Form, experiment: str = "", cache: Path | None = None
) -> Path:
    """Write the chosen model of a run (or another of its experiments) into the new folder ``to``.

    Raises:
        StoreError: the run has no result yet, or its base is another model by now.
        UsageError: ``to`` is not empty, or there is no such thing to export.
        ModelError: the weights are damaged, or the architecture has no GGUF writer here.
    """
    result, config = folder.result(), folder.config
    if result is None:
        raise StoreError(
            f"The run {config.id} has no result yet; `ftdojo resume {config.id}` goes on with it."
        )
    name = experiment or result.chosen
    found = weights_of(folder, name)
    weights = found.path if found else None
    base = prepare(
        config.spec.model, chat_template=config.chat_template, cache=cache or cache_dir()
    )
    require_same_model(config, base)
    card = _card(folder, result, name)
    match form:
        case "adapter":
            if weights is None:
                raise UsageError(
                    f"The run {config.id} kept the base model, so there is no adapter; --merge exports the base itself."
                )
            return export_adapter(weights, base, to=to, card=card)
        case "merged":
            return export_merged(weights, base, to=to, card=card)
        case "gguf":
            export_gguf(weights, base, to=to, card=card)
            return to
        case _:
            assert_never(form)


def weights_of(folder: RunFolder, name: str) -> Weights | None:
    """Return the weights of experiment ``name``; None for the base.

    Raises:
        UnknownName: no experiment of that name has weights.
    """
    if name == BASE:
        return None
    known = {each.id: each for each in folder.experiments() if each.weights}
    if name not in known:
        raise UnknownName("experiment with weights", name, known)
    return folder.weights_of(known[name])


def _card(folder: RunFolder, result: Result, name: str) -> ExportCard:
    """Return the model card; an experiment that was not chosen was never tested, so its card shows validation."""
    task = tasks.get(folder.config.spec.task)
    known = folder.experiments()
    found = next((each for each in known if each.id == name), None)
    base, ours = result.base_test, result.test if name == result.chosen else result.base_test
    if found and found.evaluation and name != result.chosen:
        base, ours = result.base, found.evaluation
    return export_card(folder.config, task, found, base=base, ours=ours, experiments=known)
