"""BioProBench ORD: the right order of shuffled steps, as a list of their places in the question.

``reference`` repeats the published evaluator: a Python literal between the last tags, Kendall's tau over the pairs of
all rows together, rows that cannot be read left out. ``grade`` is ours: any list that names each place once is read,
each row weighs the same, and the score is the share of pairs of steps in the right order, which is (tau + 1) / 2. An
unreadable row scores 0 there, the worst there is: a tau of -1.
"""

import ast
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from ftdojo.records import Grade
from ftdojo.scorers.biology.tagged import last_answer

MOST_CHARS = 10_000
"""What is read of an answer; the longest list of the data set has less than 200."""
_LIST = re.compile(r"""[\d\s,\[\]()'"]*""", re.ASCII)
Order = tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Mark:
    """What was read of one output: ``given`` is None where nothing was, ``valid`` whether it names the steps.

    ``in_order`` of ``pairs`` pairs of steps stand in the right order.
    """

    given: Order | None
    valid: bool = False
    exact: bool = False
    in_order: int = 0
    pairs: int = 0


def gold_order(wrong_steps: Sequence[str], correct_steps: Sequence[str]) -> Order:
    """Return the places in ``wrong_steps`` in the right order; equal steps keep the order they are shown in.

    Example:
        >>> gold_order(["b", "a", "c"], ["a", "b", "c"])
        (1, 0, 2)
    """
    places = sorted(range(len(wrong_steps)), key=lambda at: (wrong_steps[at], at))
    ranks = sorted(range(len(correct_steps)), key=lambda at: (correct_steps[at], at))
    return tuple(place for _, place in sorted(zip(ranks, places, strict=True)))


def reference(output: str, steps: Sequence[str], gold: Sequence[str]) -> Mark:
    """Read one output as the published evaluator does.

    ``steps`` are the steps as shown, ``gold`` the same ones in the right order; equal ones are one step to it.
    """
    given = _literal(last_answer(output))
    if given is None or set(given) != set(range(len(gold))):
        return Mark(given=given)
    ordered = [steps[at] for at in given]
    rank, right = ({step: at for at, step in enumerate(each)} for each in (ordered, gold))
    pairs = [(rank[a] - rank[b]) * (right[a] - right[b]) > 0 for a, b in combinations(right, 2)]
    return Mark(
        given=given,
        valid=True,
        exact=ordered == list(gold),
        in_order=sum(pairs),
        pairs=len(pairs),
    )


def strict(output: str, steps: Sequence[str], gold: Sequence[str]) -> Mark:
    """Read one output: each place once, in any brackets; equal steps may stand for each other."""
    given = _places(last_answer(output))
    pairs = len(gold) * (len(gold) - 1) // 2
    if given is None or sorted(given) != list(range(len(gold))):
        return Mark(given=given, pairs=pairs)
    waiting = {step: [at for at, each in enumerate(gold) if each == step] for step in set(gold)}
    ranks = [waiting[steps[at]].pop(0) for at in given]
    return Mark(
        given=given,
        valid=True,
        exact=ranks == sorted(ranks),
        in_order=sum(one < other for one, other in combinations(ranks, 2)),
        pairs=pairs,
    )


def grade(output: str, steps: Sequence[str], gold: Sequence[str]) -> Grade:
    """Grade one output by the share of pairs of steps in the right order."""
    mark = strict(output, steps, gold)
    return Grade(
        score=_share(mark),
        readable=mark.valid,
        extracted="" if mark.given is None else str(list(mark.given))[:200],
        secondary={"exact_match": float(mark.exact)},
    )


def reference_total(marks: Sequence[Mark]) -> dict[str, float]:
    """Sum up as published: over the rows that could be read, tau over all their pairs together."""
    valid = [mark for mark in marks if mark.valid]
    pairs, in_order = sum(mark.pairs for mark in valid), sum(mark.in_order for mark in valid)
    return {
        "exact_match": 100 * sum(mark.exact for mark in valid) / max(1, len(valid)),
        "kendall_tau": (2 * in_order - pairs) / pairs if pairs else 0.0,
        "failed": float(len(marks) - len(valid)),
        "total": float(len(marks)),
    }


def strict_total(marks: Sequence[Mark]) -> dict[str, float]:
    """Sum up over all rows, each with the same weight; an unreadable one has a tau of -1."""
    count = max(1, len(marks))
    return {
        "exact_match": 100 * sum(mark.exact for mark in marks) / count,
        "kendall_tau": sum(2 * _share(mark) - 1 for mark in marks) / count,
        "failed": float(sum(not mark.valid for mark in marks)),
        "total": float(len(marks)),
    }


def _share(mark: Mark) -> float:
    return mark.in_order / mark.pairs if mark.pairs else float(mark.exact)


def _places(content: str | None) -> Order | None:
    if content is None or len(content) > MOST_CHARS or not _LIST.fullmatch(content):
        return None
    places = re.findall(r"[0-9]+", content)
    return tuple(int(place[:9]) for place in places) if places else None


def _literal(content: str | None) -> Order | None:
    """Return the numbers of a Python list or tuple; whatever ``int`` takes is a number."""
    if content is None or len(content) > MOST_CHARS:
        return None
    try:
        with warnings.catch_warnings(action="ignore"):
            value = ast.literal_eval(content)
        return tuple(map(int, value)) if isinstance(value, list | tuple) else None
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError, OverflowError):
        return None
