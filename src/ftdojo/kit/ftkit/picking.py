"""Which rows to keep: tests of one row, and duplicates, exact and near."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from math import ceil, inf
from typing import Any, Literal

Row = dict[str, Any]
Test = Callable[[Row], bool]
SHINGLE = 3
"""Near duplicates are found by the runs of this many words that two texts share."""


def keep(rows: Sequence[Row], *tests: Test) -> list[Row]:
    """Return the rows that pass every test, and print how many do. A test is any function of a row."""
    kept = [row for row in rows if all(test(row) for test in tests)]
    print(f"ftkit.keep: {len(kept)} of {len(rows)} rows")
    return kept


def non_empty(of: str = "answer") -> Test:
    """Return the test that there is some text. ``of``: see ``length``."""
    return lambda row: bool(_text(row, of).strip())


def length(
    low: float = 1,
    high: float = inf,
    *,
    unit: Literal["words", "characters"] = "words",
    of: str = "answer",
) -> Test:
    """Return the test that a text has ``low`` to ``high`` words or characters.

    ``of`` is ``question`` or ``answer`` of a chat row (the last turn of user or assistant), or the name of a raw row's
    field.
    """

    def test(row: Row) -> bool:
        text = _text(row, of)
        return low <= len(text.split() if unit == "words" else text) <= high

    return test


def matches(pattern: str, *, of: str = "answer") -> Test:
    """Return the test that the regular expression ``pattern`` is found in the text. ``of``: see ``length``."""
    found = re.compile(pattern, re.DOTALL)
    return lambda row: bool(found.search(_text(row, of)))


def dedup(rows: Sequence[Row], *, near: float | None = None, of: str = "question") -> list[Row]:
    """Return the rows without those that repeat an earlier one, and print how many are left.

    Args:
        rows: in order of preference: of two that are equal the first stays.
        near: also drop a row that shares this part of its runs of three words with an earlier one, 0.8 say.
        of: which text is compared; see ``length``. Case, marks and spaces make no difference.

    Raises:
        ValueError: ``near`` is not above 0 and at most 1.
    """
    if near is not None and not 0 < near <= 1:
        raise ValueError(
            f"near={near} must lie above 0 and be at most 1; 0.8 drops what is almost the same."
        )
    first: dict[tuple[str, ...], Row] = {}
    for row in rows:
        first.setdefault(_words(_text(row, of)), row)
    kept = list(first.values())
    if near is not None:
        kept = [kept[at] for at in _apart([_shingles(words) for words in first], near)]
    print(f"ftkit.dedup: {len(kept)} of {len(rows)} rows")
    return kept


def _apart(sets: list[frozenset[tuple[str, ...]]], share: float) -> list[int]:
    """Return the places of the sets that share less than ``share`` (Jaccard) with every earlier one that is kept.

    Two sets that share so much have one of their rarest members in common, so only those are looked up.
    """
    common = Counter(member for each in sets for member in each)
    holders: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    kept = []
    for at, each in enumerate(sets):
        ordered = sorted(each, key=lambda member: (common[member], member))
        rarest = ordered[: len(ordered) - ceil(share * len(ordered) - 1e-9) + 1]
        rivals = {other for member in rarest for other in holders[member]}
        if any(len(each & sets[other]) >= share * len(each | sets[other]) for other in rivals):
            continue
        kept.append(at)
        for member in rarest:
            holders[member].append(at)
    return kept


def _words(text: str) -> tuple[str, ...]:
    """Return the words of a text; one without any is its own single word."""
    return tuple(re.findall(r"\w+", text.casefold())) or (text.strip(),)


def _shingles(words: tuple[str, ...]) -> frozenset[tuple[str, ...]]:
    starts = range(max(1, len(words) - SHINGLE + 1))
    return frozenset(words[at : at + SHINGLE] for at in starts)


def _text(row: Row, of: str) -> str:
    """Return the text that ``of`` names in a raw row or a chat row; nothing if there is none."""
    if of in row:
        return str(row[of])
    role = {"question": "user", "answer": "assistant"}.get(of)
    if role is None:
        raise KeyError(
            f"The row has no field {of!r}; it has {', '.join(row)}. A chat row has question and answer."
        )
    turns = [turn["content"] for turn in row.get("messages", ()) if turn["role"] == role]
    return str(turns[-1]) if turns else ""
