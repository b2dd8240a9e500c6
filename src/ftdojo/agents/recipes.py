"""The space that the LLM-free agents search: which raw rows, how many, and a few training options.

A recipe becomes a submission, and is read back from the front matter of the plan it was submitted with; so an agent
needs no memory beside the run's own record.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

from ftdojo.records import Experiment, Observation, Submission
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
    was there before; ``longest`` drops answers of more words.
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

    @property
    def passes(self) -> float:
        """Return how many rows training sees, repeats counted."""
        return self.rows * self.num_train_epochs


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
    return SCRIPT.replace("@SETTINGS@", json.dumps(json.dumps(settings)))


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


def pairs(name):
    """Yield the questions and answers of a raw source in a random order."""
    asked, answered = SETTINGS["rendered"][name]
    text = (SOURCES / f"{name}.jsonl").read_text(encoding="utf-8")
    lines = [line for line in text.split("\\n") if line]
    random.Random(f"{name}/{SETTINGS['seed']}").shuffle(lines)
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
