"""The reference trainer: the same rows and options through TRL's ``SFTTrainer``, ``DPOTrainer`` or ``ORPOTrainer``, here.

It is the second implementation at the trainer's seam. The loop (``training/loop.py``) must agree with it on the loss of
every step; whoever doubts the loop runs this one (``--trainer trl``). Rows come tokenised, so both train on the same
ids and the same mask; order of rows, packing, optimizer, schedule, noise and loss are TRL's own. The eval loss is
measured by the loop's own ``measured``, so that it is the same number. Nothing is written and nothing is reported.

A trainer of TRL's makes token ids of pairs when it is made, so it is made with one made-up pair, and gets the rows then.
"""

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any

from datasets import Dataset, disable_progress_bars
from transformers import PrinterCallback, TrainerCallback
from trl import DPOConfig, DPOTrainer, SFTConfig, SFTTrainer

from ftdojo.errors import SubmissionRefused
from ftdojo.models.device import low_precision
from ftdojo.records import LossPoint
from ftdojo.records.feedback import StopReason
from ftdojo.submissions import TrainConfig
from ftdojo.training.adapt import refusals
from ftdojo.training.best import BestWeights
from ftdojo.training.encode import Encoded
from ftdojo.training.loop import (
    Trained,
    fingerprint,
    measured,
    order_seed,
    parted,
    referred,
)
from ftdojo.training.trainer import OnStep
from ftdojo.training.watch import FATAL, Watch

SAME_NAMES = frozenset(
    {
        "learning_rate",
        "lr_scheduler_type",
        "warmup_steps",
        "num_train_epochs",
        "max_steps",
        "per_device_train_batch_size",
        "gradient_accumulation_steps",
        "weight_decay",
        "adam_beta1",
        "adam_beta2",
        "adam_epsilon",
        "optim",
        "max_length",
        "neftune_noise_alpha",
        "gradient_checkpointing",
        "seed",
    }
)
"""Options that TRL takes by the name and in the unit they have here."""
FIGURES = ("rewards/", "logps/", "nll_loss")
"""How the figures of a step on pairs begin in TRL's logs."""


def train_with_trl(
    model: Any,
    rows: Sequence[Encoded],
    config: TrainConfig,
    *,
    tokenizer: Any,
    watch: Watch,
    on_step: OnStep = lambda point: None,
) -> Trained:
    """Train ``model`` in place until the plan or ``watch`` ends it; the contract is that of ``loop.train``.

    Raises:
        SubmissionRefused: an objective that is not TRL's, or an option that it refuses, such as an adapter on the output
            layer.
    """
    if config.objective not in ("", *_TRAINERS):
        raise SubmissionRefused(
            f"objective: {config.objective} is not what a trainer of TRL learns; use the trainer loop, or one of "
            f"{', '.join(_TRAINERS)}."
        )
    kept, held_out = parted(rows, config)
    if held_out:
        held_out = list(referred(model, held_out, config, share=False))
    weights = [each for each in model.parameters() if each.requires_grad]
    best = BestWeights(weights)
    feed = _Feed(model, held_out, config, watch=watch, best=best, on_step=on_step)
    disable_progress_bars()
    with TemporaryDirectory() as folder, _given_back(model, config):
        with refusals():
            given = {"model": model, "processing_class": tokenizer, "callbacks": [feed]}
            common = _arguments(config, folder, kind=model.device.type)
            trainer = _TRAINERS[config.objective or "sft"](kept, config, common, given)
        trainer.remove_callback(PrinterCallback)
        trainer.train()
    model.eval()
    return Trained(
        stopped=feed.stopped,
        planned_steps=int(trainer.state.max_steps),
        curve=tuple(watch.curve),
        held_out=tuple(watch.held_out),
        tokens=watch.curve[-1].tokens,
        seconds=time.monotonic() - feed.began,
        trainable_params=sum(each.numel() for each in weights),
        weights_step=best.restore(len(watch.curve)),
    )


