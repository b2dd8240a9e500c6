"""Scores by item, and how they make up the score of a split."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ftdojo.records import Aggregate

MEAN = Aggregate()


@dataclass(frozen=True, kw_only=True)
class Scores(Mapping[str, float]):
    """Score by item id, and what an aggregate other than the plain mean needs beside it.

    ``groups`` is the slice value of each item (``mean-of-slices``) or its right label (``macro-f1``); ``given`` is the
    label that a model gave it, empty where none could be read.
    """

    by_item: Mapping[str, float]
    how: Aggregate = MEAN
    groups: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, item: str) -> float:
        return self.by_item[item]

    def __iter__(self) -> Iterator[str]:
        return iter(self.by_item)

    def __len__(self) -> int:
        return len(self.by_item)


def groups(scores: Mapping[str, float], items: Iterable[str] | None = None) -> list[str]:
    """Return the group of each of ``items``, all of them if not told which; plain mappings and means have one."""
    among = scores.groups if isinstance(scores, Scores) and scores.how.kind != "mean" else {}
    return [among.get(item, "") for item in (scores if items is None else items)]


def equal_weights(groups: Sequence[str]) -> bool:
    """Return whether all groups have one size, so that the mean of groups is the plain mean."""
    return len(set(Counter(groups).values())) <= 1


def weights(groups: Sequence[str]) -> list[float]:
    """Return a weight per item, 1 on average, under which the mean is the mean over groups of their means.

    Example:
        >>> weights(["a", "a", "a", "b"])
        [0.6666666666666666, 0.6666666666666666, 0.6666666666666666, 2.0]
    """
    sizes = Counter(groups)
    return [len(groups) / (len(sizes) * sizes[group]) for group in groups]


def effective(groups: Sequence[str]) -> int:
    """Return how many items of equal weight say as much as these do, at least 1 (Kish 1965).

    Example:
        >>> effective(["a"] * 90 + ["b"] * 10)
        36
    """
    found = weights(groups)
    return max(1, int(sum(found) ** 2 / sum(weight**2 for weight in found))) if found else 1
