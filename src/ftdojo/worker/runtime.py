"""The work itself, as the worker does it: audit, fit, probe, train, generate. One method an operation."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from jinja2 import TemplateError

from ftdojo.errors import SubmissionRefused
from ftdojo.inference.attach import Attachment
from ftdojo.inference.engine import embedded, generate, prompt_ids, require_sizes
from ftdojo.models import load_model, load_tokenizer, tensor_digest
from ftdojo.models.device import device, device_bytes, low_precision, threads
from ftdojo.models.local import context_length
from ftdojo.records import (
    Completion,
    Decoding,
    FitReport,
    LossPoint,
    Message,
    ProbeReport,
    Quantiles,
    Shortcuts,
    TrainingReport,
    Weights,
)
from ftdojo.stats import quantiles
from ftdojo.submissions import Row, TrainConfig, read_rows
from ftdojo.training import adapt
from ftdojo.training.encode import Encoded, learning_tail, pack
from ftdojo.training.forward import row_losses
from ftdojo.training.loop import Trained, planned_steps, train
from ftdojo.training.objectives import Objective, objective_of
from ftdojo.training.trainer import BY_THE_LOOP, Course
from ftdojo.training.watch import Watch, average, stop_beside
from ftdojo.worker.memory import PeakMemory
from ftdojo.worker.messages import (
    MAX_ROW_BYTES,
    MAX_ROWS,
    Calibration,
    Completions,
    Lengths,
    Losses,
    Probed,
    TokenReport,
)
from ftdojo.worker.shortcuts import shortcuts_of

SAMPLES = 5
CALIBRATION, CALIBRATE_S = (4, 8), 0.05
SLOW_STEP_S = 4.0
"""A step this slow is timed at once; a faster one is taken a second time, warm."""


class ModelRuntime:
    """A base model, warm, and what can be done with it.

    Args:
        folder: the base model's, as plain transformers loads it.
        name: how adapters name their base.
        shortcuts: what the model is known to stand; found out by trial where that is None.

    Raises:
        ModelError: it cannot be loaded, or what it writes or learns is not what its plain forward says.
    """

    def __init__(self, folder: Path, name: str, shortcuts: Shortcuts | None = None) -> None:
        torch.set_num_threads(threads())
        kind = device()
        dtype = torch.bfloat16 if low_precision(kind) else torch.float32
        self._folder, self._name = folder, name
        self._tokenizer: Any = load_tokenizer(folder)
        model = load_model(folder, dtype=dtype)
        self._model: Any = model.to(kind).eval().requires_grad_(False)
        self._attached = Attachment(self._model)
        self.shortcuts = shortcuts or shortcuts_of(self._model)
        self._context = context_length(self._model.config.to_dict())
        self._encoded: tuple[tuple[object, ...], list[Encoded]] | None = None
        self._cold = True

    def audit(self, rows: Path, config: TrainConfig) -> TokenReport:
        """Count the tokens of the rows in file ``rows``, and of those that carry loss."""
        encoded = self._rows(rows, config)
        labels = [sum(part.labels for part in row.parts) for row in encoded]
        total = sum(row.tokens for row in encoded)
        return TokenReport(
            rows=len(encoded),
            tokens=_rounded(quantiles([row.tokens for row in encoded])),
            label_tokens=_rounded(quantiles(labels)),
            total_tokens=total,
            label_share=sum(labels) / total,
            truncated_share=sum(row.cut for row in encoded) / len(encoded),
            unlabelled=tuple(
                at
                for at, row in enumerate(encoded, start=1)
                if not all(part.labels for part in row.parts)
            ),
            samples=tuple(self._shown(row) for row in _spread(encoded, SAMPLES)),
            lost=tuple(at for at, row in enumerate(encoded, start=1) if row.lost),
            lost_text=next((row.lost for row in encoded if row.lost), ""),
            unclosed=sum(row.unclosed for row in encoded),
        )

    def fit(
        self, rows: Path, config: TrainConfig, start: Weights | None = None, *, steps: int = 1
    ) -> FitReport:
        """Take ``steps`` on the longest rows; measure their memory and speed, and forecast the whole training."""
        encoded = self._packed(rows, config)
        size = config.per_device_train_batch_size
        longest = sorted(encoded, key=lambda row: -row.tokens)[:size]
        once = config.model_copy(update=_ONE_STEP | {"max_steps": steps})
        with PeakMemory() as peak, self._trainable(config, start) as model:
            kept = _kept_bytes(model, config)
            if self._cold:  # the first step of a process loads code for seconds, which no step is to be timed by
                self._train(model, [min(encoded, key=lambda row: row.tokens)], once)
                self._cold = False
            step = self._train(model, longest, once)
            if steps == 1 and step.seconds < SLOW_STEP_S:
                step = self._train(model, longest, once)
        planned = planned_steps(len(encoded), config)
        speed = step.tokens / step.seconds
        tokens = _mean([row.tokens for row in encoded]) * config.batch_rows * planned
        return FitReport(
            peak_bytes=peak.bytes + kept,
            tokens_per_s=speed,
            steps=planned,
            train_forecast_s=tokens / speed,
            loss=step.curve[-1].loss,
            device_bytes=device_bytes(),
        )

    def probe(
        self,
        rows: Path,
        config: TrainConfig,
        *,
        prompts: Sequence[Sequence[Message]],
        decoding: Decoding,
        start: Weights | None = None,
    ) -> Probed:
        """Take the ``max_steps`` of ``config`` from ``start`` on a slice of the rows, answer ``prompts``, forget the weights."""
        need = config.max_steps * config.batch_rows
        slice_ = _spread(self._packed(rows, config), need)
        short = config.model_copy(update={"warmup_steps": 0.0, "eval_share": 0.0, "packing": False})
        with self._trainable(config, start) as model:
            trained = self._train(model, slice_, short)
            made = self._generated(model, prompts, decoding)
        report = ProbeReport(
            steps=len(trained.curve),
            loss_first=trained.curve[0].loss,
            loss_last=average(trained.curve[-2:]),
        )
        return Probed(report=report, completions=tuple(made))

    def train(
        self,
        rows: Path,
        config: TrainConfig,
        *,
        to: Path,
        seconds: float | None,
        on_step: Callable[[LossPoint], None],
        course: Course = BY_THE_LOOP,
    ) -> TrainingReport:
        """Train on all rows in the way of ``course``, and write the weights to the folder ``to``."""
        encoded = self._rows(rows, config)
        watch = Watch(
            seconds=seconds,
            patience=config.early_stopping_patience,
            threshold=config.early_stopping_threshold,
            stop=stop_beside(to),
            keeping=course.keeping,
        )
        with PeakMemory() as peak, self._trainable(config, course.start) as model:
            if course.trainer == "trl":
                trained = self._train_with_trl(model, encoded, config, watch, on_step)
            else:
                trained = train(
                    model,
                    encoded,
                    config,
                    watch=watch,
                    on_step=on_step,
                    share=self.shortcuts.shared_start,
                )
            adapt.save(model, to, tokenizer=self._tokenizer, base_name=self._name)
        return trained.report(peak_bytes=peak.bytes, digest=tensor_digest(to))

    def losses(
        self,
        rows: Path,
        config: TrainConfig,
        weights: Weights | None,
        *,
        tails: Sequence[str] | None = None,
    ) -> Losses:
        """Return what each row in file ``rows`` costs the model with ``weights`` in force; None is the base.

        ``tails`` are the texts that the rows' answers end with, of which alone the loss is measured; None measures whole
        answers. What lies beyond ``max_length`` is not measured.
        """
        encoded = self._rows(rows, config)
        if tails is not None:
            measured = zip(encoded, tails, strict=True)
            encoded = [learning_tail(self._tokenizer, row, tail) for row, tail in measured]
        nats = row_losses(self._attached.model(weights), encoded, self.shortcuts)
        return Losses(nats=tuple(nats), tokens=tuple(row.labels for row in encoded))

    @torch.no_grad()
    def calibrate(self) -> Calibration:
        """Time a forward of ``CALIBRATION`` rows and tokens through the base, as often as ``CALIBRATE_S`` allows.

        Two of these, taken at two times, say how much slower the machine has become, whatever weights are in use.
        """
        rows, tokens = CALIBRATION
        ids = torch.arange(rows * tokens, device=self._model.device).view(rows, tokens)
        ids %= embedded(self._model)
        count, began = 0, 0.0
        while count == 0 or time.monotonic() < began + CALIBRATE_S:
            began = began or time.monotonic()
            float(self._model(input_ids=ids, use_cache=False, logits_to_keep=1).logits.sum())
            count += 1
        return Calibration(seconds=(time.monotonic() - began) / count)

    def lengths(
        self, prompts: Sequence[Sequence[Message]], *, answer: int | None = None
    ) -> Lengths:
        """Count the tokens that ``generate`` would put to the model for each prompt.

        Raises:
            ModelError: one does not fit the model together with an answer of ``answer`` tokens, if that is given.
        """
        ids = [prompt_ids(self._tokenizer, prompt) for prompt in prompts]
        if answer is not None:
            require_sizes(self._model, self._tokenizer, ids, answer=answer)
        return Lengths(tokens=tuple(map(len, ids)))

    def generate(
        self, prompts: Sequence[Sequence[Message]], decoding: Decoding, weights: Weights | None
    ) -> Completions:
        """Answer ``prompts`` with ``weights`` in force; None is the base."""
        model = self._attached.model(weights)
        made = self._generated(model, prompts, decoding)
        return Completions(completions=tuple(made))

    def _generated(
        self, model: Any, prompts: Sequence[Sequence[Message]], decoding: Decoding
    ) -> list[Completion]:
        return generate(
            model, self._tokenizer, prompts, decoding=decoding, shortcuts=self.shortcuts
        )

    def _trainable(self, config: TrainConfig, start: Weights | None) -> Any:
        self._attached.clear()
        return adapt.trainable(self._model, config, folder=self._folder, start=start)

    def _train(self, model: Any, rows: list[Encoded], config: TrainConfig) -> Trained:
        return train(model, rows, config, watch=Watch(), share=self.shortcuts.shared_start)

    def _train_with_trl(
        self,
        model: Any,
        rows: list[Encoded],
        config: TrainConfig,
        watch: Watch,
        on_step: Callable[[LossPoint], None],
    ) -> Trained:
        from ftdojo.training.trl import train_with_trl  # seconds to import, and seldom wanted

        return train_with_trl(
            model, rows, config, tokenizer=self._tokenizer, watch=watch, on_step=on_step
        )

    def _rows(self, rows: Path, config: TrainConfig) -> list[Encoded]:
        if config.packing and not self.shortcuts.packing:
            raise SubmissionRefused(
                f"packing: rows that are packed together could see each other in a {self._model.config.model_type!r} model, so "
                "their losses would be wrong; set packing: false."
            )
        asked = (
            config.objective,
            config.max_length,
            config.completion_only_loss,
            config.per_device_train_batch_size,
        )
        key = (_stamp(rows), *asked)
        if self._encoded is None or self._encoded[0] != key:
            limits = {"max_rows": MAX_ROWS, "max_row_bytes": MAX_ROW_BYTES}
            objective = objective_of(config)
            encode = partial(self._encode, objective, config)
            read = read_rows(rows, **limits, read=objective.read)
            self._encoded = (key, [encode(at, row) for at, row in enumerate(read, start=1)])
        return self._encoded[1]

    def _encode(self, objective: Objective, config: TrainConfig, at: int, row: Row) -> Encoded:
        try:
            encoded = objective.encode(self._tokenizer, row, config)
        except SubmissionRefused as error:
            raise SubmissionRefused(f"Row {at}: {error}") from error
        except TemplateError as error:
            said = (str(error).splitlines() or [type(error).__name__])[0]
            raise SubmissionRefused(
                f"Row {at}: the model's chat template refuses its turns ({said}); write turns that it takes."
            ) from error
        for part in encoded.parts:
            self._require_sizes(at, part, config)
        return encoded

    def _require_sizes(self, at: int, row: Encoded, config: TrainConfig) -> None:
        """Refuse a row that the model has no positions or no weights for."""
        if 0 < self._context < len(row.ids):
            raise SubmissionRefused(
                f"Row {at} has {len(row.ids)} tokens, and the model's context ends at {self._context}: set max_length: "
                f"{self._context} to cut such rows, or leave them out."
            )
        apart = self.shortcuts.apart
        if 0 < apart < len(row.ids) and config.per_device_train_batch_size > 1:
            raise SubmissionRefused(
                f"Row {at} has {len(row.ids)} tokens, and beyond {apart} this model rotates every row of a batch otherwise: "
                f"set max_length: {apart}, or per_device_train_batch_size: 1."
            )
        rows, highest = embedded(self._model), max(row.ids, default=0)
        if highest >= rows:
            raise SubmissionRefused(
                f"Row {at} has the token {highest} ({self._tokenizer.convert_ids_to_tokens(highest)!r}), and the model's "
                f"embedding has {rows} rows: write rows without it."
            )

    def _packed(self, rows: Path, config: TrainConfig) -> list[Encoded]:
        encoded = self._rows(rows, config)
        return pack(encoded, max_length=config.max_length) if config.packing else encoded

    def _shown(self, row: Encoded) -> str:
        """Return a row as text, what carries loss between marks; of a pair, both answers below each other."""
        return "\n".join(self._marked(part) for part in row.parts)

    def _marked(self, row: Encoded) -> str:
        start = row.labelled.index(True) if True in row.labelled else len(row.ids)
        asked = self._tokenizer.decode(row.ids[:start])
        return f"{asked}>>>{self._tokenizer.decode(row.ids[start:])}<<<"


_ONE_STEP = {
    "max_steps": 1,
    "gradient_accumulation_steps": 1,
    "eval_share": 0.0,
    "packing": False,
    "warmup_steps": 0.0,
}
"""What turns a configuration into a single step on rows that are packed already."""


def _kept_bytes(model: Any, config: TrainConfig) -> int:
    """Return what the copy of the best weights will take of the memory that ``PeakMemory`` measures."""
    if not config.eval_share or device_bytes():
        return 0
    return sum(
        each.numel() * each.element_size() for each in model.parameters() if each.requires_grad
    )


def _stamp(file: Path) -> tuple[object, ...]:
    """Return what tells a file from one that was written in its place."""
    if not file.exists():
        return (file,)
    found = file.stat()
    return file, found.st_ino, found.st_size, found.st_mtime_ns


def _spread(rows: list[Encoded], count: int) -> list[Encoded]:
    """Return ``count`` rows, or all if there are fewer, evenly from first to last."""
    step = max(1, len(rows) // count)
    return rows[::step][:count]


def _mean(values: Sequence[int]) -> float:
    return sum(values) / len(values)


def _rounded(shape: Quantiles) -> Quantiles:
    return Quantiles(**{name: round(value, 2) for name, value in vars(shape).items()})
