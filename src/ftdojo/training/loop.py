"""The training loop: one file, read top to bottom.

TRL's ``SFTTrainer`` is the reference it must agree with (``training/trl.py``, compared in the tests); this loop exists
because it is faster on the same rows (``benchmarks/README.md``): batches of like length, no padding mask, logits at
labels only, the shared start of all rows run once a batch. The loss of an optimizer step is the mean over its labelled
tokens, accumulation included, as transformers does it.
"""

import math
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import torch

from ftdojo.records import LossPoint, TrainingReport
from ftdojo.records.feedback import StopReason
from ftdojo.submissions import TrainConfig
from ftdojo.training.adapt import refusals
from ftdojo.training.batches import steps
from ftdojo.training.best import BestWeights
from ftdojo.training.checkpoint import Checkpoint, Learner
from ftdojo.training.encode import Encoded, pack
from ftdojo.training.forward import autocast, collate, shared_start
from ftdojo.training.objectives import SFT, BatchLoss, Objective, Referring, objective_of
from ftdojo.training.trainer import OnStep
from ftdojo.training.watch import FATAL, Watch, average, averages

LATE = 5
"""So many steps at the end say, on average, what a training came to."""


@dataclass(frozen=True, kw_only=True)
class Trained:
    """How a training went; the weights are in the model that was handed in.

    ``weights_step`` is the step they are of: of the lowest held-out loss where that was watched, else the last.
    ``resumed_after`` are the steps after which it was taken up again from a checkpoint.
    """

    stopped: StopReason
    planned_steps: int
    curve: tuple[LossPoint, ...]
    held_out: tuple[tuple[int, float], ...]
    tokens: int
    seconds: float
    trainable_params: int
    weights_step: int
    resumed_after: tuple[int, ...] = ()

    def report(self, *, peak_bytes: int, digest: str) -> TrainingReport:
        """Return what goes on record of it, with the bytes of memory it took and the digest of its weights."""
        late = self.curve[-LATE:]
        return TrainingReport(
            stopped=self.stopped,
            steps=len(self.curve),
            planned_steps=self.planned_steps,
            curve=self.curve,
            loss_first=self.curve[0].loss,
            loss_last=average(late),
            tokens=self.tokens,
            tokens_per_s=self.tokens / self.seconds,
            peak_bytes=peak_bytes,
            trainable_params=self.trainable_params,
            seconds=self.seconds,
            weights_digest=digest,
            held_out_loss=self.held_out,
            weights_step=self.weights_step,
            resumed_after=self.resumed_after,
            figures=averages(late),
        )


def planned_steps(rows: int, config: TrainConfig) -> int:
    """Count the optimizer steps a configuration asks for on ``rows`` rows (after packing, if it packs)."""
    if config.max_steps > 0:
        return config.max_steps
    micro = math.ceil(rows / config.per_device_train_batch_size)
    per_epoch = math.ceil(micro / config.gradient_accumulation_steps)
    return max(1, math.ceil(per_epoch * config.num_train_epochs))


def train(
    model: Any,
    rows: Sequence[Encoded],
    config: TrainConfig,
    *,
    watch: Watch,
    on_step: OnStep = lambda point: None,
    share: bool = True,
) -> Trained:
    """Train ``model`` in place until the plan or ``watch`` ends it, and leave it with its best weights.

    Where ``watch`` has a ``keeping``, it goes on from the state that a killed training left, whose steps are told again.

    ``rows`` need at least one labelled token each; ``share`` runs the start that they have in common once a batch. What goes
    wrong with learning is in the result; what torch raises (such as running out of memory) is raised.

    Raises:
        SubmissionRefused: an option that this model does not support.
    """
    began = time.monotonic()
    rows = referred(model, rows, config, share=share)
    kept, held_out = parted(rows, config)
    packed = pack(kept, max_length=config.max_length) if config.packing else kept
    total = planned_steps(len(packed), config)
    stepper = _Stepper(model, packed, config, total=total, share=share, began=began)
    best = BestWeights(stepper.weights)
    checkpoint = Checkpoint(
        Learner(stepper.weights, stepper.optimizer, stepper.schedule, best, watch)
    )
    if last := checkpoint.resume():
        stepper.go_on(last)
    for point in watch.curve:
        on_step(point)
    look = _HeldOut(model, held_out, config, watch, best, total, share).look
    model.train()
    with _noise(model, config), _checkpointing(model, config), _dropout(model, config):
        stopped = _steps(stepper, watch, total, on_step=on_step, look=look, keep=checkpoint.look)
    model.eval()
    return Trained(
        stopped=stopped,
        planned_steps=total,
        curve=tuple(watch.curve),
        held_out=tuple(watch.held_out),
        tokens=stepper.tokens,
        seconds=time.monotonic() - stepper.began,
        trainable_params=sum(weight.numel() for weight in stepper.weights),
        weights_step=best.restore(len(watch.curve)),
        resumed_after=tuple(checkpoint.resumed_after),
    )


