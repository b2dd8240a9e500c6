"""The run so far in a form that does not grow: full detail for two experiments, a line for some, a count for the rest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ftdojo.agents.ft_agent.changes import differences
from ftdojo.agents.ft_agent.designing import compared, comparison
from ftdojo.agents.ft_agent.diagnosis import printed
from ftdojo.agents.ft_agent.notes import (
    Analysed,
    Checked,
    Dropped,
    Note,
    Planned,
    analyses,
    plan_of,
    turns,
)
from ftdojo.agents.showing import cut, line
from ftdojo.records import BASE, Experiment, Observation

LINES, LESSONS, FAILURES = 12, 10, 6
FILE_CHARS, FINDING_CHARS, FINDINGS, PRINTED = 6000, 260, 14, 600
LESSON = 400
"""Characters of a lesson: more than are asked for, so that no lesson loses its end."""


@dataclass(frozen=True, kw_only=True)
class History:
    (
        """What a prompt shows of the past. ``parent`` and ``best`` are whole; ``others`` a line each, newest first."""
        ""
    )

    parent: Mapping[str, Any] | None
    best: Mapping[str, Any] | None
    others: tuple[str, ...]
    untold: int
    """How many experiments have no line."""
    lessons: tuple[str, ...]
    failures: tuple[str, ...]
    probes: tuple[str, ...] = ()
    """The designs that were compared by short trainings, the best first; they have no line among the others."""


def history(notes: Sequence[Note], seen: Observation, *, parent: str, remembers: bool) -> History:
    """Return the past as a planner reads it. Its size is bounded whatever the number of experiments."""
    known = analyses(notes)
    probed = [turn for turn in turns(notes) if turn.probing]
    shown = {parent, seen.best} | {name for turn in probed for name in compared(seen, turn)}
    others = [each for each in seen.experiments if each.id not in shown]
    told = _telling(others)
    return History(
        parent=_whole(notes, known, seen, parent),
        best=_whole(notes, known, seen, seen.best) if seen.best != parent else None,
        others=tuple(_line(notes, known, seen, each) for each in reversed(told)),
        untold=len(others) - len(told),
        lessons=_lessons(known) if remembers else (),
        failures=_failures(notes) if remembers else (),
        probes=tuple(text for turn in probed for text in comparison(seen, turn)),
    )


def _telling(others: Sequence[Experiment]) -> list[Experiment]:
    """Return the experiments that get a line: the newest, half of the lines at least, and the best scored of the rest."""
    newest = list(others[-LINES // 2 :])
    rest = [each for each in others if each not in newest]
    rest.sort(key=lambda each: each.evaluation is not None)
    chosen = rest[-(LINES - len(newest)) :] + newest
    return [each for each in others if each in chosen]


def _whole(
    notes: Sequence[Note], known: Mapping[str, Analysed], seen: Observation, name: str
) -> Mapping[str, Any] | None:
    made = seen.experiment(name)
    if made is None:
        return None
    analysed = known.get(name)
    return {
        "id": name,
        "parent": made.parent,
        "plan": plan_of(notes, name, seen),
        "score": made.evaluation.score if made.evaluation else None,
        "data_py": cut(made.submission.data, FILE_CHARS),
        "train_yaml": cut(made.submission.train, FILE_CHARS),
        "findings": [cut(each, FINDING_CHARS) for each in analysed.findings[:FINDINGS]]
        if analysed
        else [],
        "diagnosis": cut(analysed.diagnosis, 800) if analysed else "",
        "printed": printed(made, PRINTED),
        "changed": differences(made, seen.experiment(made.parent)),
        "seconds": int(float(f"{made.seconds:.2g}")),
    }


def _line(
    notes: Sequence[Note], known: Mapping[str, Analysed], seen: Observation, each: Experiment
) -> str:
    plan, analysed = plan_of(notes, each.id, seen), known.get(each.id)
    changed = _changed(each, plan, seen)
    if each.failure:
        end = f"failed at {each.failure.stage} ({each.failure.kind})"
    else:
        end = analysed.effect if analysed else "not analysed"
        if analysed and analysed.attribution:
            end += f" (from {analysed.attribution})"
    return line(f"{each.id} on {each.parent}: {changed}: {end}", 300)


def _changed(made: Experiment, plan: Planned | None, seen: Observation) -> str:
    """Return what an experiment changed: measured where it was built on another one, by its plan on the base."""
    if really := differences(made, seen.experiment(made.parent)):
        return line(really.partition(": ")[2], 160)
    parts = [each for each in (plan.data_change, plan.training_change) if each] if plan else []
    return line("; ".join(parts) or (plan.hypothesis if plan else "of unknown plan"), 160)


def _lessons(known: Mapping[str, Analysed]) -> tuple[str, ...]:
    """Return the latest different lessons, each with the experiment it comes from and what that brought."""
    told = {
        each.lesson: f"{line(each.lesson, LESSON)} ({each.experiment}: {each.effect})"
        for each in known.values()
        if each.lesson
    }
    return tuple(told.values())[-LESSONS:]


def _failures(notes: Sequence[Note]) -> tuple[str, ...]:
    """Return the latest different reasons for which drafts and plans failed, each with how often."""
    told: dict[str, int] = {}
    for note in notes:
        if isinstance(note, Checked) and note.failure:
            why = f"{note.failure.kind}: {line(note.failure.message, 200)}"
        elif isinstance(note, Dropped):
            why = f"dropped: {line(note.why, 200)}"
        else:
            continue
        told[why] = told.pop(why, 0) + 1
    return tuple(f"{why} ({count}x)" for why, count in list(told.items())[-FAILURES:])


def parent_files(seen: Observation, parent: str) -> tuple[str, str]:
    """Return the whole ``data.py`` and ``train.yaml`` of ``parent``; empty for the base."""
    made = seen.experiment(parent) if parent != BASE else None
    return (made.submission.data, made.submission.train) if made else ("", "")
