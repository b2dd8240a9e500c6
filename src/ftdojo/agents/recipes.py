"""The space that the LLM-free agents search: which raw rows, how many, and a few training options; changes and costs.

A recipe becomes a submission, and is read back from the front matter of the plan it was submitted with; so an agent
needs no memory beside the run's own record.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from statistics import fmean
from typing import Any

from ftdojo.errors import UsageError
from ftdojo.records import Experiment, Look, Observation, SourceCard, Submission
from ftdojo.submissions import Plan, read_plan, write_plan

BATCH = 8
RATE = 1e-3


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How to build rows and train on them.

    ``sources`` maps each raw source to its share of the rows; ``rows`` are distinct rows wanted in all, fewer if the
    sources have fewer. ``task_prompt`` asks as the task does (system text and template); else the raw question stands
    alone. ``rivals`` are the sources that run against each other in this phase; ``items`` is how many validation items
    they are scored on, all where it is None. ``distinct`` drops rows whose question
    was there before; ``longest`` drops answers of more words. ``losses`` names the row losses by which rows of a source are
    kept, the part ``kept`` with the smallest (see ``by_small_loss``).
    """

    phase: str
    sources: Mapping[str, float]
    rows: int
    rivals: tuple[str, ...] = ()
    items: int | None = None
    task_prompt: bool = True
    distinct: bool = True
    longest: int = 400
    learning_rate: float = RATE
    num_train_epochs: float = 1.0
    r: int = 16
    batch: int = BATCH
    method: str = "lora"
    losses: Mapping[str, str] = field(default_factory=dict)
    kept: float = 1.0

    @property
    def passes(self) -> float:
        """Return how many rows training sees, repeats counted."""
        return self.rows * self.num_train_epochs


def by_small_loss(
    recipe: Recipe, *, under: str, kept: float, rows: int | None = None
) -> tuple[Recipe, tuple[Look, ...]]:
    """Return ``recipe`` with only those rows of each source that cost the weights of ``under`` least, and the looks it needs.

    Once something clean was learnt, wrong rows have the greater losses. Take the looks before the recipe is submitted.

    Args:
        recipe: whose sources are filtered.
        under: the experiment that has learnt, or ``base``.
        kept: the part of the measured rows of each source that is kept, above 0 and at most 1.
        rows: so many rows of each source are measured and used; all where it is None.

    Raises:
        UsageError: ``kept`` is out of range.

    Example:
        >>> recipe = Recipe(phase="climb", sources={"homework": 1.0}, rows=300)
        >>> by_small_loss(recipe, under="e1", kept=0.6, rows=500)[1][0].name
        'homework@e1:500'
    """
    if not 0 < kept <= 1:
        raise UsageError(
            f"kept={kept} must lie above 0 and be at most 1; 0.6 keeps three rows in five."
        )
    names = {name: f"{name}@{under}" + (f":{rows}" if rows else "") for name in recipe.sources}
    looks = tuple(Look(what="losses", name=name, limit=1) for name in names.values())
    return replace(recipe, losses=names, kept=kept), looks


def submission(
    recipe: Recipe, observation: Observation, *, parent: str, why: str, predicted: float | None
) -> Submission:
    """Write a recipe down as the three files of a submission."""
    plan = Plan(body=why, parent=parent, predicted=predicted, recipe=asdict(recipe))
    return Submission(
        plan=write_plan(plan), data=_script(recipe, observation), train=_train(recipe, observation)
    )


def recipe_of(experiment: Experiment) -> Recipe | None:
    """Return the recipe an experiment was submitted with; None if it was not one of ours."""
    return _recipe(experiment.submission.plan)


@lru_cache(maxsize=4096)
def _recipe(text: str) -> Recipe | None:
    """Read a plan once: agents ask for the recipes of all experiments several times a step."""
    plan = read_plan(text)
    if not isinstance(plan, Plan) or not plan.recipe:
        return None
    try:
        return Recipe(**{**plan.recipe, "rivals": tuple(plan.recipe.get("rivals", ()))})
    except TypeError:
        return None


