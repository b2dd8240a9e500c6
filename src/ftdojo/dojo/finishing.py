"""The end game: confirm the choice on held-back items, open the test once, export the model, seal the result."""

import shutil
import time

from ftdojo.dojo.export_card import export_card
from ftdojo.dojo.parts import Parts
from ftdojo.dojo.scoring import Scorer
from ftdojo.evaluation import scores
from ftdojo.export import export_adapter, export_merged
from ftdojo.records import (
    BASE,
    Comparison,
    EvaluationReport,
    Experiment,
    FinalEvaluationBegan,
    FinalTestOpened,
    Result,
    RunEnded,
)
from ftdojo.stats import compare, confirm, stands

MODEL = "model"


def finish(
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
    items = parts.vault.open_test()
    parts.emit(FinalTestOpened(chosen=chosen.id if chosen else BASE))
    base_graded, base_test = _scorer(parts, None).score("test", items)
    test, gain, how = base_test, None, parts.task.aggregate
    if chosen:
        graded, test = _scorer(parts, chosen).score("test", items)
        gain = compare(
            scores(graded, how),
            scores(base_graded, how),
            against=BASE,
            direction=parts.task.direction,
        )
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
    """Compare the choice with the base on items that steered nothing, where the task has any."""
    items = parts.vault.items("confirm")
    if proposed is None or not items:
        return None
    ours, _ = _scorer(parts, proposed).score("confirm", items)
    theirs, _ = _scorer(parts, None).score("confirm", items)
    how = parts.task.aggregate
    return confirm(scores(ours, how), scores(theirs, how), direction=parts.task.direction)


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