def _steps(
    stepper: "_Stepper",
    watch: Watch,
    total: int,
    *,
    on_step: OnStep,
    look: Callable[[int], StopReason | None],
    keep: Callable[[], None],
) -> StopReason:
    """Take the steps that are left of ``total``, look at held-out rows after each, and return why they ended."""
    for step in range(len(watch.curve) + 1, total + 1):
        point = stepper.step(step)
        on_step(point)
        reason = watch.see(point, stuck=stepper.stuck) or look(step)
        if reason and (step < total or reason in FATAL):
            return reason
        keep()
    return "finished"


@dataclass(frozen=True)
class _HeldOut:
    """The rows held back from a training (there may be none), and what is done with them between its steps."""

    model: Any
    rows: Sequence[Encoded]
    config: TrainConfig
    watch: Watch
    best: BestWeights
    total: int
    share: bool

    def look(self, step: int) -> StopReason | None:
        """Measure them, if ``step`` is one after which that is due, and return why to stop, if there is cause."""
        due = step == self.total or step % self.config.eval_every(self.total) == 0
        if not self.rows or not due:
            return None
        loss = measured(self.model, self.rows, self.config, share=self.share)
        self.best.see(step, loss)
        return self.watch.see_held_out(step, loss)


def referred(
    model: Any, rows: Sequence[Encoded], config: TrainConfig, *, share: bool
) -> Sequence[Encoded]:
    """Return ``rows`` with what ``model`` makes of them before training, where the objective compares with that."""
    objective, size = objective_of(config), config.per_device_train_batch_size
    if not isinstance(objective, Referring):
        return rows
    return objective.referred(model, rows, size=size, share=share)


def measured(
    model: Any,
    held_out: Sequence[Encoded],
    config: TrainConfig,
    *,
    share: bool = True,
) -> float:
    """Return the loss of the rows held back from a training (nats per labelled token), in the middle of it."""
    size, objective = config.per_device_train_batch_size, objective_of(config)
    loss = mean_loss(model, held_out, size=size, objective=objective, config=config, share=share)
    model.train()
    return loss


@torch.no_grad()
def mean_loss(
    model: Any,
    rows: Sequence[Encoded],
    *,
    size: int,
    objective: Objective = SFT,
    config: TrainConfig | None = None,
    share: bool = True,
) -> float:
    """Return the loss per term (if the objective is supervised, nats per labelled token) of ``rows``, without training on them."""
    model.eval()
    shared, losses, count = shared_start(rows) if share else 0, [], 0
    ordered = sorted(rows, key=lambda row: row.tokens)
    for start in range(0, len(ordered), size):
        batch = ordered[start : start + size]
        made = collate(batch, shared=shared, device=model.device)
        with autocast(model):
            found = objective.loss(model, made, config or TrainConfig())
        losses.append(found.value)
        count += found.terms
    return sum(float(loss) for loss in losses) / max(count, 1)


class _Stepper:
    """Takes optimizer steps over an endless stream of batches."""

    def __init__(
        self,
        model: Any,
        rows: Sequence[Encoded],
        config: TrainConfig,
        *,
        total: int,
        share: bool,
        began: float,
    ) -> None:
        self.weights = [each for each in model.parameters() if each.requires_grad]
        self.tokens, self.began = 0, began
        self.stuck, self._proven = False, False
        self._model, self._config = model, config
        self._objective = objective_of(config)
        self.optimizer, self.schedule = _optimizer(self.weights, config, total)
        self._stream = _stream(rows, config)
        # Recomputed activations would run the shared start once more a block, and NEFTune's noise is a row's own.
        apart = config.gradient_checkpointing or config.neftune_noise_alpha or not share
        self._shared = 0 if apart else shared_start(rows)

    def go_on(self, last: LossPoint) -> None:
        """Count from ``last`` on, and pass over the batches up to it."""
        self.tokens, self.began = last.tokens, self.began - last.seconds
        next(islice(self._stream, last.step - 1, None), None)

    def step(self, number: int) -> LossPoint:
        """Take one optimizer step."""
        batches = next(self._stream)
        count = max(1, sum(row.terms for rows in batches for row in rows))
        losses = [self._backward(rows, count) for rows in batches]
        bound = self._config.max_grad_norm or math.inf
        norm = torch.nn.utils.clip_grad_norm_(self.weights, bound)
        rate = self.schedule.get_last_lr()[0]
        self._move(proof=rate > 0 and not self._proven)
        self.schedule.step()
        self.optimizer.zero_grad(set_to_none=True)
        return LossPoint(
            step=number,
            loss=sum(float(each.value) for each in losses)
            / count,  # where a GPU is first waited for
            learning_rate=rate,
            grad_norm=float(norm),
            tokens=self.tokens,
            seconds=time.monotonic() - self.began,
            figures=_means([each.figures for each in losses], count),
        )

    def _move(self, *, proof: bool) -> None:
        """Let the optimizer move the weights, and with ``proof`` look whether they have moved."""
        before = fingerprint(self.weights) if proof else ()
        self.optimizer.step()
        if proof:
            self.stuck, self._proven = fingerprint(self.weights) == before, True

    def _backward(self, rows: Sequence[Encoded], count: int) -> BatchLoss:
        batch = collate(rows, shared=self._shared, device=self._model.device)
        with autocast(self._model):
            found = self._objective.loss(self._model, batch, self._config)
            loss = found.value / count
        loss.backward()  # type: ignore[no-untyped-call]  # torch ships it untyped
        self.tokens += batch.tokens
        return replace(found, value=found.value.detach())


