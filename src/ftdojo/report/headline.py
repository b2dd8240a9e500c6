"""The top of the page: three numbers, one sentence on what happened, and what the model now gets right that the base got wrong.

Only validation items appear, and of them no more than the task shows.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from ftdojo.records import BASE, Comparison, Estimate, Experiment
from ftdojo.report.answers import Answers, Pair
from ftdojo.report.charts import Strip, strip
from ftdojo.report.evidence import RunEvidence, cut, look
from ftdojo.report.numbers import Scale, plural, seconds


@dataclass(frozen=True, kw_only=True)
class Tile:
    """One number: what it is of, its value, and how sure it is."""

    title: str
    of: str
    value: str
    sure: str
    note: str = ""
    look: str = ""


@dataclass(frozen=True, kw_only=True)
class Headline:
    """``sealed``: the numbers are the test's; before, they are validation's."""

    status: str
    sealed: bool
    tiles: tuple[Tile, ...]
    said: str
    why: str
    model: str
    strip: Strip | None


def headline(evidence: RunEvidence) -> Headline:
    """Return the state of the run for the top of the page."""
    result = evidence.result
    scores = _scores(evidence)
    return Headline(
        status=_status(evidence),
        sealed=result is not None,
        tiles=_tiles(evidence, scores),
        said=_said(evidence),
        why=result.why if result else "",
        model=_model(evidence),
        strip=strip(scores, evidence.scale) if scores else None,
    )


def _status(evidence: RunEvidence) -> str:
    if evidence.result:
        return evidence.result.status
    return "under way" if evidence.base or evidence.experiments else "just begun"


def _scores(evidence: RunEvidence) -> dict[str, Estimate]:
    """Return the base's score and the chosen model's: on the test once it is sealed, else on validation."""
    if evidence.result:
        base = {BASE: evidence.result.base_test.score}
        return base | {evidence.result.chosen: evidence.result.test.score}
    reports = {name: evidence.evaluation(name) for name in (BASE, evidence.best)}
    return {name: report.score for name, report in reports.items() if report}


def _tiles(evidence: RunEvidence, scores: dict[str, Estimate]) -> tuple[Tile, ...]:
    split = "test" if evidence.result else "validation"
    kept = evidence.result is not None and evidence.chosen == BASE
    titles = {BASE: f"Base model{' (chosen)' if kept else ''}, {split}"}
    after = f"Chosen model, {split}" if evidence.result else f"Best so far, {split}"
    tiles = [
        _tile(titles.get(name, after), name, score, evidence.scale)
        for name, score in scores.items()
    ]
    return (*tiles, *_gain(evidence))


def _tile(title: str, of: str, score: Estimate, scale: Scale) -> Tile:
    return Tile(
        title=title,
        of=of,
        value=scale.score(score.score),
        sure=f"95 % {scale.interval(score)} · n = {score.n}",
        note=scale.short,
        look="base" if of == BASE else "chosen",
    )


def _gain(evidence: RunEvidence) -> tuple[Tile, ...]:
    result = evidence.result
    if result:
        return (_change("Gain, test", result.gain, evidence.scale) or _kept(evidence),)
    best = next((each for each in evidence.experiments if each.id == evidence.best), None)
    known = best.feedback.comparisons.get(BASE) if best and best.feedback else None
    tile = _change("Difference, validation", known, evidence.scale)
    return (tile,) if tile else ()


def _change(title: str, gain: Comparison | None, scale: Scale) -> Tile | None:
    if gain is None:
        return None
    difference = gain.difference
    return Tile(
        title=title,
        of=f"against {gain.against}",
        value=scale.change(difference.score),
        sure=f"95 % {scale.change_interval(difference)} · n = {difference.n}",
        note=f"{gain.fixed} fixed, {gain.broken} broken",
        look=gain.verdict.value,
    )


def _kept(evidence: RunEvidence) -> Tile:
    value = evidence.scale.change(0.0).lstrip("+")
    return Tile(title="Gain, test", of="against base", value=value, sure="The base model was kept.")


def _said(evidence: RunEvidence) -> str:
    """Return two sentences on what happened."""
    config, count = evidence.config, len(evidence.experiments)
    if not count:
        known = "The base model is scored" if evidence.base else "Nothing is scored yet"
        return f"{known}; the agent {config.spec.agent} has run no experiment so far."
    begun = f"The agent {config.spec.agent} ran {plural(count, 'experiment')}"
    text = f"{begun} in {seconds(evidence.spent.wall_s)}: {_outcomes(evidence)}."
    return f"{text} {_end(evidence)}"


def _outcomes(evidence: RunEvidence) -> str:
    raced = {each.id for each, report in evidence.scored() if report.raced_out}
    words = Counter(
        "raced" if each.id in raced else "scored" if each.evaluation else look(each)
        for each in evidence.experiments
    )
    texts = {
        "scored": "scored in full",
        "raced": "stopped early by a race",
        "failed": "failed",
        "running": "still running",
        "unscored": "without a score",
    }
    return ", ".join(f"{words[word]} {text}" for word, text in texts.items() if words[word])


def _end(evidence: RunEvidence) -> str:
    result = evidence.result
    if result is None:
        kept = "nothing is ahead of the base yet"
        ahead = f"{evidence.best} has the best validation score so far"
        return f"The run has no result yet; {kept if evidence.best == BASE else ahead}."
    stopped = f"A limit ended the run ({result.stopped_by}). " if result.stopped_by else ""
    if result.chosen == result.proposed:
        return f"{stopped}{_named(result.chosen)} was chosen and its test scored once."
    return (
        f"{stopped}{_named(result.proposed)} was proposed, {_named(result.chosen, lower=True)} was chosen "
        "and its test scored once."
    )


def _named(name: str, *, lower: bool = False) -> str:
    if name != BASE:
        return name
    return "the base model" if lower else "The base model"


def _model(evidence: RunEvidence) -> str:
    """Return where the model is: below the run folder as it is named there, so that a moved folder stays right."""
    if evidence.result is None:
        found = next((each for each in evidence.experiments if each.id == evidence.best), None)
        return f"{evidence.config.id}/{found.weights.path}" if found and found.weights else ""
    parts = Path(evidence.result.export).parts
    if evidence.config.id not in parts:
        return evidence.result.export
    return "/".join(parts[parts.index(evidence.config.id) :])


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
