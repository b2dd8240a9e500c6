"""A task that the model ``tiny`` learns within seconds: say yes to words that end in ``!``, no to those that end in ``?``.

Held out by the first letter of the word. Sources of four qualities, so that better and worse are real.
"""

import random
import string
from dataclasses import replace

from toy_parts import one_of, toy_source, toy_task

from ftdojo.records import Finish, Item, Submission, Train

ANSWERS = {"!": "yes", "?": "no"}
SWAPPED = {"!": "no", "?": "yes"}
FIRST = {"train": string.ascii_lowercase[:17], "validation": "rst", "confirm": "uv", "test": "wxyz"}
COUNTS = {"validation": 60, "confirm": 40, "test": 140}


DATA = """import json, os, time
if os.environ["FTDOJO_DRY_RUN"] == "0":
    time.sleep({sleep_s})
with open(os.environ["FTDOJO_DATA"] + "/{source}.jsonl") as raw, open("train.jsonl", "w") as out:
    for line in list(raw)[:{rows}]:
        row = json.loads(line)
        made = {{"prompt": row["question"], "completion": row["answer"], "source": "{source}"}}
        out.write(json.dumps(made) + "\\n")
"""
TRAIN = """method: full
learning_rate: 3e-3
per_device_train_batch_size: 8
max_steps: {steps}
seed: {seed}
"""


def handed_in(name="right", *, steps=60, seed=0, sleep_s=0, rows=400, plan="A try."):
    """Return a submission that trains every weight on one source; 60 steps on ``right`` suffice."""
    return Submission(
        plan=plan,
        data=DATA.format(source=name, sleep_s=sleep_s, rows=rows),
        train=TRAIN.format(steps=steps, seed=seed),
    )


class Player:
    """Trains on ``eager``, then on ``right`` in a way of its seed's own, and finishes with the best."""

    name = "player"

    def __init__(self, seed=0):
        self._seed = seed

    def act(self, observation):
        moves = [
            Train(submission=handed_in("eager", steps=20)),
            Train(submission=handed_in(steps=100, seed=self._seed, sleep_s=2 + self._seed / 100)),
        ]
        done = len(observation.experiments)
        return moves[done] if done < len(moves) else Finish(experiment=observation.best)


def words(split, count):
    rng = random.Random(f"toy {split}")
    drawn = {}
    while len(drawn) < count:
        word = rng.choice(FIRST[split]) + "".join(rng.choices(string.ascii_lowercase, k=6))
        drawn.setdefault(word + "!?"[len(drawn) % 2])
    return list(drawn)


READ = []
"""The splits whose items were read, in order."""


def items(split):
    READ.append(split)
    return tuple(
        Item(id=f"{split}-{at}", messages=task.prompt(word), gold=ANSWERS[word[-1]])
        for at, word in enumerate(words(split, COUNTS[split]))
    )


def grade(output, item):
    return one_of(ANSWERS.values(), output, item)


def source(name, answers):
    def rows():
        for word in words("train", 400):
            yield {"question": word, "answer": answers[word[-1]]}

    return toy_source(name, rows, summary=f"Words and what {name} people say to them.")


task = toy_task(
    name="toy",
    summary="Say yes to words that end in !, no to words that end in ?.",
    answer_format="yes or no.",
    max_new_tokens=4,
    sources=(
        source("right", ANSWERS),
        source("swapped", SWAPPED),
        source("eager", {"!": "yes", "?": "yes"}),
        source("mute", {"!": "hm", "?": "hm"}),
    ),
    items=items,
    grade=grade,
)


def skewed_items(split):
    wanted = "!" if split == "validation" else "?"
    return tuple(item for item in items(split) if item.messages[-1]["content"].endswith(wanted))


def unconfirmed_items(split):
    return () if split == "confirm" else skewed_items(split)


skewed = replace(task, name="toy/skewed", items=skewed_items)
"""Whoever always says yes is right on all of validation and wrong on all of the rest."""
unconfirmed = replace(task, name="toy/unconfirmed", items=unconfirmed_items)
