"""Splits that keep apart what belongs together: records of one key, and near-duplicates as ``texts.near`` defines them."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from ftdojo.texts.near import clusters

T = TypeVar("T")


def split(
    records: Sequence[T],
    *,
    key: Callable[[T], str],
    text: Callable[[T], str],
    counts: Mapping[str, int],
) -> dict[str, tuple[T, ...]]:
    """Deal ``records`` to held-out splits and ``train``; what comes out does not depend on their order.

    Records that have one key or are near-duplicates, also over a chain of others, form a cluster, and a cluster
    stays together. Clusters are dealt in the order of a hash of their smallest key: the first ``counts`` ones to the
    first split named, and so on. A held-out split gets the record with the smallest key of each of its clusters, the
    others are dropped; ``train`` gets all records of all clusters that are left.

    Args:
        records: what there is, in any order.
        key: a name of the record that stays the same when others come or go.
        text: what tells records apart, without what they all share.
        counts: split -> at most how many records; earlier ones are filled first.

    Example:
        >>> parts = split("abcd", key=str, text=str, counts={"test": 1, "validation": 2})
        >>> sorted(parts), [len(part) for part in parts.values()]
        (['test', 'train', 'validation'], [1, 2, 1])
    """
    ordered = sorted(records, key=lambda each: (key(each), text(each)))
    keys = [key(each) for each in ordered]
    groups = clusters([text(each) for each in ordered], keys)
    groups.sort(key=lambda group: _hash(keys[group[0]]))
    dealt: dict[str, tuple[T, ...]] = {}
    at = 0
    for name, count in counts.items():
        dealt[name] = tuple(ordered[group[0]] for group in groups[at : at + count])
        at += count
    dealt["train"] = tuple(ordered[each] for group in groups[at:] for each in group)
    return dealt


def _hash(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf8", "surrogatepass")).digest()
