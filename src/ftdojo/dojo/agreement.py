"""Agreement: which questions stand in two sources, and how often the two answer them differently.

Questions are alike if they have the same words, numbers and operators (``texts.words_of``). Answers are compared as the
task's scorer reads them; of rows whose answers it cannot read nothing is said. Only raw rows are looked at.
"""

import json
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from itertools import combinations, islice
from typing import Any

from ftdojo.dojo import scorer_faults
from ftdojo.dojo.run import Run
from ftdojo.errors import UnknownName
from ftdojo.sources import each_row
from ftdojo.stats import estimate
from ftdojo.store import Cache
from ftdojo.texts.words import words_of

AGREEMENT_VERSION = "1"
"""Raised whenever equal rows could be found to agree otherwise."""
MOST_ROWS = 20_000
"""So many rows of a source are looked at."""
MOST_SHOWN, TEXT = 200, 1000
READ_S = 20.0
"""Reading of answers stops after this long: some scorers run what they read."""
Row = tuple[str, str]
"""A question and its answer."""
Asked = Mapping[tuple[str, ...], Mapping[str, list[Row]]]
"""Words of a question -> source -> its rows that ask it."""


def show_agreement(run: Run, name: str) -> Iterator[Mapping[str, Any]]:
    """Yield each pair of sources that ask alike, the one that differs most first, then questions answered differently.

    ``name`` is a source, for its pairs only, or "".

    Raises:
        UnknownName: there is no such source.
    """
    if name and name not in run.data.stored:
        raise UnknownName("source", name, run.data.stored)
    began = time.monotonic()
    pins = [f"{each}={found.digest}" for each, found in sorted(run.data.stored.items())]
    key = Cache.key("agreement", AGREEMENT_VERSION, run.task.name, str(run.task.version), *pins)
    text = run.cache.get_text("checks", key)
    if text is None:
        text = json.dumps(_found(run), ensure_ascii=False)
        run.cache.put_text("checks", key, text)
    run.ledger.charge("data", seconds=time.monotonic() - began)
    pairs, shown = json.loads(text)
    yield from (each for each in pairs if not name or name in each["sources"])
    yield from (each for each in shown if not name or name in each["answers"])


def _found(run: Run) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the pairs, and up to ``MOST_SHOWN`` questions that two sources answer differently."""
    counts: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    alike: defaultdict[tuple[str, str], int] = defaultdict(int)
    shown, ends = list[dict[str, Any]](), time.monotonic() + READ_S
    with scorer_faults.recorded(run):
        for rows in _in_two(_asked(run)):
            in_time = time.monotonic() < ends
            read = {name: _read(run, some) if in_time else set() for name, some in rows.items()}
            for one, other in combinations(sorted(rows), 2):
                alike[one, other] += 1
                if read[one] and read[other]:
                    counts[one, other].append(float(read[one].isdisjoint(read[other])))
            if len(shown) < MOST_SHOWN and _differ([each for each in read.values() if each]):
                shown.append(_question(rows))
    pairs = [_pair(names, many, counts[names]) for names, many in alike.items()]
    return sorted(pairs, key=lambda each: (-each["differ"], each["sources"])), shown


def _asked(run: Run) -> Asked:
    found: defaultdict[tuple[str, ...], dict[str, list[Row]]] = defaultdict(dict)
    for source in run.task.sources:
        for raw in islice(each_row(run.data.stored[source.name]), MOST_ROWS):
            question, answer = source.example(raw)
            if words := words_of(question):
                found[words].setdefault(source.name, []).append((question, answer))
    return found


def _in_two(asked: Asked) -> Iterator[Mapping[str, list[Row]]]:
    return (rows for rows in asked.values() if len(rows) > 1)


def _read(run: Run, rows: list[Row]) -> set[tuple[str, ...] | str]:
    """Return the different answers of rows as the scorer reads them; whether they are right is not looked at."""
    item = run.vault.items("validation")[0]
    grades = (run.task.grade(answer, item) for _, answer in rows)
    return {words_of(each.extracted) or each.extracted for each in grades if each.readable}


def _differ(answers: list[set[tuple[str, ...] | str]]) -> bool:
    return any(one.isdisjoint(other) for one, other in combinations(answers, 2))


def _question(rows: Mapping[str, list[Row]]) -> dict[str, Any]:
    (question, _), *_ = next(iter(rows.values()))
    answers = {name: some[0][1][:TEXT] for name, some in sorted(rows.items())}
    return {"question": question[:TEXT], "answers": answers}


def _pair(names: tuple[str, str], alike: int, differ: list[float]) -> dict[str, Any]:
    return {
        "sources": names,
        "alike": alike,
        "read": len(differ),
        "differ": int(sum(differ)),
        "rate": asdict(estimate(differ)) if differ else None,
    }
