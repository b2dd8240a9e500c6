"""Outcomes to rows: each contender on each task with each model, by itself and against the baseline."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import fmean

from ftdojo.bench.cost import mean_cost, summed_cost
from ftdojo.bench.words import Against, Finished, Outcome, Row, State
from ftdojo.records import Direction
from ftdojo.stats import over_items, over_runs

Field = tuple[str, str]
"""A task with a model: where contenders meet."""
Seeded = Mapping[int, Finished]


def by_field(outcomes: Sequence[Outcome]) -> dict[Field, dict[str, list[Outcome]]]:
    """Return the outcomes of each contender in each field, in the order they are given."""
    found: dict[Field, dict[str, list[Outcome]]] = {}
    for each in outcomes:
        cell = each.cell
        field = found.setdefault((cell.task, cell.model), {})
        field.setdefault(cell.contender, []).append(each)
    return found


def rows(outcomes: Sequence[Outcome], baseline: str) -> list[Row]:
    """Return a row for each contender in each field; every outcome is counted in one."""
    found = []
    for (task, model), contenders in by_field(outcomes).items():
        rivals = seeded(contenders.get(baseline, ()))
        for name, own in contenders.items():
            against = None if name == baseline else compared(seeded(own), rivals, baseline)
            found.append(_row((task, model), name, own, against))
    return found


def seeded(outcomes: Sequence[Outcome]) -> dict[int, Finished]:
    """Return the finished runs by seed."""
    return {each.cell.seed: each.run for each in outcomes if each.run}


def compared(ours: Seeded, theirs: Seeded, baseline: str) -> Against:
    """Compare runs by the seeds that both finished, on the same version of task and model."""
    shared = [seed for seed in ours if seed in theirs and ours[seed].played == theirs[seed].played]
    if not shared:
        return Against(baseline=baseline, n=0, wins=0, ties=0, losses=0)
    direction = ours[shared[0]].direction
    gains = [better_by(ours[seed].test, theirs[seed].test, direction) for seed in shared]
    pairs = [(ours[seed].items, theirs[seed].items) for seed in shared]
    return Against(
        baseline=baseline,
        n=len(shared),
        wins=sum(gain > 0 for gain in gains),
        ties=sum(gain == 0 for gain in gains),
        losses=sum(gain < 0 for gain in gains),
        over_runs=over_runs(gains, within=_doubled(_range(ours[shared[0]].unit))),
        over_items=over_items(pairs, direction=direction),
    )


def better_by(one: float, other: float, direction: Direction) -> float:
    """Return by how much the one score is better than the other."""
    return one - other if direction is Direction.HIGHER else other - one


def _row(field: Field, contender: str, outcomes: Sequence[Outcome], against: Against | None) -> Row:
    states = _counted(outcomes)
    plain = Row(
        task=field[0],
        model=field[1],
        contender=contender,
        cells=len(outcomes),
        finished=states[State.FINISHED],
        failed=states[State.FAILED],
        spent=summed_cost([each.spent for each in outcomes]),
        against=against,
    )
    runs = [each.run for each in outcomes if each.run]
    return _scored(plain, runs, outcomes) if runs else plain


def _scored(plain: Row, runs: Sequence[Finished], outcomes: Sequence[Outcome]) -> Row:
    from dataclasses import replace

    first = runs[0]
    within = _range(first.unit)
    gains = [better_by(each.test, each.base, each.direction) for each in runs]
    return replace(
        plain,
        metric=first.metric,
        unit=first.unit,
        direction=first.direction,
        test=over_runs([each.test for each in runs], within=within),
        gain=over_runs(gains, within=_doubled(within)),
        found=fmean(each.found for each in runs),
        kept=fmean(each.kept for each in runs),
        stood_by_best=fmean(each.kept == each.found for each in runs),
        cost=mean_cost([each.spent for each in outcomes if each.run]),
    )


def _counted(outcomes: Sequence[Outcome]) -> Mapping[State, int]:
    found: defaultdict[State, int] = defaultdict(int)
    for each in outcomes:
        found[each.state] += 1
    return found


def _range(unit: str) -> tuple[float, float] | None:
    return (0.0, 1.0) if unit == "share" else None


def _doubled(within: tuple[float, float] | None) -> tuple[float, float] | None:
    """Return the range of a difference of two values of a range."""
    return (within[0] - within[1], within[1] - within[0]) if within else None
