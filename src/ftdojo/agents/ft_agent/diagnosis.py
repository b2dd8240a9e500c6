"""What can be said of an experiment without a language model: plain measurements, one sentence each."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

from ftdojo.records import BASE, Comparison, Estimate, EvaluationReport, Experiment, Feedback


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """One validation output as the task lets it be seen; ``prompt``, ``gold`` and ``slices`` are empty where it does not."""

    item: str
    output: str
    score: float
    readable: bool
    prompt: str = ""
    gold: str = ""
    slices: Mapping[str, str] = field(default_factory=dict)


def predictions(found: Sequence[Mapping[str, Any]]) -> dict[str, Prediction]:
    """Return what a ``Look`` at predictions found, by item."""
    return {entry["item"]: Prediction(**entry) for entry in found}


def row_texts(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what a ``Look`` at training rows found, each row as one text without its system turn."""
    return [
        "\n".join(turn["content"] for turn in row["messages"] if turn["role"] != "system")
        for row in found
    ]


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """An experiment and its ``rival``, the one it was built on (``base``'s report where that is the base).

    ``sign`` is 1 where a higher score is better, else -1; ``best_score`` the score of a right answer. ``outputs`` and
    ``rival_outputs`` are by item; ``rows`` some of the training rows, as text. Any of them may be empty.
    """

    experiment: Experiment
    rival: EvaluationReport
    rival_name: str = BASE
    sign: float = 1.0
    unit: str = ""
    outputs: Mapping[str, Prediction]
    rival_outputs: Mapping[str, Prediction]
    rows: Sequence[str] = ()

    @property
    def feedback(self) -> Feedback | None:
        """Return what came back, if anything did."""
        return self.experiment.feedback

    @property
    def scored(self) -> EvaluationReport | None:
        """Return the validation report, if there is one."""
        return self.experiment.evaluation


def printed(made: Experiment, most: int) -> str:
    """Return the last ``most`` characters of what an experiment's ``data.py`` printed, from a whole line on if it can be."""
    data = made.feedback.check.data if made.feedback else None
    log = data.log_tail.strip() if data else ""
    if len(log) <= most:
        return log
    tail = log[-most:]
    return tail.partition("\n")[2] or tail


def points(share: float, unit: str) -> str:
    """Write a difference: in points for shares, in the metric's own unit else.

    Example:
        >>> points(0.125, "share"), points(-0.4, "MAE")
        ('+12.5 points', '-0.4 MAE')
    """
    return f"{100 * share:+.1f} points" if unit == "share" else f"{share:+.3g} {unit}".strip()


def with_interval(difference: Estimate, unit: str) -> str:
    """Write a difference with its interval, in the unit of ``points``."""
    low, high = (points(each, unit).split(" ")[0] for each in (difference.low, difference.high))
    return f"{points(difference.score, unit)} [{low}, {high}]"


MANY = 0.05
READABLE = 0.9


def row_facts(evidence: Evidence) -> Iterator[str]:
    """Yield what was trained on."""
    data = evidence.feedback.check.data if evidence.feedback else None
    if data is None:
        return
    mix = ", ".join(f"{count} {name or 'unnamed'}" for name, count in data.lineage.items())
    yield (
        f"Rows: {data.rows} ({mix}), {data.tokens.mean:.0f} tokens on average, {data.label_share:.0%} of them with loss."
    )
    odd = {
        "exact duplicates": data.exact_duplicates / data.rows,
        "near duplicates": data.near_duplicates / data.rows,
        "rows cut at max_length": data.truncated_share,
    }
    told = [f"{share:.0%} {name}" for name, share in odd.items() if share > MANY]
    if told:
        yield f"Odd about the rows: {', '.join(told)}."
    hidden = [f"{share:.0%} of {name}" for name, share in data.readable.items() if share < READABLE]
    if hidden:
        yield f"Answers that the scorer can read: {', '.join(hidden)}; such rows teach another answer format."
    yield from data.notes


STILL_FALLING, FLAT = 0.05, 0.01
"""Shares of the loss that the last third of training took off."""
OVERFIT = 1.03
"""An eval loss that ends above its lowest by this factor has turned."""
LEAST_STEPS = 6


def loss_verdict(evidence: Evidence) -> Iterator[str]:
    """Yield what the training and eval losses say."""
    report = evidence.feedback.training if evidence.feedback else None
    if report is None:
        return
    losses = [point.loss for point in report.curve]
    said = f"Training ({report.stopped}): {report.steps} of {report.planned_steps} steps"
    if len(losses) < LEAST_STEPS:
        yield f"{said}, loss {report.loss_first:.3f} to {report.loss_last:.3f}; too few steps to say more."
        return
    yield f"{said}, loss {_start(losses):.3f} to {_end(losses):.3f}; {_course(losses)}."
    yield from _eval_loss(report.held_out_loss, kept=report.weights_step)


def _course(losses: Sequence[float]) -> str:
    third = len(losses) // 3
    before, after = fmean(losses[-2 * third : -third]), fmean(losses[-third:])
    fell = (before - after) / before if before else 0.0
    if fell > STILL_FALLING:
        return f"still falling (by {fell:.0%} over the last third), so more rows or steps may help"
    if fell < -FLAT:
        return f"rising (by {-fell:.0%} over the last third): the learning rate may be too high"
    return "flat at the end: more of the same would bring little"


