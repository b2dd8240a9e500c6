"""A world on paper: what the dojo would answer, worked out from the recipe of a submission instead of a training."""

from dataclasses import dataclass, field, replace

import pytest

from ftdojo.agents.recipes import recipe_of
from ftdojo.records import (
    Budget,
    Check,
    CheckReport,
    DataReport,
    Estimate,
    EvaluationReport,
    Experiment,
    Failure,
    Feedback,
    Finish,
    LossPoint,
    Machine,
    ModelCard,
    Observation,
    Outcome,
    Outlook,
    Overlap,
    Quantiles,
    SourceCard,
    Spend,
    Stage,
    Status,
    Submission,
    TaskCard,
    TrainingReport,
)

FLAT = Quantiles(low=50, p50=50, p95=50, high=50, mean=50)
TASK = TaskCard(
    name="paper",
    version=1,
    domain="paper",
    summary="Score by source.",
    answer_format="None.",
    system="Be brief.",
    template="Q: {question}",
    metric="exact_match",
    direction="higher",
    unit="share",
    max_new_tokens=8,
    stop=(),
    decoding="greedy",
    validation_items=100,
    detectable=0.1,
)
MACHINE = Machine(
    cpu="paper", cores=2, memory_bytes=2**30, device="cpu", sandbox="none", python="3.11"
)
MODEL = ModelCard(
    name="paper",
    digest="0" * 64,
    params=1,
    dtype="float32",
    context=512,
    licence="CC0-1.0",
    chat_template=True,
)


def card(name, *, rows=2000, duplicates=0.0):
    return SourceCard(
        name=name,
        summary=name,
        licence="CC0-1.0",
        rows=rows,
        bytes=rows,
        fields={"q": "", "a": ""},
        prompt_field="q",
        response_field="a",
        prompt_template="{q}",
        response_template="{a}",
        notes="",
        path=f"/data/{name}.jsonl",
        words=FLAT,
        duplicate_share=duplicates,
        samples=(),
        digest=name,
    )


def evaluated(score, *, seconds=5.0, readable=1.0):
    return EvaluationReport(
        metric="exact_match",
        split="validation",
        score=Estimate(score=score, n=100, low=score, high=score),
        planned=100,
        raced_out=False,
        unreadable_share=1 - readable,
        unfinished_share=0.0,
        secondary={},
        slices={},
        output_tokens=FLAT,
        seconds=seconds,
    )


def rows_report(rows, readable=None, tokens=50):
    return DataReport(
        rows=rows,
        bytes=rows,
        digest="0",
        seconds=0.0,
        formats={},
        tokens=replace(FLAT, mean=tokens),
        label_tokens=FLAT,
        total_tokens=tokens * rows,
        label_share=0.5,
        truncated_share=0.0,
        exact_duplicates=0,
        near_duplicates=0,
        lineage={},
        overlap=Overlap(),
        samples=(),
        readable=readable or {},
    )


@pytest.fixture
def paper_rows():
    """Return what makes the report of so many rows, with the share of readable answers by source."""
    return rows_report


def training_report(passes, seconds, tokens=50):
    point = LossPoint(step=1, loss=1.0, learning_rate=1e-3, grad_norm=1.0, tokens=50, seconds=1.0)
    return TrainingReport(
        stopped="finished",
        steps=max(3, int(passes / 8)),
        planned_steps=max(3, int(passes / 8)),
        curve=(point,),
        loss_first=2.0,
        loss_last=1.0,
        tokens=int(tokens * passes),
        tokens_per_s=tokens * passes / seconds,
        peak_bytes=1,
        trainable_params=1,
        seconds=seconds,
        weights_digest="0",
    )


