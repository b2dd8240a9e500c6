"""Models of known shapes with random weights, made on the device: speed and memory need no knowledge.

The shapes are those of Qwen2.5, whose sizes cover what one GPU trains; the tokenizer is the byte-level one of ``tiny``.
"""

import random
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.setting import Base
from ftdojo.models import tiny
from ftdojo.models.device import device, dtype_name, quiet
from ftdojo.training.encode import Encoded

SHAPES = {
    "0.5B": (896, 4864, 24, 14, 2, True),
    "1.5B": (1536, 8960, 28, 12, 2, True),
    "7B": (3584, 18944, 28, 28, 4, False),
    "small": (64, 128, 2, 4, 2, True),
}
"""Width, inner width, layers, heads, heads of keys, and whether input and output layer are one."""
VOCABULARY = {"small": 512}
SHARED, ANSWER = 32, 0.5
"""Tokens that all rows begin with, and the share of a row that carries loss."""


@cache
def tokenizer_folder() -> Path:
    """Return a folder with the byte-level tokenizer and its template."""
    folder = Path(tempfile.mkdtemp(prefix="gpu-check-"))
    tiny.make(folder)
    return folder


def make(name: str, *, save: bool = False) -> Base:
    """Return the model of shape ``name`` on the device; ``save`` writes it too, for what reads its base from a folder."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, Qwen2Config

    width, inner, layers, heads, keys, tied = SHAPES[name]
    config = Qwen2Config(
        vocab_size=VOCABULARY.get(name, 151_936),
        hidden_size=width,
        intermediate_size=inner,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=keys,
        tie_word_embeddings=tied,
        max_position_embeddings=32_768,
        bos_token_id=1,
        eos_token_id=3,
        pad_token_id=0,
    )
    torch.manual_seed(0)
    with torch.device(device()):
        model: Any = AutoModelForCausalLM.from_config(config, dtype=getattr(torch, dtype_name()))
    tokenizer = AutoTokenizer.from_pretrained(tokenizer_folder(), local_files_only=True)
    tokenizer.padding_side = "left"
    folder = _saved(model, tokenizer) if save else tokenizer_folder()
    return Base(folder=folder, model=model.eval().requires_grad_(False), tokenizer=tokenizer)


def _saved(model: Any, tokenizer: Any) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="gpu-check-"))
    with quiet():
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    return folder


def rows(base: Base, count: int, *, longest: int) -> list[Encoded]:
    """Return ``count`` rows of random tokens, 60 to 100 % of ``longest`` long, that begin alike and end in an answer."""
    draw = random.Random(longest)
    tokens = range(4, base.model.config.vocab_size)
    start = tuple(draw.choices(tokens, k=min(SHARED, longest // 4)))
    made = []
    for _ in range(count):
        length = draw.randint(int(0.6 * longest), longest)
        ids = (*start, *draw.choices(tokens, k=length - len(start)))
        quiet_part = int(length * (1 - ANSWER))
        labelled = (False,) * quiet_part + (True,) * (length - quiet_part)
        made.append(Encoded(ids=ids, labelled=labelled))
    return made


def texts(count: int, *, longest: int) -> Sequence[str]:
    """Return ``count`` questions of up to ``longest`` letters, for what takes text."""
    draw = random.Random(count)
    return [
        "".join(draw.choices("abcdefghij ", k=draw.randint(longest // 2, longest)))
        for _ in range(count)
    ]
