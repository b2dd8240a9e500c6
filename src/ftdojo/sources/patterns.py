"""Which files of a repository hold a part: glob patterns, as the hub's client reads them."""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path

from ftdojo.sources.kinds import kind_of
from ftdojo.sources.reading import KINDS

_SHARD = re.compile(r"-(\d{5,})-of-(\d{5,})(?=\.)")


def matching(names: Iterable[str], patterns: Iterable[str]) -> list[str]:
    """Return the names of files that match a pattern and are of a kind that is read, sorted.

    ``*`` also matches slashes, and a pattern that ends in one stands for everything below.

    Example:
        >>> matching(["data/train-0.parquet", "data/a.py", "README.md"], ["data/*"])
        ['data/train-0.parquet']
    """
    wanted = [each + "*" if each.endswith("/") else each for each in patterns]
    return sorted(
        name
        for name in names
        if kind_of(Path(name)) in KINDS and any(fnmatchcase(name, each) for each in wanted)
    )


def missing_shard(names: Iterable[str]) -> str:
    """Return the name of a shard that ``names`` lack although another one implies it, or nothing.

    Example:
        >>> missing_shard(["a-00000-of-00002.parquet"])
        'a-00001-of-00002.parquet'
    """
    there = set(names)
    for name in sorted(there):
        if match := _SHARD.search(name):
            width = len(match[1])
            for at in range(int(match[2])):
                shard = f"{name[: match.start()]}-{at:0{width}d}-of-{match[2]}{name[match.end() :]}"
                if shard not in there:
                    return shard
    return ""