def _train(recipe: Recipe, observation: Observation) -> str:
    options: dict[str, Any] = {
        "method": recipe.method,
        "learning_rate": recipe.learning_rate,
        "num_train_epochs": recipe.num_train_epochs,
        "per_device_train_batch_size": recipe.batch,
        "warmup_steps": 0.05,
        "seed": observation.seed,
    }
    if recipe.method == "lora":
        options |= {"r": recipe.r, "lora_alpha": 2 * recipe.r}
    return "".join(f"{name}: {value!r}\n".replace("'", "") for name, value in options.items())


def _script(recipe: Recipe, observation: Observation) -> str:
    cards = {card.name: card for card in observation.sources}
    settings = {
        "rows": {name: round(share * recipe.rows) for name, share in recipe.sources.items()},
        "rendered": {
            name: [cards[name].prompt_template, cards[name].response_template]
            for name in recipe.sources
        },
        "system": observation.task.system if recipe.task_prompt else "",
        "template": observation.task.template if recipe.task_prompt else "{question}",
        "distinct": recipe.distinct,
        "longest": recipe.longest,
        "seed": observation.seed,
    }
    if recipe.losses:  # a script that names losses is given them, and is built again for other ones
        settings |= {"losses": dict(recipe.losses), "kept": recipe.kept}
    parts = (SMALL_LOSSES, USE_SMALL_LOSSES) if recipe.losses else ("", "")
    script = SCRIPT.replace("@SMALL@", parts[0]).replace("@USE@", parts[1])
    return script.replace("@SETTINGS@", json.dumps(json.dumps(settings)))


SMALL_LOSSES = '''

def small(name, lines):
    """Return the rows of a source that are measured and among the part with the smallest losses."""
    path = Path(os.environ["FTDOJO_LOSSES"]) / f"{SETTINGS['losses'][name]}.jsonl"
    losses = [json.loads(line)["loss"] for line in path.read_text(encoding="utf-8").splitlines()]
    known = sorted(loss for loss in losses if loss is not None)
    if not known:  # the few rows of a dry run need not be among those that were measured
        return lines
    most = known[max(0, round(SETTINGS["kept"] * len(known)) - 1)]
    return [line for line, loss in zip(lines, losses, strict=True) if loss is not None and loss <= most]
'''
USE_SMALL_LOSSES = """    if name in SETTINGS["losses"]:
        lines = small(name, lines)
"""


SCRIPT = '''"""Rows from the raw sources, by a recipe; the recipe is in plan.md."""

import json
import os
import random
import re
from pathlib import Path

SETTINGS = json.loads(@SETTINGS@)
SOURCES = Path(os.environ["FTDOJO_DATA"])


def filled(template, raw):
    """Return a template with the values of a raw row."""

    def text(found):
        value = raw.get(found[1], found[0])
        return value.strip() if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)

    return re.sub(r'\\{([^{}"\\n:]+)\\}', text, template)
@SMALL@

def pairs(name):
    """Yield the questions and answers of a raw source in a random order."""
    asked, answered = SETTINGS["rendered"][name]
    text = (SOURCES / f"{name}.jsonl").read_text(encoding="utf-8")
    lines = [line for line in text.split("\\n") if line]
@USE@    random.Random(f"{name}/{SETTINGS['seed']}").shuffle(lines)
    for line in lines:
        raw = json.loads(line)
        yield filled(asked, raw), filled(answered, raw)


def chosen(name, count):
    """Return up to ``count`` rows of a source that pass the filters."""
    seen, rows = set(), []
    for question, answer in pairs(name):
        if len(rows) >= count:
            break
        key = " ".join(question.lower().split())
        fits = question and answer and len(answer.split()) <= SETTINGS["longest"]
        if not fits or (SETTINGS["distinct"] and key in seen):
            continue
        seen.add(key)
        turns = [{"role": "system", "content": SETTINGS["system"]}] if SETTINGS["system"] else []
        turns.append({"role": "user", "content": SETTINGS["template"].replace("{question}", question)})
        turns.append({"role": "assistant", "content": answer})
        rows.append({"messages": turns, "source": name})
    return rows


rows = [row for name, count in SETTINGS["rows"].items() for row in chosen(name, count)]
random.Random(SETTINGS["seed"]).shuffle(rows)
with open("train.jsonl", "w", encoding="utf-8") as out:
    for row in rows:
        out.write(json.dumps(row, ensure_ascii=False) + "\\n")
print({name: count for name, count in SETTINGS["rows"].items()}, "wanted,", len(rows), "written")
'''


