"""Training: our loop against a bare PyTorch loop and against TRL's ``SFTTrainer``, on the same rows and weights.

Every contestant trains a fresh LoRA adapter on the same base for one epoch over the same rows, in the same number
format. A reading is the rows' tokens, padding not counted, by the seconds from the first batch to the last update;
loading, wrapping and tokenising are outside.
"""

import copy
import random
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

from benchmarks import setting
from benchmarks.machine import finish, peak_gflops
from benchmarks.measure import OURS, Contest, Scale, say, take_turns
from benchmarks.setting import Base
from ftdojo.submissions import TrainConfig
from ftdojo.training.encode import Encoded

BARE, TRL, PEAK = "bare PyTorch loop", "TRL SFTTrainer", "matmul peak"
SEED = 42


def run(scale: Scale) -> list[Contest]:
    """Compare the three at every batch size; then state each as a share of what the machine can multiply."""
    base = setting.load(scale.model)
    rows = setting.rows(base, scale.rows)
    return [each for size in scale.batches for each in _contests(base, rows, size, scale)]


def _contests(base: Base, rows: Sequence[Encoded], size: int, scale: Scale) -> list[Contest]:
    config = setting.config(size)
    say(f"training, batch {size}: warming up")
    done_flops = _counted(base, rows, config)
    for warm in (bare, trl):
        warm(base, rows[:size], config)
    contestants = {OURS: ours, BARE: bare, TRL: trl}
    runs = {name: partial(each, base, rows, config) for name, each in contestants.items()}
    readings = take_turns(runs | {PEAK: peak_gflops}, scale)
    peaks = readings.pop(PEAK)
    tokens = sum(len(row.ids) for row in rows)
    n = f"{len(rows)} rows, {tokens} tokens a reading"
    aims = {BARE: ">= 1.0x", TRL: ">= 1.3x"}
    speed = Contest(
        name=f"training, batch {size}",
        unit="tokens/s",
        higher_is_better=True,
        n=n,
        readings=readings,
        aims=aims,
    )
    return [speed, _shares(speed, peaks, needed_flops(base, rows, config), done_flops, tokens)]


def _shares(
    speed: Contest, peaks: Sequence[float], needed: float, done: float, tokens: int
) -> Contest:
    """State tokens/s as a share of the peak that was measured in the same round."""
    shares = {
        name: [
            100 * rate / tokens * needed / 1e9 / peak
            for rate, peak in zip(rates, peaks, strict=True)
        ]
        for name, rates in speed.readings.items()
    }
    busy = [share * done / needed for share in shares[OURS]]
    return Contest(
        name=f"{speed.name}, share of the matmul peak",
        unit="% of peak",
        higher_is_better=True,
        n=speed.n,
        readings=shares,
        notes=(
            f"Peak: {min(peaks):.0f} to {max(peaks):.0f} GFLOP/s. Needed: {needed / 1e9:.1f} GFLOP a reading "
            "(4 x linear weights + 6 x adapter weights a token, 4 x output layer a labelled token; attention's own "
            "products left out).",
            f"Ours executes {done / 1e9:.1f} GFLOP, counted by torch, and so keeps {min(busy):.0f} to "
            f"{max(busy):.0f} % of the peak busy: the start that all rows share is run once a batch, padding is run.",
        ),
    )


def needed_flops(base: Base, rows: Sequence[Encoded], config: TrainConfig) -> float:
    """Return the FLOPs that one epoch needs, however it is done.

    A frozen weight costs 2 FLOPs a token forward and 2 backward (to its input; it has no gradient of its own), a
    weight that is trained 6. The output layer is needed at labelled positions only. The products inside attention are left
    out: two or three percent at these lengths.
    """
    from torch.nn import Linear

    from ftdojo.training import adapt

    linear = [each for each in base.model.modules() if isinstance(each, Linear)]
    head = base.model.get_output_embeddings()
    inner = sum(each.weight.numel() for each in linear if each is not head)
    with adapt.trainable(base.model, config, folder=base.folder) as model:
        adapter = sum(each.numel() for each in model.parameters() if each.requires_grad)
    tokens, labels = sum(len(row.ids) for row in rows), sum(row.labels for row in rows)
    if config.method == "full":
        return float(6 * (tokens * inner + labels * head.weight.numel()))
    return float(tokens * (4 * inner + 6 * adapter) + labels * 4 * head.weight.numel())


