"""The final evaluation: confirm the choice on held-back items, open the test once, export the model, seal the result."""

import shutil
import time
from collections.abc import Sequence

from ftdojo.dojo.export_card import export_card
from ftdojo.dojo.parts import Parts
from ftdojo.dojo.scoring import Scorer, calibrate
from ftdojo.evaluation import scores
from ftdojo.export import export_adapter, export_merged
from ftdojo.records import (
    BASE,
    Comparison,
    ConfirmationShortened,
    EvaluationReport,
    Experiment,
    FinalEvaluationBegan,
    FinalTestOpened,
    Item,
    Result,
    RunEnded,
)
from ftdojo.stats import compare, confirm, stands

MODEL = "model"


def finalize(
    parts: Parts, proposed: Experiment | None, *, why: str, stopped_by: str | None
) -> Result:
    """Score the proposed experiment (None for the base) on the test, and seal the run."""
    name = proposed.id if proposed else BASE
    parts.emit(FinalEvaluationBegan(proposed=name, stopped_by=stopped_by))
    confirmation = _confirmed(parts, proposed)
    chosen = proposed
    if confirmation and not stands(confirmation, direction=parts.task.direction):
        chosen = None
        why = f"{name} was no better than the base on {confirmation.difference.n} held-back items, so the base is kept."
    why = f"{why} {_shortened(parts, confirmation)}".strip()
    items = parts.vault.open_test()
    parts.emit(FinalTestOpened(chosen=chosen.id if chosen else BASE))
    base_test, test, gain = _tested(parts, chosen, items)
    export = _export(parts, chosen, base_test, test)
    base = parts.folder.base()
    assert base is not None, "the base is validated before anything else"
    result = Result(
        status="truncated" if stopped_by else "finished",
        proposed=name,
        chosen=chosen.id if chosen else BASE,
        why=why,
        base=base,
        test=test,
        base_test=base_test,
        gain=gain,
        confirmation=confirmation,
        spent=parts.meter.spend(),
        export=export,
        stopped_by=stopped_by,
    )
    parts.folder.save_result(result)
    parts.emit(RunEnded(chosen=result.chosen, score=test.score, base=base_test.score))
    return result


def _confirmed(parts: Parts, proposed: Experiment | None) -> Comparison | None:
    """Compare the choice with the base on items that steered nothing, where the task has any.

    On as many as the time left allows, for both: the test that follows gives no time back.
    """
    items = parts.vault.items("confirm")
    if proposed is None or not items:
        return None
    calibrate(parts)
    most = parts.meter.confirm_items(own=True)
    ours, _ = _scorer(parts, proposed).score("confirm", items, limit=most)
    most = min(most, parts.meter.confirm_items(own=False))
    theirs, _ = _scorer(parts, None).score("confirm", items, limit=most)
    how = parts.task.aggregate
    return confirm(scores(ours, how), scores(theirs, how), direction=parts.task.direction)


def _shortened(parts: Parts, confirmation: Comparison | None) -> str:
    """Return the sentence that says so, and put it on record, where time allowed only a part of the confirmation."""
    of = parts.vault.count("confirm")
    if confirmation is None or confirmation.difference.n == of:
        return ""
    parts.emit(ConfirmationShortened(items=confirmation.difference.n, of=of))
    return f"Confirmation used {confirmation.difference.n} of the {of} held-back items: the time left allowed no more."


def _tested(
    parts: Parts, chosen: Experiment | None, items: Sequence[Item]
) -> tuple[EvaluationReport, EvaluationReport, Comparison | None]:
    """Score base and choice on the test; return both reports, and the gain of the choice if it is not the base."""
    base_graded, base_test = _scorer(parts, None).score("test", items)
    if chosen is None:
        return base_test, base_test, None
    graded, test = _scorer(parts, chosen).score("test", items)
    how, direction = parts.task.aggregate, parts.task.direction
    ours, theirs = scores(graded, how), scores(base_graded, how)
    return base_test, test, compare(ours, theirs, against=BASE, direction=direction)


def _scorer(parts: Parts, experiment: Experiment | None) -> Scorer:
    if experiment is None:
        return Scorer(parts, name=BASE, weights=None)
    return Scorer(parts, name=experiment.id, weights=parts.folder.weights_of(experiment))


def _export(
    parts: Parts, chosen: Experiment | None, base: EvaluationReport, test: EvaluationReport
) -> str:
    """Write the chosen weights as a standard artifact, and return where in the run folder; the base needs none."""
    if chosen is None:
        return ""
    began, to = time.monotonic(), parts.folder.path / MODEL
    shutil.rmtree(to, ignore_errors=True)
    card = export_card(parts.folder.config, parts.task, chosen, base=base, ours=test)
    weights = parts.folder.weights_of(chosen)
    assert weights  # a chosen experiment was scored
    write = export_adapter if weights.kind == "adapter" else export_merged
    write(weights.path, parts.model, to=to, card=card)
    parts.ledger.charge("export", seconds=time.monotonic() - began)
    return MODEL