@dataclass
class World:
    """Plays the dojo's part. ``worth`` maps a source to its score after many rows; ``fails`` may return a kind.

    Speed is ``tokens_per_s``; checks take 2 s, validation of all 100 items ``validation_s``. ``readable`` is what a
    check of all sources finds, ``tokens`` the length of the rows of a source, 50 if it is not there.
    """

    worth: dict[str, float]
    left_s: float = 600.0
    tokens_per_s: float = 500.0
    validation_s: float = 5.0
    cards: dict[str, dict[str, object]] = field(default_factory=dict)
    readable: dict[str, float] = field(default_factory=dict)
    tokens: dict[str, int] = field(default_factory=dict)
    fails: object = lambda recipe, earlier: None
    seed: int = 0
    budget: Budget = field(default_factory=lambda: Budget(wall_s=700.0))
    experiments: list[Experiment] = field(default_factory=list)
    last: Outcome | None = None

    def see(self):
        best = max(self.experiments, key=_score, default=None)
        return Observation(
            task=TASK,
            sources=tuple(card(name, **self.cards.get(name, {})) for name in self.worth),
            model=MODEL,
            machine=MACHINE,
            budget=self.budget,
            spent=Spend(),
            outlook=Outlook(
                left_s=max(0.0, self.left_s),
                reserve_s=10.0,
                train_tokens_per_s=self.tokens_per_s,
                validation_s=self.validation_s,
                check_s=2.0,
            ),
            base=evaluated(0.0),
            experiments=tuple(self.experiments),
            best=best.id if best and _score(best) > 0 else "base",
            seed=self.seed,
            last=self.last,
        )

    def carry_out(self, action):
        if isinstance(action, Check):
            self.left_s -= 2
            data = rows_report(64, self.readable)
            report = CheckReport(stages=("static",), data=data)
            self.last = Outcome(action=action, number=self._number(), checked=report)
            return
        name = f"e{len(self.experiments) + 1}"
        bare = Experiment(
            id=name, parent="base", submission=action.submission, status=Status.FAILED
        )
        done = self._failed(bare) or self._trained(bare)
        self.left_s -= done.seconds
        self.last = Outcome(action=action, number=self._number(), experiment=name)
        self.experiments.append(done)

    def _number(self):
        return 1 + (self.last.number if self.last else 0)

    def _failed(self, bare):
        kind = self.fails(recipe_of(bare), self.experiments)
        failure = kind and Failure(stage=Stage.FIT, kind=kind, message="No.")
        feedback = Feedback(check=CheckReport(stages=(), seconds=2.0))
        return kind and replace(bare, failure=failure, feedback=feedback, seconds=2.0)

    def _trained(self, bare):
        recipe = recipe_of(bare)
        tokens = sum(self.tokens.get(name, 50) * part for name, part in recipe.sources.items())
        train_s = recipe.passes * tokens / self.tokens_per_s
        validation_s = self.validation_s * (recipe.items or 100) / 100
        worth = sum(self.worth[name] * share for name, share in recipe.sources.items())
        score = round(worth * recipe.passes / (recipe.passes + 500), 6)
        feedback = Feedback(
            check=CheckReport(stages=(), data=rows_report(recipe.rows, tokens=tokens), seconds=2.0),
            training=training_report(recipe.passes, train_s, tokens),
            evaluation=evaluated(score),
        )
        return replace(
            bare, status=Status.DONE, feedback=feedback, seconds=train_s + 2.0 + validation_s
        )


def _score(experiment):
    return experiment.evaluation.score.score if experiment.evaluation else 0.0


@dataclass
class Played:
    actions: list[object]
    world: World

    @property
    def recipes(self):
        return [recipe_of(each) for each in self.world.experiments]

    def of(self, phase):
        return [recipe for recipe in self.recipes if recipe.phase == phase]


@pytest.fixture
def play_out():
    """Return a function that lets an agent play a world on paper to its end."""

    def play(agent, world, most=200):
        actions = []
        while len(actions) < most:
            action = agent.act(world.see())
            assert action == agent.act(world.see()), "equal observation, equal action"
            actions.append(action)
            if isinstance(action, Finish):
                return Played(actions, world)
            world.carry_out(action)
        raise AssertionError(f"The agent did not end within {most} actions.")

    return play


@pytest.fixture
def world():
    """Return what makes a world; by default six sources of different worth."""
    worths = {"good": 0.9, "fair": 0.7, "so-so": 0.5, "poor": 0.3, "bad": 0.1, "void": 0.0}

    def make(worth=None, **facts):
        return World(worth=worth or worths, **facts)

    return make


@pytest.fixture(scope="session")
def paper_cards():
    return (card("d", rows=200, duplicates=0.5),)


@pytest.fixture
def paper_observation():
    """Return what an agent sees first of a task on paper."""
    return World({"good": 0.8, "bad": 0.1}).see()


@pytest.fixture
def evaluated_on_paper():
    """Return what makes a validation report of a score."""
    return evaluated


@pytest.fixture
def paper_world():
    """Return what makes a world on paper with a budget."""
    return lambda budget: World({"good": 0.8, "bad": 0.1}, budget=budget)


@pytest.fixture
def experiment_on_paper():
    """Return what makes a finished experiment with a validation score."""

    def made(score):
        return Experiment(
            id="e1",
            parent="base",
            submission=Submission(plan="", data="", train=""),
            status=Status.DONE,
            feedback=Feedback(
                check=CheckReport(stages=(), data=rows_report(64)),
                training=training_report(64, 10.0),
                evaluation=evaluated(score),
            ),
        )

    return made
