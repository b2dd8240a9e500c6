"""The final evaluation: confirm the choice on held-back items, open the test once, export the model, seal the result."""

import shutil
import time
from collections.abc import Mapping, Sequence

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
from ftdojo.stats import Choice, compare, confirm, stands, stands_unconfirmed
from ftdojo.stats.choice import UNCONFIRMED

MODEL = "model"


def finalize(
    run: Run,
    proposed: Experiment | None,
    *,
    choice: Choice,
    why: str,
    stopped_by: str | None,
    gave_up: str = "",
) -> Result:
    """Choose between the proposed experiment (None for the base), ``choice`` and the base, score it on the test, and seal the run.

    ``choice`` is that of the numbers, by validation.
    """
    name = proposed.id if proposed else BASE
    run.emit(FinalEvaluationBegan(proposed=name, stopped_by=stopped_by, gave_up=gave_up))
    chosen, confirmation, why = _settled(run, proposed, choice, why)
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


def _settled(
    run: Run, proposed: Experiment | None, choice: Choice, why: str
) -> tuple[Experiment | None, Comparison | None, str]:
    """Return what is chosen (None for the base), how it was confirmed, and why."""
    if proposed is None:
        return None, None, why
    if not run.vault.count("confirm"):
        surety = choice.surety.get(proposed.id, 0.0)
        stays = proposed if stands_unconfirmed(surety) else None
        return stays, None, _unconfirmed(proposed.id, surety, why)
    chosen, confirmation, duel = _confirmed(run, proposed, choice)
    n = confirmation.difference.n
    if chosen != proposed and duel:
        why = f"By the numbers it was {chosen.id}, which was ahead of {proposed.id} on {duel.difference.n} held-back items too."
    if stands(confirmation, direction=run.task.direction):
        return chosen, confirmation, why
    why = f"{chosen.id} was no better than the base on {n} held-back items, so the base is kept."
    return None, confirmation, why


def _confirmed(
    run: Run, proposed: Experiment, choice: Choice
) -> tuple[Experiment, Comparison, Comparison | None]:
    """Compare on items that steered nothing: the proposed experiment with the base, and first with another choice of the numbers.

    Each is scored on as many as the time left allows: the test that follows gives no time back. Of two experiments the one
    that is ahead goes on, so that none stands by what its agent knew of validation.
    """
    calibrate(run)
    direction, duel = run.task.direction, None
    most = run.meter.confirm_items(own=True)
    ours = _held_back(run, proposed, most)
    most = min(most, run.meter.confirm_items(own=False))
    theirs = _held_back(run, None, most)
    if rival := _rival(run, proposed, choice):
        others = _held_back(run, rival, min(most, run.meter.confirm_items(own=True)))
        duel = compare(others, ours, against=proposed.id, direction=direction)
        if stands(duel, direction=direction):
            proposed, ours = rival, others
    return proposed, confirm(ours, theirs, direction=direction), duel


def _rival(run: Run, proposed: Experiment, choice: Choice) -> Experiment | None:
    """Return the choice of the numbers where that is another experiment."""
    others = (each for each in run.folder.experiments() if each.id != proposed.id)
    return next((each for each in others if each.id == choice.chosen), None)


def _held_back(run: Run, experiment: Experiment | None, most: int) -> Mapping[str, float]:
    """Return the scores of an experiment (None for the base) on confirmation items, ``most`` of them at most."""
    items = run.vault.items("confirm")
    graded, _ = _scorer(run, experiment).score("confirm", items, limit=most)
    return scores(graded, run.task.aggregate)


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
    known = run.folder.experiments()
    card = export_card(run.folder.config, run.task, chosen, base=base, ours=test, experiments=known)
    weights = run.folder.weights_of(chosen)
    write = export_adapter if weights.kind == "adapter" else export_merged
    write(weights.path, run.model, to=to, card=card)
    run.ledger.charge("export", seconds=time.monotonic() - began)
    return MODEL
