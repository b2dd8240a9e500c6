"""What goes into generation and what comes out: weights, how to decode, completions."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Decoding:
    """How to decode: at most ``max_new_tokens`` tokens, up to an end token or one of ``stop``.

    ``temperature`` 0 is greedy, whatever else is said. Else tokens are drawn from the softmax of logits over
    ``temperature``, cut to the smallest set whose probability reaches ``top_p`` (in (0, 1]). ``samples`` completions
    are made of every prompt; equal prompts, decoding and ``seed`` give equal completions on one machine.
    """

    max_new_tokens: int
    stop: tuple[str, ...] = ()
    temperature: float = 0.0
    top_p: float = 1.0
    samples: int = 1
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class Completion:
    """What a model wrote: ``text`` without stop string or end token; ``finished`` unless the cap cut it off."""

    text: str
    tokens: int
    finished: bool


@dataclass(frozen=True, kw_only=True)
class Weights:
    """Trained weights in a folder of safetensors.

    ``digest`` is that of their tensors. An ``adapter`` sits on ``over``, which is None for the run's base model; ``full``
    weights are a model of their own, and so is a ``merged`` one. In a run's record ``path`` is relative to the run folder.
    """

    path: Path
    digest: str
    kind: Literal["adapter", "full", "merged"]
    over: "Weights | None" = None
