"""A toy task that the tiny model learns in seconds, and agents that play it in a known way; named as ``toy_yes:...``."""

from dataclasses import replace

from toy_parts import toy_source, toy_task

from ftdojo.records import BASE, Finish, Grade, Item, Submission, Train

COUNTS = {"validation": 24, "confirm": 16, "test": 24}
GOLD = "yes"

DATA = """import os, pathlib
found = pathlib.Path(os.environ["FTDOJO_DATA"], "answers.jsonl").read_text()
pathlib.Path("train.jsonl").write_text(found)
"""
TRAIN = """method: lora
learning_rate: 0.02
max_steps: 30
per_device_train_batch_size: 8
r: 16
lora_alpha: 32
"""


def rows():
    for at in range(240):
        yield {"prompt": f"Is it so, number {9000 + at}?", "completion": GOLD}


def items(split):
    start = 1000 * (1 + list(COUNTS).index(split))
    made = (start + at for at in range(COUNTS[split]))
    return [
        Item(id=f"{split}-{number}", messages=task.prompt(f"Is it so, number {number}?"), gold=GOLD)
        for number in made
    ]


def grade(output, item):
    word = output.strip().rstrip(".").lower()
    return Grade(score=float(word == item.gold), readable=word in {"yes", "no"}, extracted=word)


task = toy_task(
    name="toy/yes",
    domain="toys",
    summary="Say yes to everything.",
    answer_format="yes or no",
    metric="accuracy",
    sources=(
        toy_source(
            "answers",
            rows,
            summary="Questions and the one answer.",
            fields=("prompt", "completion"),
        ),
    ),
    items=items,
    grade=grade,
    overlap_words=50,
)


class Learner:
    """Trains once on the one source, which is enough, and finishes with it."""

    name = "learner"

    def __init__(self, seed=0):
        self._submission = Submission(
            plan="# Say yes\n\nThe one source says so.\n", data=DATA, train=TRAIN
        )

    def act(self, observation):
        if not observation.experiments:
            return Train(submission=self._submission)
        return Finish(experiment=observation.best)


class Idler:
    """Does nothing and keeps the base."""

    name = "idler"

    def __init__(self, seed=0):
        pass

    def act(self, observation):
        return Finish(experiment=BASE)


class Endless(Learner):
    """Trains for as long as it may."""

    name = "endless"

    def __init__(self, seed=0):
        train = TRAIN.replace("max_steps: 30", "max_steps: 8000")
        self._submission = Submission(plan="# Go on and on\n", data=DATA, train=train)


broken = replace(task, grade=lambda output, item: Grade(score=0.0, readable=False))
wordy = replace(task, max_new_tokens=1_000_000)


class Marker(Learner):
    """Writes a plan that looks like markup."""

    name = "marker"

    def __init__(self, seed=0):
        self._submission = Submission(
            plan="[/red] closes nothing\n", data="raise SystemExit(3)", train=TRAIN
        )
