"""What each seam promises, as tests that built-in parts and plugins inherit.

Example:
    class TestMine(EngineContract):
        @pytest.fixture
        def engine(self):
            return Mine()
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import inf, nan
from pathlib import Path
from typing import Any

import pytest

from ftdojo.evaluation.engine import Engine
from ftdojo.models import LocalModel, tensor_digest
from ftdojo.records import (
    ActionTaken,
    Announced,
    BaseScored,
    Budget,
    BudgetChanged,
    ConfirmationShortened,
    Decoding,
    Estimate,
    Event,
    ExperimentBegan,
    ExperimentEnded,
    FinalEvaluationBegan,
    FinalTestOpened,
    Guidance,
    GuidanceHeard,
    JudgeLost,
    Listener,
    ListenerFailed,
    Look,
    LossPoint,
    Message,
    Outcome,
    Outlook,
    PassAdvanced,
    RunEnded,
    RunOpened,
    ScorerFailed,
    Shortcuts,
    ShortcutsFound,
    Spend,
    Stage,
    StageReached,
    StopRequested,
    TrainingBegan,
    TrainingEnded,
    TrainingStepped,
    Verdict,
    WeightsReused,
    WorkerLost,
)
from ftdojo.submissions import ShapeError, TrainConfig
from ftdojo.training.encode import Encoded
from ftdojo.training.objectives import Objective
from ftdojo.training.trainer import Trainer, TrainJob

PROMPTS: tuple[tuple[Message, ...], ...] = (
    (Message(role="user", content="What is 3 + 1?"),),
    (Message(role="user", content="Name a colour."),),
    (Message(role="system", content="Be brief."), Message(role="user", content="Say hello.")),
)
ROWS = "".join(
    f'{{"messages": [{{"role": "user", "content": "{n} + 1"}}, {{"role": "assistant", "content": "{n + 1}"}}]}}\n'
    for n in range(12)
)
CAP = 6
POINT = LossPoint(step=1, loss=2.5, learning_rate=1e-3, grad_norm=0.5, tokens=64, seconds=0.1)
SCORE = Estimate(score=0.5, n=100, low=0.4, high=0.6)
EXAMPLES: tuple[Event, ...] = (
    Announced(text="Getting a model."),
    RunOpened(
        run="r",
        folder="/runs/r",
        task="t",
        model="m",
        agent="a",
        seed=0,
        budget=Budget(wall_s=60.0),
    ),
    ShortcutsFound(shortcuts=Shortcuts(answering="batched", window=512)),
    BudgetChanged(budget=Budget(wall_s=90.0, max_experiments=3)),
    BaseScored(score=SCORE, seconds=4.0),
    ActionTaken(
        outcome=Outcome(action=Look(what="ledger"), number=1, found=({"wall_s": 5.0},)),
        experiments=0,
        best="base",
        spent=Spend(wall_s=5.0),
        outlook=Outlook(left_s=40.0, reserve_s=10.0),
    ),
    GuidanceHeard(guidance=Guidance(text="At most 8 tokens an answer.", at="2026-01-01T00:00:00")),
    ExperimentBegan(experiment="e1", plan="Worked rows."),
    StageReached(experiment="e1", stage=Stage.FIT),
    StageReached(experiment="", stage=Stage.STATIC),
    WeightsReused(experiment="e1"),
    TrainingBegan(experiment="e1", rows=320, steps=60, forecast_s=11.0, most_s=90.0),
    TrainingStepped(experiment="e1", point=POINT, of=60),
    StopRequested(experiment="e1", step=40, keep=True),
    TrainingEnded(experiment="e1", loss=0.5, seconds=12.0),
    PassAdvanced(experiment="e1", split="validation", done=40, of=100),
    ExperimentEnded(
        experiment="e1",
        seconds=30.0,
        score=SCORE,
        planned=100,
        verdict=Verdict.BETTER,
        against="base",
    ),
    ExperimentEnded(experiment="e2", seconds=1.0, failure="The script wrote no rows."),
    WorkerLost(message="The worker was killed by signal 9.", experiment="e1", attempt=1),
    JudgeLost(message="No answer in time."),
    ScorerFailed(message="scorer.py line 3", rest=None),
    FinalEvaluationBegan(proposed="e1", stopped_by=None),
    FinalEvaluationBegan(proposed="e1", stopped_by="wall time"),
    FinalEvaluationBegan(proposed="e1", stopped_by=None, gave_up="The model says nothing."),
    ConfirmationShortened(items=12, of=60),
    FinalTestOpened(chosen="e1"),
    RunEnded(chosen="e1", score=SCORE, base=SCORE),
    ListenerFailed(listener="Mine", message="ValueError: no connection"),
)
"""An event of each kind, of some kinds two."""


class EngineContract:
    """Inherited by the tests of each engine; ``engine`` is overridden."""

    @pytest.fixture
    def engine(self) -> Engine:
        """Return an engine over any model."""
        raise NotImplementedError

    @pytest.fixture
    def ask(self, engine: Engine) -> Callable[..., Sequence[object]]:
        """Return a function that answers prompts with the base."""

        def ask(prompts: Sequence[Sequence[Message]] = PROMPTS, **how: object) -> Sequence[object]:
            decoding = replace(Decoding(max_new_tokens=CAP), **how)  # type: ignore[arg-type]
            return list(engine.generate(prompts, decoding=decoding, weights=None))

        return ask

    def test_every_prompt_has_a_completion_within_the_cap(self, engine: Engine) -> None:
        """The cap is in tokens; what it cut says so."""
        decoding = Decoding(max_new_tokens=CAP)
        made = engine.generate(PROMPTS, decoding=decoding, weights=None)
        assert len(made) == len(PROMPTS)
        assert all(0 <= each.tokens <= CAP for each in made)
        assert all(each.finished or each.tokens == CAP for each in made)

    def test_completions_come_in_the_order_of_the_prompts(self, ask: Callable[..., object]) -> None:
        """Whatever order is fast inside."""
        assert ask(tuple(reversed(PROMPTS))) == list(reversed(ask()))  # type: ignore[call-overload]

    def test_equal_questions_get_equal_answers(self, ask: Callable[..., object]) -> None:
        """Greedy decoding leaves nothing to chance."""
        assert ask() == ask()

    def test_samples_stand_side_by_side_and_hang_on_the_seed(
        self, ask: Callable[..., Sequence[object]]
    ) -> None:
        """As many completions as asked for; the same ones for the same seed."""
        drawn = ask(samples=3, temperature=1.0, seed=5)
        assert len(drawn) == 3 * len(PROMPTS)
        assert ask(samples=3, temperature=1.0, seed=5) == drawn

    def test_an_identity_is_words_that_stay(self, engine: Engine) -> None:
        """Scores are kept under it."""
        assert engine.identity() == engine.identity()
        assert all(isinstance(each, str) for each in engine.identity())

    def test_a_closed_engine_answers_again(
        self, engine: Engine, ask: Callable[..., object]
    ) -> None:
        """Closing gives a device back, not the engine up."""
        before = ask()
        engine.close()
        engine.start()
        assert ask() == before


class TrainerContract:
    """Inherited by the tests of each trainer; ``trainer`` and ``base`` are overridden."""

    @pytest.fixture
    def trainer(self) -> Trainer:
        """Return a trainer."""
        raise NotImplementedError

    @pytest.fixture
    def base(self) -> LocalModel:
        """Return a small base model."""
        raise NotImplementedError

    @pytest.fixture
    def job(self, base: LocalModel, tmp_path: Path) -> TrainJob:
        """A training of three steps on a dozen sums."""
        rows = tmp_path / "rows.jsonl"
        rows.write_text(ROWS, encoding="utf8")
        config = TrainConfig(max_steps=3, per_device_train_batch_size=4, learning_rate=1e-2)
        return TrainJob(rows=rows, config=config, base=base, to=tmp_path / "made", seconds=120.0)

    def test_training_leaves_the_weights_that_it_reports(
        self, trainer: Trainer, job: TrainJob
    ) -> None:
        """In safetensors, under the digest of their tensors."""
        report = trainer.train(job, on_step=lambda point: None)
        assert report.weights_digest == tensor_digest(job.to)
        assert report.steps == len(report.curve) >= 1
        assert report.tokens > 0
        assert report.seconds > 0

    def test_losses_are_told_while_training_goes_on(self, trainer: Trainer, job: TrainJob) -> None:
        """In their order; what is told is on the curve."""
        told: list[LossPoint] = []
        report = trainer.train(job, on_step=told.append)
        assert told
        assert [each.step for each in told] == sorted({each.step for each in told})
        assert all(each in report.curve for each in told)

    def test_equal_jobs_leave_equal_weights(self, trainer: Trainer, job: TrainJob) -> None:
        """Weights are kept for the next run that asks for the same."""
        again = replace(job, to=job.to.with_name("again"))
        first, second = (trainer.train(each, on_step=lambda point: None) for each in (job, again))
        assert first.weights_digest == second.weights_digest

    def test_an_identity_is_words_that_stay(self, trainer: Trainer) -> None:
        """Weights are kept under it."""
        assert trainer.identity() == trainer.identity()
        assert all(isinstance(each, str) for each in trainer.identity())


class ObjectiveContract:
    """Inherited by the tests of each objective; ``objective``, ``entries``, ``tokenizer`` and ``model`` are overridden."""

    @pytest.fixture
    def objective(self) -> Objective:
        """Return an objective."""
        raise NotImplementedError

    @pytest.fixture
    def entries(self) -> Sequence[Mapping[str, Any]]:
        """Return at least two objects of a row file that it reads, of different lengths."""
        raise NotImplementedError

    def test_what_it_cannot_read_is_refused_in_one_line(self, objective: Objective) -> None:
        """The text goes to whoever wrote the rows."""
        for entry in ({}, {"nonsense": 1}, {"messages": 3, "text": 3, "prompt": None}):
            with pytest.raises(ShapeError) as refused:
                objective.read(entry)
            assert "\n" not in str(refused.value)

    def test_every_text_of_a_row_is_looked_at(
        self, objective: Objective, entries: Sequence[Mapping[str, Any]]
    ) -> None:
        """What is learnt and not looked at could be a held-out question."""
        for entry in entries:
            looked_at = " ".join(
                turn["content"]
                for conversation in objective.conversations(objective.read(entry))
                for turn in conversation
            )
            assert all(text in looked_at for text in _texts(entry))

    def test_a_row_is_cut_where_it_is_told_to(
        self, objective: Objective, entries: Sequence[Mapping[str, Any]], tokenizer: Any
    ) -> None:
        """And says so."""
        row = objective.read(entries[0])
        whole = objective.encode(tokenizer, row, TrainConfig(max_length=4096))
        short = objective.encode(tokenizer, row, TrainConfig(max_length=16))
        assert (whole.cut, len(whole.ids) > 16) == (False, True)
        assert (short.cut, short.ids) == (True, whole.ids[:16])
        assert len(whole.labelled) == len(whole.ids)

    def test_the_loss_of_a_batch_is_the_sum_over_its_rows(
        self,
        objective: Objective,
        entries: Sequence[Mapping[str, Any]],
        tokenizer: Any,
        model: Any,
    ) -> None:
        """So that it does not depend on how rows are batched."""
        from ftdojo.training.forward import collate

        encoded = [
            objective.encode(tokenizer, objective.read(entry), TrainConfig()) for entry in entries
        ]

        def loss(rows: Sequence[Encoded]) -> tuple[float, int]:
            batch = collate(rows, shared=0, pad=0, device=model.device)
            found = objective.loss(model, batch, TrainConfig())
            return float(found.value.detach()), found.terms

        one_by_one = [loss([row]) for row in encoded]
        value, terms = loss(encoded)
        assert terms == sum(count for _, count in one_by_one) > 0
        assert terms == sum(row.terms for row in encoded)
        assert value == pytest.approx(sum(each for each, _ in one_by_one), rel=1e-3)


class ListenerContract:
    """Inherited by the tests of each listener; ``make`` is overridden."""

    @pytest.fixture
    def make(self) -> Callable[[Path], Listener]:
        """Return what is registered: it is called with a run folder and returns a listener."""
        raise NotImplementedError

    def test_every_kind_of_event_is_taken(
        self, make: Callable[[Path], Listener], tmp_path: Path
    ) -> None:
        """Those it does nothing with too."""
        listener = make(tmp_path)
        for event in EXAMPLES:
            listener(event)

    def test_a_run_that_is_resumed_makes_it_again(
        self, make: Callable[[Path], Listener], tmp_path: Path
    ) -> None:
        """Over what the first one left in the run folder."""
        for _ in range(2):
            listener = make(tmp_path)
            for event in EXAMPLES:
                listener(event)

    def test_a_loss_may_be_no_number(
        self, make: Callable[[Path], Listener], tmp_path: Path
    ) -> None:
        """As that of a training that diverges."""
        point = replace(POINT, loss=nan, grad_norm=inf)
        make(tmp_path)(TrainingStepped(experiment="e1", point=point, of=0))


def _texts(value: object) -> list[str]:
    """Return the texts in a row of a file, roles and sources aside."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        named = {key: each for key, each in value.items() if key not in ("role", "source", "from")}
        return [text for each in named.values() for text in _texts(each)]
    return [text for each in value for text in _texts(each)] if isinstance(value, list) else []