def _means(figures: Sequence[Mapping[str, torch.Tensor]], count: int) -> dict[str, float]:
    """Return the means over a step's ``count`` terms of what its batches sum up."""
    return {name: sum(float(each[name]) for each in figures) / count for name in figures[0]}


def fingerprint(weights: Sequence[torch.Tensor]) -> tuple[float, ...]:
    """Return sums by which weights that have moved are told, without a copy of them."""
    return tuple(float(each.detach().sum(dtype=torch.float64)) for each in weights)


def parted(rows: Sequence[Encoded], config: TrainConfig) -> tuple[list[Encoded], list[Encoded]]:
    """Hold back ``eval_share`` of the rows; neither part is ever empty if a share is asked for."""
    if not config.eval_share or len(rows) < 2:
        return list(rows), []
    shuffled = list(rows)
    random.Random(f"eval/{order_seed(config)}").shuffle(shuffled)
    held = min(len(rows) - 1, max(1, round(len(rows) * config.eval_share)))
    return shuffled[held:], shuffled[:held]


def order_seed(config: TrainConfig) -> int:
    """Return the seed that decides the order of the rows and which are held back."""
    return config.seed if config.data_seed is None else config.data_seed


def _stream(rows: Sequence[Encoded], config: TrainConfig) -> Iterator[list[list[Encoded]]]:
    order = steps(
        [row.tokens for row in rows],
        size=config.per_device_train_batch_size,
        accumulate=config.gradient_accumulation_steps,
        seed=order_seed(config),
    )
    for step in order:
        yield [[rows[number] for number in batch] for batch in step]


def _optimizer(weights: Sequence[Any], config: TrainConfig, steps: int) -> tuple[Any, Any]:
    from transformers import get_scheduler

    groups = [
        {"params": [w for w in weights if w.ndim > 1], "weight_decay": config.weight_decay},
        {"params": [w for w in weights if w.ndim <= 1], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(
        [group for group in groups if group["params"]],
        lr=config.learning_rate,
        betas=(config.adam_beta1, config.adam_beta2),
        eps=config.adam_epsilon,
        fused=True,
    )
    schedule = get_scheduler(config.lr_scheduler_type, optimizer, config.warmup(steps), steps)
    return optimizer, schedule


@contextmanager
def _dropout(model: Any, config: TrainConfig) -> Iterator[None]:
    """Switch the dropout of a base model off where weights are compared with earlier ones, as TRL does for pairs."""
    layers = [each for each in model.modules() if isinstance(each, torch.nn.Dropout)]
    kept = [each.p for each in layers]
    for each in layers if config.learns_pairs else ():
        each.p = 0.0
    try:
        yield
    finally:
        for each, share in zip(layers, kept, strict=True):
            each.p = share


@contextmanager
def _noise(model: Any, config: TrainConfig) -> Iterator[None]:
    """Add uniform noise of size alpha / sqrt(tokens x width) to embeddings (NEFTune, Jain et al., 2023)."""
    alpha = config.neftune_noise_alpha
    if not alpha:
        yield
        return

    def jitter(module: Any, inputs: Any, output: torch.Tensor) -> torch.Tensor:
        if not module.training:
            return output
        bound = alpha / math.sqrt(output.shape[1] * output.shape[2])
        return output + torch.zeros_like(output).uniform_(-bound, bound)

    hook = model.get_input_embeddings().register_forward_hook(jitter)
    try:
        yield
    finally:
        hook.remove()


@contextmanager
def _checkpointing(model: Any, config: TrainConfig) -> Iterator[None]:
    if not config.gradient_checkpointing:
        yield
        return
    with refusals():
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    try:
        yield
    finally:
        model.gradient_checkpointing_disable()
        model.disable_input_require_grads()  # which transformers may have enabled; without reentry none is needed
