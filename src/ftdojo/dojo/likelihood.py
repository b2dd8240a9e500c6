"""Gold likelihood: how likely the right answer is to a model after its own working; dense where no answer is right yet.

Of each validation item, the output that was scored is cut where its answer stands, as the task's scorer reads it, and the
gold answer is put there. What is measured is the mean log-probability of that answer's tokens, in nats a token (0 is
certain). An output without a readable answer is kept whole, and followed by what stands before every gold answer. Only
means over items are let out: they depend on the gold answers as scores do, and are booked as a validation query.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import takewhile
from typing import Any

from ftdojo.dojo import scorer_faults
from ftdojo.dojo.measuring import Turns, experiment_of, measured
from ftdojo.dojo.run import Run
from ftdojo.errors import UsageError
from ftdojo.records import BASE, Graded, Item, Message
from ftdojo.stats import estimate
from ftdojo.store import dump, load, write_atomic

LONGEST = 131_072


@dataclass(frozen=True, kw_only=True)
class GoldLikelihood:
    """The mean log-probability of each item's gold answer in nats a token, by the item's id."""

    nats: Mapping[str, float]


@dataclass(frozen=True)
class _Answer:
    """The gold answer of an item: what stands before it, and ``text``, with what closes it."""

    before: str
    text: str


def show_likelihood(run: Run, name: str) -> Iterator[Mapping[str, Any]]:
    """Yield the gold likelihood of an experiment or the base, and its difference to the base on the same items.

    Raises:
        UsageError: there is no such experiment or it was not validated; or the time left does not allow it.
    """
    name = name or BASE
    own = _known(run, name)
    base = own if name == BASE else _known(run, BASE)
    shared = [item for item in own if item in base]
    found: dict[str, Any] = {
        "likelihood": name,
        "items": run.vault.count("validation"),
        "nats_per_token": asdict(estimate([*own.values()])),
    }
    if name != BASE:
        found["over_base"] = asdict(estimate([own[item] - base[item] for item in shared]))
    yield found


def _known(run: Run, name: str) -> Mapping[str, float]:
    """Return the likelihoods of ``name``, measured unless the run has them on record."""
    path = run.folder.path / "likelihood" / f"{name}.json"
    if path.exists():
        return load(GoldLikelihood, path.read_text(encoding="utf8"), where=path).nats
    began = time.monotonic()
    found = GoldLikelihood(nats=_measured(run, name))
    path.parent.mkdir(exist_ok=True)
    write_atomic(path, dump(found))
    seconds = time.monotonic() - began
    run.ledger.charge("eval", seconds=seconds, experiment=name, validation_queries=1)
    return found.nats


def _measured(run: Run, name: str) -> dict[str, float]:
    if name != BASE:
        experiment_of(run, name)
    graded = run.folder.predictions(name, "validation")
    if not graded:
        raise UsageError(f"Experiment {name!r} was not validated; name one that was, or {BASE}.")
    items = {item.id: item for item in run.vault.items("validation")}
    with scorer_faults.recorded(run):
        tails, turns = _asked(run, graded, items)
    found = measured(
        run,
        turns,
        by=name,
        max_length=min(run.model.context or LONGEST, LONGEST),
        tails=tails,
        fewer="train and validate with what is left",
    )
    pairs = zip(graded, found, strict=True)
    made = {each.item: -cost.loss for each, cost in pairs if cost.loss is not None}
    if not made:
        raise UsageError(
            f"None of the {len(graded)} gold answers fits the model after its working."
        )
    return made


def _asked(
    run: Run, graded: Sequence[Graded], items: Mapping[str, Item]
) -> tuple[list[str], list[Turns]]:
    """Return the gold answers, and the conversations that end in them after the model's own working."""
    answers = [_answer(run, items[each.item]) for each in graded]
    lead = _common_end([each.before for each in answers])
    written = [
        _working(each, lead) + answer.text for each, answer in zip(graded, answers, strict=True)
    ]
    turns = [
        (*items[each.item].messages, Message(role="assistant", content=text))
        for each, text in zip(graded, written, strict=True)
    ]
    return [answer.text for answer in answers], turns


def _answer(run: Run, item: Item) -> _Answer:
    """Return the answer of a gold output as the scorer reads it; the whole output where it is not found in there."""
    read = run.task.grade(item.gold, item).extracted
    at = max(0, item.gold.rfind(read)) if read else 0
    return _Answer(before=item.gold[:at], text=item.gold[at:].rstrip())


def _common_end(texts: Sequence[str]) -> str:
    """Return what all of ``texts`` end with."""
    same = takewhile(lambda each: len(set(each)) == 1, zip(*map(reversed, texts), strict=False))
    return "".join(each[0] for each in same)[::-1]


def _working(graded: Graded, lead: str) -> str:
    """Return what an output says before its answer; ``lead`` follows where it has none that can be read."""
    output, read = graded.output, graded.grade.extracted
    at = output.rfind(read) if read and graded.grade.readable else -1
    if at >= 0:
        return output[:at]
    said = output.rstrip()
    return said + (lead or "\n") if said else lead.lstrip()
