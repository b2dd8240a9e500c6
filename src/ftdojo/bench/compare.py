"""What sealed runs say of contenders: paired, ranked, summed up."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import fmean

from ftdojo.bench.folder import BenchFolder, outcomes
from ftdojo.bench.matrix import cells
from ftdojo.bench.tables import facts, page
from ftdojo.bench.types import (
    Against,
    BenchResult,
    CellOutcome,
    Finished,
    Matrix,
    Overall,
    ResultRow,
    RunCost,
    State,
)
from ftdojo.records import Direction, Spend
from ftdojo.stats import over_items, over_runs
from ftdojo.store import write_atomic
from ftdojo.store.codec import dump_object


def summed_cost(spends: Sequence[Spend | None]) -> RunCost | None:
    """Return the sum over the runs that began; None if none did.

    Money is None, not 0, as soon as one price was unknown.
    """
    known = [each for each in spends if each]
    if not known:
        return None
    money = [each.llm_usd for each in known if each.llm_usd is not None]
    return RunCost(
        runs=len(known),
        experiments=sum(each.experiments for each in known),
        seconds=sum(each.wall_s for each in known),
        llm_calls=sum(each.llm_calls for each in known),
        llm_tokens=sum(_tokens(each) for each in known),
        usd=sum(money) if len(money) == len(known) else None,
    )


def mean_cost(spends: Sequence[Spend | None]) -> RunCost | None:
    """Return the mean over the runs that began; None if none did."""
    total = summed_cost(spends)
    if total is None:
        return None
    n = total.runs
    return replace(
        total,
        experiments=total.experiments / n,
        seconds=total.seconds / n,
        llm_calls=total.llm_calls / n,
        llm_tokens=total.llm_tokens / n,
        usd=None if total.usd is None else total.usd / n,
    )


def _tokens(spend: Spend) -> int:
    return spend.llm_input_tokens + spend.llm_output_tokens


Field = tuple[str, str]
"""A task with a model: where contenders meet."""
Seeded = Mapping[int, Finished]


def by_field(outcomes: Sequence[CellOutcome]) -> dict[Field, dict[str, list[CellOutcome]]]:
    """Return the outcomes of each contender in each field, in the order they are given."""
    found: dict[Field, dict[str, list[CellOutcome]]] = {}
    for each in outcomes:
        cell = each.cell
        field = found.setdefault((cell.task, cell.model), {})
        field.setdefault(cell.contender, []).append(each)
    return found


def rows(outcomes: Sequence[CellOutcome], baseline: str) -> list[ResultRow]:
    """Return a row for each contender in each field; every outcome is counted in one."""
    found = []
    for (task, model), contenders in by_field(outcomes).items():
        rivals = seeded(contenders.get(baseline, ()))
        for name, own in contenders.items():
            against = None if name == baseline else compared(seeded(own), rivals, baseline)
            found.append(_row((task, model), name, own, against))
    return found


def seeded(outcomes: Sequence[CellOutcome]) -> dict[int, Finished]:
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


def _row(
    field: Field, contender: str, outcomes: Sequence[CellOutcome], against: Against | None
) -> ResultRow:
    states = _counted(outcomes)
    plain = ResultRow(
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


def _scored(
    plain: ResultRow, runs: Sequence[Finished], outcomes: Sequence[CellOutcome]
) -> ResultRow:
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


def _counted(outcomes: Sequence[CellOutcome]) -> Mapping[State, int]:
    found: defaultdict[State, int] = defaultdict(int)
    for each in outcomes:
        found[each.state] += 1
    return found


def _range(unit: str) -> tuple[float, float] | None:
    return (0.0, 1.0) if unit == "share" else None


def _doubled(within: tuple[float, float] | None) -> tuple[float, float] | None:
    """Return the range of a difference of two values of a range."""
    return (within[0] - within[1], within[1] - within[0]) if within else None


Ranks = Mapping[str, float]


def overall(outcomes: Sequence[CellOutcome]) -> tuple[list[Overall], list[str]]:
    """Return each contender over all fields, best mean rank first, and the fields that could not be ranked."""
    fields = by_field(outcomes)
    ranked = {field: _ranked(contenders) for field, contenders in fields.items()}
    known = [ranks for ranks in ranked.values() if ranks]
    names = list(dict.fromkeys(each.cell.contender for each in outcomes))
    found = [_overall(name, outcomes, known) for name in names]
    unranked = [_words(field) for field, ranks in ranked.items() if not ranks]
    return sorted(found, key=_by_rank), unranked


def ranks_of(scores: Mapping[str, float], direction: Direction) -> dict[str, float]:
    """Return the rank of each, 1 the best; equal scores share the mean of their places.

    Example:
        >>> ranks_of({"a": 0.5, "b": 0.7, "c": 0.5}, Direction.HIGHER)
        {'a': 2.5, 'b': 1.0, 'c': 2.5}
    """
    sign = 1.0 if direction is Direction.HIGHER else -1.0
    worth = {name: sign * score for name, score in scores.items()}
    above = {name: sum(other > own for other in worth.values()) for name, own in worth.items()}
    equal = {name: sum(other == own for other in worth.values()) for name, own in worth.items()}
    return {name: above[name] + (equal[name] + 1) / 2 for name in worth}


def _ranked(contenders: Mapping[str, Sequence[CellOutcome]]) -> Ranks:
    """Rank by the mean over the seeds that everybody finished, so that no one profits from the seeds that they failed."""
    runs: dict[str, Seeded] = {name: seeded(each) for name, each in contenders.items()}
    seeds = set.intersection(*(set(each) for each in runs.values()))
    shared = [seed for seed in sorted(seeds) if _comparable([each[seed] for each in runs.values()])]
    if not shared:
        return {}
    means = {name: fmean(each[seed].test for seed in shared) for name, each in runs.items()}
    return ranks_of(means, next(iter(runs.values()))[shared[0]].direction)


def _comparable(runs: Sequence[Finished]) -> bool:
    return len({each.played for each in runs}) == 1


def _overall(name: str, outcomes: Sequence[CellOutcome], ranked: Sequence[Ranks]) -> Overall:
    own = [each for each in outcomes if each.cell.contender == name]
    places = [ranks[name] for ranks in ranked]
    firsts = [min(ranks.values()) == ranks[name] for ranks in ranked]
    alone = sum(place == 1 for place in places)
    return Overall(
        contender=name,
        cells=len(own),
        finished=sum(each.state is State.FINISHED for each in own),
        failed=sum(each.state is State.FAILED for each in own),
        ranked=len(places),
        mean_rank=fmean(places) if places else None,
        wins=alone,
        shared=sum(firsts) - alone,
        cost=mean_cost([each.spent for each in own if each.run]),
        spent=summed_cost([each.spent for each in own]),
    )


def _by_rank(each: Overall) -> float:
    return float("inf") if each.mean_rank is None else each.mean_rank


def _words(field: Field) -> str:
    task, model = field
    return f"{task} with {model}"


def read(matrix: Matrix, place: BenchFolder) -> BenchResult:
    """Return what the run folders of ``matrix`` in ``place`` show now.

    Raises:
        StoreError: the list of attempts is damaged. A damaged run is a failed cell instead.
    """
    return compare(matrix, outcomes(cells(matrix), place))


def compare(matrix: Matrix, found: Sequence[CellOutcome]) -> BenchResult:
    """Return the comparison that ``found`` makes up."""
    ranked, unranked = overall(found)
    return BenchResult(
        matrix=matrix,
        rows=tuple(rows(found, matrix.baseline)),
        overall=tuple(ranked),
        outcomes=tuple(found),
        unranked=tuple(unranked),
    )


def write(bench: BenchResult, place: BenchFolder) -> None:
    """Write ``bench.json`` and ``bench.md`` into the bench folder, each whole or not at all.

    Raises:
        StoreError: one cannot be written.
    """
    write_atomic(place.path / "bench.json", dump_object(facts(bench)) + "\n")
    write_atomic(place.path / "bench.md", page(bench))
