"""What contestants share: one warm base model in the format the worker holds it in, and rows of math/mini."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from ftdojo import tasks
from ftdojo.config import cache_dir
from ftdojo.models import pull, quiet
from ftdojo.models.device import device, dtype_name, threads
from ftdojo.records import Message, Task
from ftdojo.submissions import TrainConfig
from ftdojo.training.encode import Encoded, encode

TASK = "math/mini"
SOURCE = "worked"


@dataclass(frozen=True, kw_only=True)
class Base:
    """A base model in memory, frozen and in evaluation mode."""

    folder: Path
    model: Any
    tokenizer: Any

    @property
    def pad(self) -> int:
        """Return the id that fills up short rows."""
        return int(self.tokenizer.pad_token_id)


@cache
def load(name: str) -> Base:
    """Return the model ``name`` as ``ftdojo.worker.bench`` loads it."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(threads())
    folder = pull(name, cache=cache_dir(), on_progress=lambda text: None).path
    with quiet():
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        model = AutoModelForCausalLM.from_pretrained(
            folder, dtype=getattr(torch, dtype_name()), local_files_only=True
        )
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    tokenizer.padding_side = "left"  # as transformers' generate wants it; training pads by itself
    model = model.to(device()).eval().requires_grad_(False)
    return Base(folder=folder, model=model, tokenizer=tokenizer)


def task() -> Task:
    """Return the task that everything is measured on."""
    return tasks.get(TASK)


def rows(base: Base, count: int) -> list[Encoded]:
    """Return the first ``count`` worked rows as the trainer gets them."""
    return [
        encode(base.tokenizer, turns, max_length=1024, completion_only=True)
        for turns in _conversations(count)
    ]


def config(batch: int) -> TrainConfig:
    """Return one epoch of LoRA r=16 on all linear layers, the setting of facts and demo alike."""
    return TrainConfig(per_device_train_batch_size=batch, learning_rate=1e-3, r=16, lora_alpha=32)


def _conversations(count: int) -> list[Sequence[Message]]:
    asked = task()
    source = next(each for each in asked.sources if each.name == SOURCE)
    return [
        (
            *asked.prompt(row[source.prompt_field]),
            Message(role="assistant", content=row[source.response_field]),
        )
        for row in islice(source.rows(), count)
    ]
