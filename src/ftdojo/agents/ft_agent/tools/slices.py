"""Which parts of the validation set moved."""

from collections.abc import Iterator

from ftdojo.agents.ft_agent.tools.evidence import Evidence, points
from ftdojo.records import Estimate

LEAST_ITEMS = 8
MOST = 6


def slices_moved(evidence: Evidence) -> Iterator[str]:
    """Yield the slices with a change of at least half an interval's width, the largest first; and the weakest one."""
    if evidence.scored is None:
        return
    now, before = evidence.scored.slices, evidence.rival.slices
    both = {
        name: (now[name], before[name])
        for name in now
        if name in before and min(now[name].n, before[name].n) >= LEAST_ITEMS
    }
    changes = {name: new.score - old.score for name, (new, old) in both.items() if _clear(new, old)}
    largest = sorted(changes, key=lambda name: abs(changes[name]), reverse=True)[:MOST]
    for name in largest:
        new, old = both[name]
        yield (
            f"Slice {name}: {points(changes[name], evidence.unit)} ({old.score:.2f} to {new.score:.2f}, n = {new.n})."
        )
    if len(both) > 1:
        weak = min(both, key=lambda name: evidence.sign * both[name][0].score)
        yield f"Weakest slice: {weak} with {both[weak][0].score:.2f}, n = {both[weak][0].n}."


def _clear(new: Estimate, old: Estimate) -> bool:
    half = max(new.high - new.low, old.high - old.low) / 2
    return abs(new.score - old.score) >= max(half, 1e-9)
