"""All tasks together: who is ranked where, and who is first how often."""

from collections.abc import Mapping, Sequence
from statistics import fmean

from ftdojo.bench.cost import mean_cost, summed_cost
from ftdojo.bench.rows import Field, Seeded, by_field, seeded
from ftdojo.bench.words import Finished, Outcome, Overall, State
from ftdojo.records import Direction

Ranks = Mapping[str, float]


def overall(outcomes: Sequence[Outcome]) -> tuple[list[Overall], list[str]]:
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


def _ranked(contenders: Mapping[str, Sequence[Outcome]]) -> Ranks:
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


def _overall(name: str, outcomes: Sequence[Outcome], ranked: Sequence[Ranks]) -> Overall:
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