def _eval_loss(course: Sequence[tuple[int, float]], *, kept: int | None) -> Iterator[str]:
    if len(course) < 2:
        return
    step, lowest = min(course, key=lambda at: at[1])
    last = course[-1][1]
    if last > lowest * OVERFIT:
        weights = "; the weights of that step were kept" if kept == step else ""
        yield f"Eval loss turned at step {step} ({lowest:.3f}) and ended at {last:.3f}: overfitting{weights}."
    else:
        yield f"Eval loss {course[0][1]:.3f} to {last:.3f}, lowest {lowest:.3f}: no overfitting."


def _start(losses: Sequence[float]) -> float:
    return fmean(losses[: max(1, len(losses) // 10)])


def _end(losses: Sequence[float]) -> float:
    return fmean(losses[-max(1, len(losses) // 10) :])


def effect(evidence: Evidence) -> Iterator[str]:
    """Yield one sentence on the score and one for each rival."""
    if evidence.scored is None:
        return
    score, unit = evidence.scored.score, evidence.unit
    early = f", stopped early of {evidence.scored.planned}" if evidence.scored.raced_out else ""
    yield f"Score {score.score:.3f} [{score.low:.3f}, {score.high:.3f}], n = {score.n}{early}."
    yield from evidence.feedback.remarks if evidence.feedback else ()
    found: dict[str, Comparison] = {}
    for each in evidence.feedback.comparisons.values() if evidence.feedback else ():
        found.setdefault(each.against, each)
    for against, each in found.items():
        yield (
            f"Against {against}: {with_interval(each.difference, unit)}, {each.fixed} fixed, "
            f"{each.broken} broken, p = {each.p_value:.2g}: {each.verdict}; these items show differences from "
            f"{points(each.detectable, unit).lstrip('+')}."
        )


def secondary(evidence: Evidence) -> Iterator[str]:
    """Yield what was measured beside the score, now and before; it decides nothing, and may move first."""
    for name, now in evidence.scored.secondary.items() if evidence.scored else ():
        before = evidence.rival.secondary.get(name)
        was = f", {evidence.rival_name}'s {before.score:.3f}" if before else ""
        yield f"Beside the score, {name}: {now.score:.3f} [{now.low:.3f}, {now.high:.3f}]{was}."


def prediction(evidence: Evidence) -> Iterator[str]:
    """Yield how far the observed effect lies from the predicted one."""
    comparisons = evidence.feedback.comparisons if evidence.feedback else {}
    parent = comparisons.get("parent")
    if parent is None or parent.predicted is None:
        return
    seen, said = parent.difference, parent.predicted
    fits = seen.low <= said <= seen.high
    yield (
        f"Predicted {points(said, evidence.unit)} against {parent.against}, observed {points(seen.score, evidence.unit)}: "
        f"{'as predicted, within the interval' if fits else 'the prediction lies outside the interval'}."
    )


LENGTH, SHARE = 0.25, 0.05


def drift(evidence: Evidence) -> Iterator[str]:
    """Yield each thing about the form of answers that moved."""
    now, before, rival = evidence.scored, evidence.rival, evidence.rival_name
    if now is None:
        return
    shares = {
        "unreadable answers": (before.unreadable_share, now.unreadable_share),
        "answers cut by the token cap": (before.unfinished_share, now.unfinished_share),
    }
    for name, (was, is_now) in shares.items():
        if abs(is_now - was) >= SHARE:
            yield f"Form: {name} {was:.0%} ({rival}) to {is_now:.0%}."
        elif is_now >= SHARE:
            yield f"Form: {name} {is_now:.0%}, as {rival}'s."
    was_long, is_long = before.output_tokens.mean, now.output_tokens.mean
    if was_long and abs(is_long / was_long - 1) > LENGTH:
        yield f"Form: answers have {is_long:.0f} tokens on average, {rival}'s {was_long:.0f}."


LEAST_ITEMS = 8
MOST_SLICES = 6


def slices_moved(evidence: Evidence) -> Iterator[str]:
    """Yield the slices with a change of at least half an interval's width, the largest first; and the weakest one."""
    if evidence.scored is None:
        return
    now, before = evidence.scored.slices, evidence.rival.slices
    both = {
        name: (now[name], before[name])
        for name in now
        if name in before and min(now[name].n, before[name].n) >= LEAST_ITEMS
    }
    changes = {name: new.score - old.score for name, (new, old) in both.items() if _clear(new, old)}
    largest = sorted(changes, key=lambda name: abs(changes[name]), reverse=True)[:MOST_SLICES]
    for name in largest:
        new, old = both[name]
        yield (
            f"Slice {name}: {points(changes[name], evidence.unit)} ({old.score:.2f} to {new.score:.2f}, n = {new.n})."
        )
    if len(both) > 1:
        weak = min(both, key=lambda name: evidence.sign * both[name][0].score)
        yield f"Weakest slice: {weak} with {both[weak][0].score:.2f}, n = {both[weak][0].n}."


def _clear(new: Estimate, old: Estimate) -> bool:
    half = max(new.high - new.low, old.high - old.low) / 2
    return abs(new.score - old.score) >= max(half, 1e-9)


ERROR_CHARS, MOST_ERRORS = 160, 4
_NUMBER, _WORD, _SPACE = (
    re.compile(r"\d+(?:[.,]\d+)*"),
    re.compile(r"[^\W\d_]+"),
    re.compile(r"\s+"),
)
_LOOP = re.compile(r"(.{8,80}?)\1{3,}", re.DOTALL)
SHAPE = 48


def clusters(evidence: Evidence) -> Iterator[str]:
    """Yield the groups of wrong answers, the largest first, each with one of its answers."""
    wrong = [each for each in evidence.outputs.values() if is_wrong(each, evidence.sign)]
    if not wrong:
        return
    groups = Counter(_group(each) for each in wrong)
    for (kind, shape), count in groups.most_common(MOST_ERRORS):
        example = next(each for each in wrong if _group(each) == (kind, shape))
        yield (
            f"Wrong, {kind}: {count} of {len(wrong)}; for example {_cut(example.output, ERROR_CHARS)!r}"
            + (f" where {_cut(example.gold, ERROR_CHARS)!r} is right." if example.gold else ".")
        )
    if len(groups) > MOST_ERRORS:
        rest = len(wrong) - sum(count for _, count in groups.most_common(MOST_ERRORS))
        yield f"Wrong in other ways: {rest}."


def is_wrong(each: Prediction, sign: float) -> bool:
    """Return whether an answer cannot be read, or earns less than full marks (1 for shares, 0 for errors)."""
    return not each.readable or sign * each.score < max(sign, 0.0)


def error_kind(each: Prediction) -> str:
    """Return how an answer is wrong, as far as can be seen without knowing the task."""
    text = each.output.strip()
    if not text:
        return "empty"
    if _LOOP.search(text[:2000]):
        return "repeats itself"
    return "readable" if each.readable else "unreadable"


def _group(each: Prediction) -> tuple[str, str]:
    kind = error_kind(each)
    return kind, _shape(each.output.strip()) if kind in {"readable", "unreadable"} else ""


def _shape(text: str) -> str:
    """Return how a text is built: numbers and words lose what they say, the end of the text is left out."""
    plain = _WORD.sub("w", _NUMBER.sub("#", _SPACE.sub(" ", text[:400])))
    return re.sub(r"w(?: w)+", "w", plain)[:SHAPE]


def _cut(text: str, most: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 3] + "..."


ITEM_CHARS, MOST_ITEMS, RUN = 140, 2, 3
_WORDS = re.compile(r"\w+|[^\w\s]")


def moved(evidence: Evidence) -> Iterator[str]:
    """Yield how many items became right or wrong, with a few of the broken ones before and after."""
    both = [
        (evidence.rival_outputs[item], now)
        for item, now in evidence.outputs.items()
        if item in evidence.rival_outputs
    ]
    if not both:
        return
    fixed = [pair for pair in both if evidence.sign * (pair[1].score - pair[0].score) > 0]
    broken = _broken(evidence)
    yield f"Items: {len(fixed)} fixed and {len(broken)} broken against {evidence.rival_name}, of {len(both)} seen."
    for was, now in broken[:MOST_ITEMS]:
        asked = f" to {_cut(now.prompt, ITEM_CHARS)!r}" if now.prompt else ""
        yield f"Broken: {_cut(was.output, ITEM_CHARS)!r} became {_cut(now.output, ITEM_CHARS)!r}{asked}."


def nearest_rows(evidence: Evidence) -> Iterator[str]:
    """Yield the training row that is most like each of a few broken items, by shared runs of three words."""
    rows = [(_runs(row), row) for row in evidence.rows]
    for _, now in _broken(evidence)[:MOST_ITEMS]:
        asked = _runs(now.prompt)
        if not rows or not asked:
            return
        found, row = max(rows, key=lambda each: len(each[0] & asked))
        if shared := len(found & asked):
            yield f"The row nearest to a broken item shares {shared} of its {len(asked)} runs of words: {_cut(row, ITEM_CHARS)!r}."


def _broken(evidence: Evidence) -> list[tuple[Prediction, Prediction]]:
    both = ((evidence.rival_outputs.get(item), now) for item, now in evidence.outputs.items())
    return [(was, now) for was, now in both if was and evidence.sign * (now.score - was.score) < 0]


def _runs(text: str) -> frozenset[tuple[str, ...]]:
    words = _WORDS.findall(text.lower())
    return frozenset(tuple(words[at : at + RUN]) for at in range(len(words) - RUN + 1))


def findings(evidence: Evidence) -> tuple[str, ...]:
    """Return every finding about an experiment that there is evidence for, the cheapest first."""
    tools = (
        row_facts,
        loss_verdict,
        effect,
        secondary,
        prediction,
        drift,
        slices_moved,
        clusters,
        moved,
        nearest_rows,
    )
    return tuple(line for tool in tools for line in tool(evidence))