class _Feed(TrainerCallback):  # type: ignore[misc]  # transformers ships it untyped
    """Tells watch and listener of every step, and the trainer when to stop."""

    def __init__(
        self,
        model: Any,
        held_out: Sequence[Encoded],
        config: TrainConfig,
        *,
        watch: Watch,
        best: BestWeights,
        on_step: OnStep,
    ) -> None:
        self.stopped: StopReason = "finished"
        self.began = time.monotonic()
        self._model, self._held_out, self._config = model, held_out, config
        self._watch, self._best, self._on_step = watch, best, on_step
        self._rate, self._proven = 0.0, False
        self._before: tuple[float, ...] = ()
        self._weights = [each for each in model.parameters() if each.requires_grad]

    def on_train_begin(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        """Start the clock where the loop starts it: after packing."""
        self.began = time.monotonic()

    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        """Keep the learning rate this step is taken with; the log has the next one's."""
        self._rate = float(given["optimizer"].param_groups[0]["lr"])
        self._before = fingerprint(self._weights) if self._rate and not self._proven else ()

    def on_log(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        """Turn the log of a step into a point; the log of the whole training has no ``loss``."""
        logs = given["logs"]
        if "loss" not in logs:
            return
        point = LossPoint(
            step=state.global_step,
            loss=float(logs["loss"]),
            learning_rate=self._rate,
            grad_norm=float(logs["grad_norm"]),
            tokens=int(logs["num_tokens"]),
            seconds=time.monotonic() - self.began,
            figures={name: float(logs[name]) for name in logs if name.startswith(FIGURES)},
        )
        self._on_step(point)
        stuck = bool(self._before) and fingerprint(self._weights) == self._before
        self._proven, self._before = self._proven or bool(self._before), ()
        reason = self._watch.see(point, stuck=stuck) or self._measure(point.step, state.max_steps)
        if reason and (point.step < state.max_steps or reason in FATAL):
            self.stopped = reason
            control.should_training_stop = True

    def _measure(self, step: int, total: int) -> StopReason | None:
        every = self._config.eval_every(total)
        if not self._held_out or (step % every and step < total):
            return None
        loss = measured(self._model, self._held_out, self._config, share=False)
        self._best.see(step, loss)
        return self._watch.see_held_out(step, loss)


def _supervised(
    rows: Sequence[Encoded], config: TrainConfig, common: dict[str, Any], given: dict[str, Any]
) -> SFTTrainer:
    made = Dataset.from_dict(
        {
            "input_ids": [list(row.ids) for row in rows],
            "completion_mask": [[int(each) for each in row.labelled] for row in rows],
        }
    )
    # Without completion_only_loss the mask is not looked at.
    args = SFTConfig(completion_only_loss=True, packing=config.packing, **common)
    return SFTTrainer(args=args, train_dataset=made, **given)


def _direct(
    rows: Sequence[Encoded], config: TrainConfig, common: dict[str, Any], given: dict[str, Any]
) -> DPOTrainer:
    alpha = config.rpo_alpha
    args = DPOConfig(
        loss_type=[config.loss_type, *(["sft"] if alpha else [])],
        loss_weights=[1.0, alpha] if alpha else None,
        beta=config.beta,
        label_smoothing=config.label_smoothing,
        **common,
    )
    trainer = DPOTrainer(args=args, train_dataset=Dataset.from_list([_PAIR]), **given)
    trainer.train_dataset = Dataset.from_list(
        [
            {"prompt_ids": asked, "chosen_ids": chosen, "rejected_ids": rejected}
            for asked, chosen, rejected in map(_three, rows)
        ]
    )
    return trainer


def _odds(
    rows: Sequence[Encoded], config: TrainConfig, common: dict[str, Any], given: dict[str, Any]
) -> Any:
    from trl.experimental.orpo import ORPOConfig, ORPOTrainer

    class Counting(ORPOTrainer):  # type: ignore[misc]  # TRL ships it untyped
        """ORPO that logs the tokens seen, as TRL's other trainers do."""

        seen = 0

        def training_step(self, model: Any, inputs: dict[str, Any], *rest: Any) -> Any:
            for name in ("chosen_attention_mask", "rejected_attention_mask"):
                self.seen += int(inputs[name].sum())
            return super().training_step(model, inputs, *rest)

        def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
            super().log(logs | {"num_tokens": self.seen}, start_time)

    args = ORPOConfig(beta=config.beta, **common)
    trainer = Counting(args=args, train_dataset=Dataset.from_list([_PAIR]), **given)
    made = []
    for asked, chosen, rejected in map(_three, rows):
        row: dict[str, Any] = {"prompt_input_ids": asked, "prompt_attention_mask": [1] * len(asked)}
        for name, answer in (("chosen", chosen), ("rejected", rejected)):
            ids = asked + answer
            row[f"{name}_input_ids"], row[f"{name}_attention_mask"] = ids, [1] * len(ids)
            row[f"{name}_labels"] = [-100] * len(asked) + answer
        made.append(row)
    trainer.train_dataset = Dataset.from_list(made)
    return trainer


_TRAINERS = {"sft": _supervised, "dpo": _direct, "orpo": _odds}
_PAIR = {
    "prompt": [{"role": "user", "content": "?"}],
    "chosen": [{"role": "assistant", "content": "yes"}],
    "rejected": [{"role": "assistant", "content": "no"}],
}


def _three(row: Encoded) -> tuple[list[int], list[int], list[int]]:
    """Return the ids of a pair's prompt and of both its answers; where the rejected one begins, the chosen one does."""
    assert row.rejected, "preferences are learnt from pairs"
    start = row.rejected.labelled.index(True)
    return list(row.ids[:start]), list(row.ids[start:]), list(row.rejected.ids[start:])


def _arguments(config: TrainConfig, folder: str, *, kind: str) -> dict[str, Any]:
    return {
        "output_dir": folder,
        "save_strategy": "no",
        "report_to": "none",
        "disable_tqdm": True,
        "logging_steps": 1,
        "logging_nan_inf_filter": False,
        "use_cpu": kind == "cpu",
        "bf16": low_precision(kind),
        "dataloader_pin_memory": kind != "cpu",
        "max_grad_norm": config.max_grad_norm or math.inf,
        "data_seed": order_seed(config),
        "gradient_checkpointing_kwargs": {"use_reentrant": False},
        **config.model_dump(include=set(SAME_NAMES)),
    }


@contextmanager
def _given_back(model: Any, config: TrainConfig) -> Iterator[None]:
    """Undo what TRL, accelerate and transformers leave on a model: another forward, hooks, settings."""
    core = model.get_base_model() if hasattr(model, "get_base_model") else model
    embeddings = core.get_input_embeddings()
    kept = [(each, dict(vars(each))) for each in (model, core, core.config, core.generation_config)]
    hooks = dict(embeddings._forward_hooks)
    try:
        yield
    finally:
        if config.gradient_checkpointing:
            model.gradient_checkpointing_disable()
            model.disable_input_require_grads()
        for each, before in kept:
            vars(each).clear()
            vars(each).update(before)
        embeddings._forward_hooks.clear()
        embeddings._forward_hooks.update(hooks)
