"""The final evaluation: confirm the choice on held-back items, open the test once, export the model, seal the result."""

import shutil
import time
from collections.abc import Sequence

from ftdojo.dojo.cards import export_card
from ftdojo.dojo.run import Run
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
from ftdojo.stats import compare, confirm, stands, stands_unconfirmed
from ftdojo.stats.choice import UNCONFIRMED

MODEL = "model"


def finalize(
    run: Run,
    proposed: Experiment | None,
    *,
    why: str,
    stopped_by: str | None,
    gave_up: str = "",
    surety: float = 0.0,
) -> Result:
    """Score the proposed experiment (None for the base) on the test, and seal the run.

    ``surety`` is how probable it is, by validation, that the experiment is better than the base (0 to 1).
    """
    name, chosen = proposed.id if proposed else BASE, proposed
    run.emit(FinalEvaluationBegan(proposed=name, stopped_by=stopped_by, gave_up=gave_up))
    confirmation = _confirmed(run, proposed)
    if confirmation and not stands(confirmation, direction=run.task.direction):
        chosen = None
        why = f"{name} was no better than the base on {confirmation.difference.n} held-back items, so the base is kept."
    elif proposed and not run.vault.count("confirm"):
        chosen = proposed if stands_unconfirmed(surety) else None
        why = _unconfirmed(name, surety, why)
    why = f"{why} {_shortened(run, confirmation)}".strip()
    items = run.vault.open_test()
    run.emit(FinalTestOpened(chosen=chosen.id if chosen else BASE))
    base_test, test, gain = _tested(run, chosen, items)
    result = Result(
        status="truncated" if stopped_by else "gave up" if gave_up else "finished",
        proposed=name,
        chosen=chosen.id if chosen else BASE,
        why=why,
        base=run.folder.scored_base(),
        test=test,
        base_test=base_test,
        gain=gain,
        confirmation=confirmation,
        export=_export(run, chosen, base_test, test),
        spent=run.meter.spend(),  # the export's seconds with it
        stopped_by=stopped_by,
        gave_up=gave_up,
    )
    run.folder.save_result(result)
    run.emit(RunEnded(chosen=result.chosen, score=test.score, base=base_test.score))
    return result


def _confirmed(run: Run, proposed: Experiment | None) -> Comparison | None:
    """Compare the choice with the base on items that steered nothing, where the task has any.

    On as many as the time left allows, for both: the test that follows gives no time back.
    """
    items = run.vault.items("confirm")
    if proposed is None or not items:
        return None
    calibrate(run)
    most = run.meter.confirm_items(own=True)
    ours, _ = _scorer(run, proposed).score("confirm", items, limit=most)
    most = min(most, run.meter.confirm_items(own=False))
    theirs, _ = _scorer(run, None).score("confirm", items, limit=most)
    how = run.task.aggregate
    return confirm(scores(ours, how), scores(theirs, how), direction=run.task.direction)


def _unconfirmed(name: str, surety: float, why: str) -> str:
    """Return why an experiment is chosen or not where the task has no held-back items, ``why`` it was proposed first."""
    found = f"better than the base with a probability of {surety:.2f} by validation"
    if stands_unconfirmed(surety):
        return (
            f"{why} The task has no held-back items, so {name} met a stricter level instead of a confirmation: {found}, "
            f"and {UNCONFIRMED} is needed."
        )
    return (
        f"{name} is {found}, and {UNCONFIRMED} is needed where a task has no held-back items to confirm it on, so the base "
        "is kept."
    )


def _shortened(run: Run, confirmation: Comparison | None) -> str:
    """Return the sentence that says so, and put it on record, where time allowed only a part of the confirmation."""
    of = run.vault.count("confirm")
    if confirmation is None or confirmation.difference.n == of:
        return ""
    run.emit(ConfirmationShortened(items=confirmation.difference.n, of=of))
    return f"Confirmation used {confirmation.difference.n} of the {of} held-back items: the time left allowed no more."


def _tested(
    run: Run, chosen: Experiment | None, items: Sequence[Item]
) -> tuple[EvaluationReport, EvaluationReport, Comparison | None]:
    """Score base and choice on the test; return both reports, and the gain of the choice if it is not the base."""
    base_graded, base_test = _scorer(run, None).score("test", items)
    if chosen is None:
        return base_test, base_test, None
    graded, test = _scorer(run, chosen).score("test", items)
    how, direction = run.task.aggregate, run.task.direction
    ours, theirs = scores(graded, how), scores(base_graded, how)
    return base_test, test, compare(ours, theirs, against=BASE, direction=direction)


def _scorer(run: Run, experiment: Experiment | None) -> Scorer:
    if experiment is None:
        return Scorer(run, name=BASE, weights=None)
    return Scorer(run, name=experiment.id, weights=run.folder.weights_of(experiment))


def _export(
    run: Run, chosen: Experiment | None, base: EvaluationReport, test: EvaluationReport
) -> str:
    """Write the chosen weights as a standard artifact, and return where in the run folder; the base needs none."""
    if chosen is None:
        return ""
    began, to = time.monotonic(), run.folder.path / MODEL
    shutil.rmtree(to, ignore_errors=True)
    card = export_card(run.folder.config, run.task, chosen, base=base, ours=test)
    weights = run.folder.weights_of(chosen)
    write = export_adapter if weights.kind == "adapter" else export_merged
    write(weights.path, run.model, to=to, card=card)
    run.ledger.charge("export", seconds=time.monotonic() - began)
    return MODEL
