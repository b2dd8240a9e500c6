"""What a tool call led to, as text of bounded length."""

import json
from collections.abc import Iterator
from itertools import islice

from ftdojo.agents.showing import cut
from ftdojo.records import Check, Experiment, Finish, Look, Observation, Outcome, Shell, Train

MOST, LOG_CHARS, WRONG_CHARS = 3000, 800, 200
WRONG, SLICES = 3, 8
"""How many wrong answers and slices of an experiment are shown."""


def result_of(last: Outcome, seen: Observation) -> str:
    """Return what came of the last action, as the model is shown it; a refusal is its reason."""
    if last.notice:
        return cut(f"refused: {last.notice}", MOST)
    match last.action:
        case Look() | Shell():
            return cut(_found(last), MOST)
        case Check():
            return cut(_checked(last), MOST)
        case Train():
            return cut("\n".join(_trained(last, seen)), MOST)
        case Finish():
            return "the run is over"


def _found(last: Outcome) -> str:
    lines = [json.dumps(entry, ensure_ascii=False, default=str) for entry in last.found]
    return "\n".join(lines) or "nothing is there"


def _checked(last: Outcome) -> str:
    took = f"after {last.seconds:.0f} s"
    if last.failure:
        failure = last.failure
        head = f"failed at {failure.stage} ({failure.kind}) {took}: {failure.message}"
        return f"{head}\n{failure.log_tail[-LOG_CHARS:]}"
    data = last.checked.data if last.checked else None
    fit = last.checked.fit if last.checked else None
    rows = f"; {data.rows} rows, {data.tokens.mean:.0f} tokens on average" if data else ""
    forecast = f"; training would take {fit.train_forecast_s:.0f} s" if fit else ""
    printed = f"\ndata.py printed:\n{data.log_tail[-LOG_CHARS:]}" if data and data.log_tail else ""
    return f"passed {took}{rows}{forecast}{printed}"


def _trained(last: Outcome, seen: Observation) -> Iterator[str]:
    made = seen.experiment(last.experiment)
    if last.failure or made is None or made.evaluation is None:
        yield f"{last.experiment}: {_checked(last)}"
        return
    score = made.evaluation.score
    yield f"{made.id}: {score.score:.3f} [{score.low:.3f}, {score.high:.3f}], n = {score.n}"
    yield from _compared(made)
    training = made.feedback.training if made.feedback else None
    if training:
        yield (
            f"trained {training.steps} steps in {training.seconds:.0f} s, loss {training.loss_first:.3f} to "
            f"{training.loss_last:.3f}; the whole experiment took {last.seconds:.0f} s"
        )
    yield f"{made.evaluation.unreadable_share:.0%} of its answers are unreadable"
    for name, part in islice(made.evaluation.slices.items(), SLICES):
        yield f"{name}: {part.score:.3f}, n = {part.n}"
    yield from made.feedback.remarks if made.feedback else ()
    for wrong in made.evaluation.wrong[:WRONG]:
        yield f"wrong: {cut(wrong.output, WRONG_CHARS)!r} to {cut(wrong.prompt, WRONG_CHARS)!r}"


def _compared(made: Experiment) -> Iterator[str]:
    """Yield the comparison with each rival once; base, parent and best may be the same."""
    comparisons = made.feedback.comparisons if made.feedback else {}
    rivals = {each.against: each for each in comparisons.values()}
    for name, each in rivals.items():
        yield f"against {name}: {each.difference.score:+.3f}, {each.verdict}"
