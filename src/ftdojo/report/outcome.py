"""The outcome on the first screen: what the model now gets right that the base got wrong, or why the base was kept.

Only validation items appear, and of them no more than the task shows.
"""

from dataclasses import dataclass

from ftdojo.records import BASE, Experiment
from ftdojo.report.answers import Answers, Pair
from ftdojo.report.evidence import RunEvidence, cut
from ftdojo.report.numbers import plural

FEW, MESSAGE = 3, 400
"""At most this many items, and this many characters of a failure's message."""


@dataclass(frozen=True, kw_only=True)
class TestOutcome:
    """The texts and items of that part of the page.

    ``counts``: how many validation items became better and worse; ``name`` is the experiment beside the base.
    ``why`` and ``failed``: why the base was kept; a run that selected an experiment gives its reason elsewhere.
    """

    title: str
    counts: str = ""
    name: str = ""
    pairs: tuple[Pair, ...] = ()
    why: str = ""
    failed: str = ""


def outcome(evidence: RunEvidence, answers: Answers | None) -> TestOutcome | None:
    """Return what the selected experiment or the best so far learnt, or why the base was kept; None while neither is known."""
    if evidence.chosen != BASE:
        return _learnt(answers) if answers else None
    if evidence.result is None:
        return None
    return TestOutcome(
        title="The base model was kept",
        counts=f"{_which(answers)}: {_counts(answers)}" if answers else "",
        why=evidence.result.why,
        failed=_failed(evidence.experiments),
    )


def _learnt(answers: Answers) -> TestOutcome:
    return TestOutcome(
        title=_title(answers),
        counts=f"{_which(answers, chosen=True)}: {_counts(answers)}",
        name=answers.name,
        pairs=_few(answers),
    )


def _title(answers: Answers) -> str:
    if answers.gained:
        return f"What {answers.name} gets right that the base got wrong"
    if answers.counts["fixed"]:
        return f"What {answers.name} does better than the base"
    return f"{answers.name} does no item better than the base"


def _which(answers: Answers, *, chosen: bool = False) -> str:
    items = plural(sum(answers.counts.values()), "validation item")
    return f"On {items}" if chosen else f"{answers.name}, the best that was not chosen, on {items}"


def _counts(answers: Answers) -> str:
    """Return how many items both models answered became right, became wrong or stayed."""
    counts = answers.counts
    return (
        f"{counts['fixed']} fixed, {counts['broken']} broken, "
        f"{counts['both-right']} right and {counts['both-wrong']} wrong both times."
    )


def _few(answers: Answers) -> tuple[Pair, ...]:
    """Return a few fixed items, and a broken one where there is any: a gain that hides its price would mislead."""
    fixed = [pair for pair in answers.pairs if pair.kind == "fixed"]
    broken = [pair for pair in answers.pairs if pair.kind == "broken"][:1]
    return (*fixed[: FEW - len(broken)], *broken)


def _failed(experiments: tuple[Experiment, ...]) -> str:
    """Return how many experiments failed, with the first one's message."""
    failures = [(each.id, each.failure) for each in experiments if each.failure]
    if not failures:
        return ""
    name, first = failures[0]
    share = f"{len(failures)} of {plural(len(experiments), 'experiment')} failed"
    message = f"{name} in {first.stage}: {cut(first.message, MESSAGE)}"
    return f"{share}. The first was {message}" if len(failures) > 1 else f"{share}, {message}"
