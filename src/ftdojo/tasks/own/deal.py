"""Dealing rows to splits: by content, apart from near-duplicates, each label in its share, and every row accounted for.

Rows belong together if their questions are near-duplicates (``texts.near``). Of a group that is held out one row is kept;
groups of one are held out first, so that few rows are lost.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ftdojo.errors import UsageError
from ftdojo.texts.near import clusters

FEWEST_ROWS = 20
HELD_OUT = ("test", "validation", "confirm")
MOST = {"test": 300, "validation": 150, "confirm": 100}
"""More items than these tell little more."""
MOST_GROUPED = 20_000
"""Groups are looked for among so many rows; of larger files a part drawn by content is dealt, and the rest is for training."""


@dataclass(frozen=True, kw_only=True)
class Shares:
    """How rows are shared out; parts of a whole, or None for sizes that fit the number of rows."""

    train: float
    validation: float
    confirm: float
    test: float

    @classmethod
    def read(cls, text: str) -> "Shares":
        """Return the shares in ``text``: train/validation/confirm/test, as in ``70/12/6/12``.

        Raises:
            UsageError: these are not four numbers, or nothing is left for training, validation or the test.
        """
        try:
            parts = [float(part) for part in text.split("/")]
            train, validation, confirm, test = (part / sum(parts) for part in parts)
        except (ValueError, ZeroDivisionError):
            train = validation = confirm = test = -1.0
        if not (min(train, validation, test) > 0 and confirm >= 0):
            raise UsageError(
                f"--shares {text!r} is not four parts; write train/validation/confirm/test, as in 70/12/6/12 (confirm may be 0)."
            )
        return cls(train=train, validation=validation, confirm=confirm, test=test)


@dataclass(frozen=True, kw_only=True)
class Dealt:
    """Split -> places of its rows; ``dropped`` is why rows are in none -> how many."""

    parts: Mapping[str, tuple[int, ...]]
    dropped: Mapping[str, int]


def deal(
    questions: Sequence[str],
    golds: Sequence[str],
    origin: Sequence[str],
    *,
    strata: Sequence[str],
    shares: Shares | None = None,
) -> Dealt:
    """Deal rows to ``train``, ``validation``, ``confirm`` and ``test``; nothing depends on their order.

    Args:
        questions: each row's question.
        golds: its right answer.
        origin: the split that its file was given for; rows of ``train`` are dealt on where a split was not given.
        strata: what should be as frequent in every split, such as the label; all alike for none.
        shares: how to share out; None for sizes that fit.

    Raises:
        UsageError: too few rows, or too few different questions, for a split to hold some.
    """
    dealer = _Dealer(questions, golds, origin)
    dealer.keep_given()
    wanted = [name for name in HELD_OUT if name not in origin]
    groups = dealer.free_groups()
    for name, count in _sizes(len(groups), wanted, shares).items():
        for group in _drawn(groups, count, strata):
            dealer.hold_out(group, name)
            groups.remove(group)
    return dealer.dealt()


class _Dealer:
    """Which rows are in which split so far."""

    def __init__(
        self, questions: Sequence[str], golds: Sequence[str], origin: Sequence[str]
    ) -> None:
        self._questions, self._origin = questions, origin
        self.dropped: Counter[str] = Counter()
        self._split: dict[int, str] = {}
        self._keys = [_key(text) for text in questions]
        places = self._different(golds)
        self._free = sorted(places, key=lambda at: self._keys[at])[:MOST_GROUPED]
        if any(name != "train" for name in origin):
            self._free = places[:]  # given splits are compared with every row
        chosen = set(self._free)
        self._rest = [at for at in places if at not in chosen]
        self._groups = clusters([questions[at] for at in self._free])

    def _different(self, golds: Sequence[str]) -> list[int]:
        """Return the places of rows without those that are equal to one before; rows of given splits come first."""
        found: dict[tuple[str, str], int] = {}
        rank = {"test": 0, "validation": 1, "confirm": 2, "train": 3}
        for at in sorted(range(len(golds)), key=lambda at: (rank[self._origin[at]], at)):
            same = (" ".join(self._questions[at].casefold().split()), golds[at])
            if same in found:
                self.dropped["equal"] += 1
            else:
                found[same] = at
        return sorted(found.values())

    def keep_given(self) -> None:
        """Leave given splits as they are, and take what is close to one of their rows out of the others."""
        left = []
        for group in self._groups:
            places = [self._free[at] for at in group]
            holding = next(
                (name for name in HELD_OUT if any(self._origin[at] == name for at in places)), ""
            )
            if not holding:
                left.append(places)
                continue
            kept = [at for at in places if self._origin[at] == holding]
            self._split |= dict.fromkeys(kept, holding)
            self.dropped[f"too close to a row of {holding}"] += len(places) - len(kept)
        self._left = left

    def free_groups(self) -> list[list[int]]:
        """Return the groups that are not dealt yet, those of one row first, in an order that their content decides."""
        return sorted(self._left, key=lambda group: (len(group) > 1, min(map(self._key_of, group))))

    def hold_out(self, group: list[int], name: str) -> None:
        """Put one row of ``group`` into the split ``name``; the others are in none."""
        self._split[min(group, key=self._key_of)] = name
        self.dropped["too close to a held-out row"] += len(group) - 1
        self._left.remove(group)

    def dealt(self) -> Dealt:
        """Return the splits; what is left is for training."""
        self._split |= dict.fromkeys((at for group in self._left for at in group), "train")
        self._split |= dict.fromkeys(self._rest, "train")
        parts = {
            name: tuple(sorted(at for at, split in self._split.items() if split == name))
            for name in ("train", "validation", "confirm", "test")
        }
        empty = [name for name in ("train", "validation", "test") if not parts[name]]
        if empty:
            raise UsageError(
                f"There are too few different questions: nearly equal ones stay together, and nothing is left for "
                f"{empty[0]}. Add questions that differ."
            )
        return Dealt(parts=parts, dropped={why: many for why, many in self.dropped.items() if many})

    def _key_of(self, at: int) -> bytes:
        return self._keys[at]


def _sizes(groups: int, wanted: Sequence[str], shares: Shares | None) -> dict[str, int]:
    """Return how many rows each split is to hold: enough to show a difference, and most left for training."""
    if shares:
        return {
            name: max(1, round(getattr(shares, name) * groups)) if getattr(shares, name) else 0
            for name in wanted
        }
    eighth = max(groups // 8, min(25, groups // 5))
    fit = {
        "test": eighth,
        "validation": eighth,
        "confirm": groups * 3 // 40 if groups >= 150 else 0,
    }
    return {name: min(MOST[name], fit[name]) for name in wanted}


def _drawn(groups: Sequence[list[int]], count: int, strata: Sequence[str]) -> list[list[int]]:
    """Return ``count`` of ``groups`` in which every stratum has its share; one of each stratum is always left."""
    by: defaultdict[str, list[list[int]]] = defaultdict(list)
    for group in groups:
        by[strata[group[0]]].append(group)
    exact = {name: count * len(found) / len(groups) for name, found in by.items()}
    taken = {name: min(int(share), len(by[name]) - 1) for name, share in exact.items()}
    rest = sorted(by, key=lambda name: (taken[name] - exact[name], name))
    while sum(taken.values()) < count:
        room = [name for name in rest if taken[name] < len(by[name]) - 1]
        if not room:
            break
        for name in room[: count - sum(taken.values())]:
            taken[name] += 1
    return [group for name, found in by.items() for group in found[: taken[name]]]


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf8", "surrogatepass")).digest()
