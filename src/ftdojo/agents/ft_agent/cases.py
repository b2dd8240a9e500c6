"""The case bank: what earlier runs taught, on this machine, across tasks. A later task starts wiser than the first.

One JSON line a run, written at its end. Retrieved by likeness of task and data: the same task counts most, then the
domain, then shared words of task and sources. What comes back names the run it is from.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ftdojo.agents.ft_agent.notes import Note, analyses, plan_of
from ftdojo.agents.notebook import Notebook
from ftdojo.agents.showing import line
from ftdojo.records import Observation
from ftdojo.store.files import make_folder

MOST, LESSONS, LESSON = 5, 3, 400
SAME_TASK, SAME_DOMAIN, LEAST = 1.0, 0.3, 0.2
FILE = "cases.jsonl"
_WORD = re.compile(r"[^\W\d_]{4,}")


@dataclass(frozen=True, kw_only=True)
class PastCase:
    """What one run taught. ``gain`` is of its best experiment on validation, in the metric's unit, positive when better."""

    run: str
    task: str
    domain: str
    model: str
    words: tuple[str, ...]
    best: str
    gain: float
    unit: str
    lessons: tuple[str, ...]


class CaseBank:
    """The bank in one folder; several runs may write to it at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._book: Notebook[PastCase] = Notebook(folder / FILE, {"case": PastCase})

    def add(self, case: PastCase) -> None:
        """Remember a run, once.

        Raises:
            StoreError: the bank cannot be written.
        """
        import filelock

        if not case.lessons or case.run in {each.run for each in self._book.notes()}:
            return
        make_folder(self._folder)
        with filelock.FileLock(self._folder / ".lock"):
            self._book.add(case)

    def like(self, seen: Observation, *, run: str) -> list[str]:
        """Return the lessons of the runs most like this one, a line a run, each with where it is from.

        Raises:
            StoreError: the bank is damaged.
        """
        words = words_of(seen)
        rated = [
            (likeness(each, seen, words), at, each)
            for at, each in enumerate(self._book.notes())
            if each.run != run
        ]
        near = sorted((each for each in rated if each[0] >= LEAST), reverse=True)[:MOST]
        return [_line(case) for _, _, case in near]


def likeness(case: PastCase, seen: Observation, words: frozenset[str]) -> float:
    """Return how much a case's run is like this one, 0 to about 2."""
    same = SAME_TASK if case.task == seen.task.name else 0.0
    domain = SAME_DOMAIN if case.domain == seen.task.domain else 0.0
    both, either = words & set(case.words), words | set(case.words)
    return same + domain + (len(both) / len(either) if either else 0.0)


def words_of(seen: Observation) -> frozenset[str]:
    """Return the words that say what a task and its sources are about."""
    texts = [seen.task.summary, seen.task.answer_format]
    texts += [f"{card.name} {card.summary} {' '.join(card.fields)}" for card in seen.sources]
    return frozenset(word.lower() for text in texts for word in _WORD.findall(text))


def case_of(seen: Observation, notes: Sequence[Note], run: str) -> PastCase:
    """Return what a run taught: what won and by how much, then its lessons, those of the best experiment first."""
    best = seen.experiment(seen.best)
    score = best.evaluation.score.score if best and best.evaluation else seen.base.score.score
    sign = 1.0 if seen.task.direction == "higher" else -1.0
    known, plan = analyses(notes), plan_of(notes, seen.best, seen)
    won = (
        f"What won: {plan.hypothesis} {plan.data_change} {plan.training_change}".strip()
        if plan
        else ""
    )
    order = sorted(known, key=lambda name: name != seen.best)
    lessons = dict.fromkeys([won, *(known[name].lesson for name in order)])
    return PastCase(
        run=run,
        task=seen.task.name,
        domain=seen.task.domain,
        model=seen.model.name,
        words=tuple(sorted(words_of(seen))),
        best=seen.best,
        gain=sign * (score - seen.base.score.score),
        unit=seen.task.unit,
        lessons=tuple(filter(None, lessons)),
    )


def _line(case: PastCase) -> str:
    told = " ".join(line(lesson, LESSON) for lesson in case.lessons[:LESSONS])
    gain = f"{case.gain:+.3f} {case.unit}"
    return f"Run {case.run} on {case.task} with {case.model} ({gain} on validation): {told}"