MOST_EPOCHS = 3.0
"""The first climb sees no row more often; on 270 tickets twice that gave 90 % (87 to 92) in place of 88 % (85 to 91), n = 540."""
MORE_EPOCHS = 2 * MOST_EPOCHS
MOST_RATE, MOST_RANK, MOST_BATCH = 0.1, 256, 256
"""The ends of the ranges that ``train.yaml`` may hold."""


@dataclass(frozen=True, kw_only=True)
class Move:
    """A recipe to try next, and what it changes."""

    recipe: Recipe
    why: str


def next_change(best: Recipe, tried: Sequence[Recipe], ranked: Sequence[str]) -> Move | None:
    """Return the first change of ``best`` that was not tried yet."""
    before = [_kind(recipe) for recipe in tried]
    return next((move for move in _changes(best, ranked) if _kind(move.recipe) not in before), None)


def fitted(
    recipe: Recipe, cards: Sequence[SourceCard], *, passes: int, cap: int | None = None
) -> Recipe | None:
    """Return ``recipe`` cut or stretched to ``passes`` rows seen: distinct rows first, then epochs or a part of one.

    There are up to three epochs, more only where the recipe has more.

    ``cap`` is the most rows that the run allows. None if not a single row would be seen.
    """
    distinct = {card.name: int(_left(recipe, card) * (1 - card.duplicate_share)) for card in cards}
    most = min(int(distinct[name] / share) for name, share in recipe.sources.items() if share)
    rows = min(most, passes, cap or passes)
    if rows < 1:
        return None
    rows = rows // recipe.batch * recipe.batch or rows
    # Eighths of an epoch: exact in binary, so that no rounding adds a row.
    most_epochs = max(MOST_EPOCHS, recipe.num_train_epochs)
    epochs = min(most_epochs, max(1.0, passes * 8 // rows / 8), recipe.num_train_epochs + 2)
    return replace(recipe, rows=rows, num_train_epochs=float(epochs))


def _left(recipe: Recipe, card: SourceCard) -> float:
    """Return how many rows of a source a recipe keeps by their losses."""
    losses = recipe.losses.get(card.name)
    if losses is None:
        return card.rows
    measured = losses.rpartition("@")[2].partition(":")[2]
    return recipe.kept * min(card.rows, int(measured or card.rows))


def _changes(best: Recipe, ranked: Sequence[str]) -> Iterator[Move]:
    rate = best.learning_rate
    if best.num_train_epochs == MOST_EPOCHS:  # the rows are used up, and there is time
        longer = replace(best, num_train_epochs=MORE_EPOCHS)
        yield Move(recipe=longer, why="Go through the same rows more often.")
    if rate * 2 <= MOST_RATE:
        yield Move(recipe=replace(best, learning_rate=rate * 2), why="Double the learning rate.")
    yield Move(recipe=replace(best, learning_rate=rate / 2), why="Halve the learning rate.")
    for name in ranked[1:3]:
        if name not in best.sources:
            mixed = {**{each: share * 0.75 for each, share in best.sources.items()}, name: 0.25}
            yield Move(
                recipe=replace(best, sources=mixed), why=f"Mix in a quarter of rows from {name}."
            )
    if best.method == "lora" and best.r * 2 <= MOST_RANK:
        yield Move(recipe=replace(best, r=best.r * 2), why="Double the rank of the adapter.")
    if best.batch * 2 <= MOST_BATCH:
        yield Move(recipe=replace(best, batch=best.batch * 2), why="Double the batch.")
    if best.method == "lora":
        full = replace(best, method="full", learning_rate=rate / 10)
        yield Move(recipe=full, why="Train all weights.")


def _kind(recipe: Recipe) -> Recipe:
    """Return what makes a recipe another one; its size does not, but that it goes through its rows more often does."""
    epochs = MORE_EPOCHS if recipe.num_train_epochs > MOST_EPOCHS else 1.0
    return replace(recipe, rows=0, num_train_epochs=epochs, phase="", rivals=())


UNKNOWN_SPEED = 200.0
UNKNOWN_TOKENS = 120.0
CHECK_S = 8.0


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Seconds of an experiment: ``check_s``, ``item_s`` a validation item, and ``row_s`` a row and pass."""

    check_s: float
    item_s: float
    items: int
    row_s: float

    @property
    def fixed_s(self) -> float:
        """Return what an experiment costs whatever its size."""
        return self.check_s + self.item_s * self.items

    def seconds(self, passes: float) -> float:
        """Return the expected wall time of an experiment whose training sees ``passes`` rows."""
        return self.fixed_s + self.row_s * passes

    def rows(self, seconds: float) -> int:
        """Return how many rows an experiment of ``seconds`` can see; negative if not even the fixed part fits."""
        return int((seconds - self.fixed_s) / self.row_s)

    def on(self, items: int | None) -> "Cost":
        """Return the cost of experiments that are validated on ``items`` items (None: as many as now)."""
        return self if items is None else replace(self, items=min(items, self.items))


def cost(observation: Observation, sources: Iterable[str] = ()) -> Cost:
    """Measure: training and checks from the last experiments, validation from the last pass.

    Rows are as long as those of ``sources``, as far as these were trained on; else as those seen so far.
    """
    outlook = observation.outlook
    speed = outlook.train_tokens_per_s or UNKNOWN_SPEED
    trained = [
        each.feedback.training
        for each in observation.experiments
        if each.feedback and each.feedback.training and each.feedback.training.steps > 2
    ]
    if trained:
        speed = sum(each.tokens for each in trained) / sum(each.seconds for each in trained)
    checks = [each.feedback.check.seconds for each in observation.experiments if each.feedback]
    check_s = max(checks[-3:], default=outlook.check_s or CHECK_S)
    items = observation.base.score.n
    return Cost(
        check_s=check_s,
        item_s=(outlook.validation_s or observation.base.seconds) / items,
        items=items,
        row_s=row_tokens(observation, sources) / speed,
    )


def row_tokens(observation: Observation, sources: Iterable[str] = ()) -> float:
    """Return the mean tokens of a training row, as measured in this run: of ``sources`` where they are known."""
    alone, every = dict[str, float](), list[float]()
    for each in observation.experiments:
        data, recipe = each.feedback.check.data if each.feedback else None, recipe_of(each)
        if not data:
            continue
        every.append(data.tokens.mean)
        if recipe and len(recipe.sources) == 1:
            alone |= dict.fromkeys(recipe.sources, data.tokens.mean)
    if not every and observation.checked and observation.checked.data:
        every.append(observation.checked.data.tokens.mean)
    known = [alone[name] for name in sources if name in alone] or every
    return fmean(known) if known else UNKNOWN_TOKENS


def spent_s(observation: Observation) -> float:
    """Return the wall time of the experiments that were planned by recipe so far."""
    return sum(each.seconds for each in observation.experiments if recipe_of(each))