def _counted(base: Base, rows: Sequence[Encoded], config: TrainConfig) -> float:
    """Train once untimed and return the FLOPs of all matrix products that torch saw."""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        ours(base, rows, config)
    return float(counter.get_total_flops())


def ours(base: Base, rows: Sequence[Encoded], config: TrainConfig) -> float:
    """Train by ``ftdojo.training.loop.train``; return tokens/s."""
    from ftdojo.training import adapt
    from ftdojo.training.loop import train
    from ftdojo.training.watch import Watch

    with adapt.trainable(base.model, config, folder=base.folder) as model:
        began = time.perf_counter()
        train(model, rows, config, watch=Watch())
        return _rate(rows, began)


def bare(base: Base, rows: Sequence[Encoded], config: TrainConfig) -> float:
    """Train by the loop everyone writes: batches in random order, padded, masked, loss by the model; return tokens/s."""
    import torch

    from ftdojo.training import adapt
    from ftdojo.training.forward import autocast

    with adapt.trainable(base.model, config, folder=base.folder) as model:
        model.train()
        began = time.perf_counter()
        weights = [each for each in model.parameters() if each.requires_grad]
        optimizer = torch.optim.AdamW(weights, lr=config.learning_rate, fused=True)
        order = random.Random(SEED).sample(list(rows), len(rows))
        size = config.per_device_train_batch_size
        for start in range(0, len(order), size):
            with autocast(model):
                loss = model(**_padded(order[start : start + size], base), use_cache=False).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(weights, config.max_grad_norm)
            optimizer.step()
            optimizer.zero_grad()
        return _rate(rows, began)


def trl(base: Base, rows: Sequence[Encoded], config: TrainConfig) -> float:
    """Train by TRL as a user would set it up for a CPU, rows tokenised beforehand; return tokens/s.

    It gets a copy of the base, because it leaves the model it was given with another ``forward``; one in float32 where
    every weight is trained, as ours has.
    """
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    from ftdojo.models.device import device, low_precision
    from ftdojo.training import adapt

    columns = [
        {"input_ids": list(row.ids), "completion_mask": [int(each) for each in row.labelled]}
        for row in rows
    ]
    full = config.method == "full"
    model = copy.deepcopy(base.model)
    with tempfile.TemporaryDirectory() as folder:
        args = SFTConfig(
            output_dir=folder,
            use_cpu=device() == "cpu",
            bf16=low_precision(device()),
            gradient_checkpointing=False,
            per_device_train_batch_size=config.per_device_train_batch_size,
            learning_rate=config.learning_rate,
            num_train_epochs=1,
            max_length=config.max_length,
            completion_only_loss=True,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
        )
        trainer = SFTTrainer(
            model=model.float().requires_grad_(True) if full else model,
            args=args,
            train_dataset=Dataset.from_list(columns),
            processing_class=base.tokenizer,
            peft_config=None if full else adapt.lora_config(config),
        )
        began = time.perf_counter()
        trainer.train()
        return _rate(rows, began)


def _padded(rows: Sequence[Encoded], base: Base) -> dict[str, Any]:
    """Return ids, attention mask and labels, padded on the right to the longest row."""
    import torch

    width = max(len(row.ids) for row in rows)
    shape = (len(rows), width)
    ids = torch.full(shape, base.pad)
    mask = torch.zeros(shape, dtype=torch.long)
    labels = torch.full(shape, -100)
    for at, row in enumerate(rows):
        own = torch.tensor(row.ids)
        ids[at, : len(own)] = own
        mask[at, : len(own)] = 1
        labels[at, : len(own)] = torch.where(torch.tensor(row.labelled), own, -100)
    kind = base.model.device
    return {"input_ids": ids.to(kind), "attention_mask": mask.to(kind), "labels": labels.to(kind)}


def _rate(rows: Sequence[Encoded], began: float) -> float:
    finish()
    return sum(len(row.ids) for row in rows) / (time.perf_counter() - began)
