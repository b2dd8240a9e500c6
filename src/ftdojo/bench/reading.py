"""What has become of a cell, read from its run folder."""

from collections.abc import Mapping, Sequence

from ftdojo import tasks
from ftdojo.bench.place import Place
from ftdojo.bench.words import Cell, Finished, Outcome, State
from ftdojo.errors import StoreError
from ftdojo.evaluation import scores
from ftdojo.records import BASE, Direction, Result, Status
from ftdojo.store import Ledger, RunFolder


def outcomes(cells: Sequence[Cell], place: Place) -> list[Outcome]:
    """Return how each of ``cells`` stands; nothing is written."""
    failures = place.failures()
    return [outcome(cell, place, failures) for cell in cells]


def outcome(cell: Cell, place: Place, failures: Mapping[str, str]) -> Outcome:
    """Return how ``cell`` stands; a damaged run folder is a failure, and hides no other."""
    reason = failures.get(cell.id, "")
    if not (place.run(cell) / "run.json").is_file():
        return Outcome(cell=cell, state=State.FAILED if reason else State.MISSING, reason=reason)
    folder = RunFolder(place.run(cell))
    try:
        result = folder.result()
        if result:
            run = _finished(folder, result)
            return Outcome(cell=cell, state=State.FINISHED, spent=result.spent, run=run)
        spent = Ledger(folder.path).spend()
    except StoreError as error:
        return Outcome(cell=cell, state=State.FAILED, reason=str(error))
    state = State.FAILED if reason else State.UNFINISHED
    return Outcome(cell=cell, state=state, reason=reason, spent=spent)


def is_finished(cell: Cell, place: Place) -> bool:
    """Return whether the cell's run is sealed."""
    return (place.run(cell) / "result.json").is_file()


def _finished(folder: RunFolder, result: Result) -> Finished:
    config, task = folder.config, tasks.get(folder.config.spec.task)
    validated = _validated(folder, result)
    graded = folder.predictions(result.chosen, "test")
    best = max if task.direction is Direction.HIGHER else min
    return Finished(
        played=f"{config.task_version} {config.model_digest}",
        metric=result.test.metric,
        unit=result.test.unit,
        direction=task.direction,
        test=result.test.score.score,
        base=result.base_test.score.score,
        found=best(validated.values()),
        kept=validated[result.chosen],
        items=scores(graded, task.aggregate),
    )


def _validated(folder: RunFolder, result: Result) -> dict[str, float]:
    """Return the validation score of the base, of the choice, and of all others that were validated to the end."""
    found = {BASE: result.base.score.score}
    for each in folder.experiments():
        report = each.evaluation
        whole = report and not report.raced_out and each.status is Status.DONE
        if report and (whole or each.id == result.chosen):
            found[each.id] = report.score.score
    return found
