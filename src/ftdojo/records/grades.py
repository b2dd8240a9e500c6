"""Generation and its scores: how to decode, completions, one item's grade, and numbers that travel with n and an interval."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
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


Answering = Literal["shared", "batched", "plain", "single"]


@dataclass(frozen=True, kw_only=True)
class Shortcuts:
    """What saves time with a base model and leaves every output and loss that of its row alone; found out by trial.

    ``answering`` is the fastest way to generate: ``shared`` runs the start that all prompts share once, ``batched`` runs
    each prompt whole, side by side; ``plain`` is transformers' own generation of a batch, ``single`` of one prompt at a
    time. Two lengths in tokens, answer included, limit it (0: none): beyond ``window``, prompts do not share their start;
    beyond ``apart``, they are answered one at a time. In training, ``shared_start`` tells whether rows may share theirs,
    and ``packing`` whether rows that are packed together stay apart.
    """

    answering: Answering = "shared"
    window: int = 0
    apart: int = 0
    shared_start: bool = True
    packing: bool = True

    def way(self, tokens: int) -> Answering:
        """Return how to answer prompts of which the longest has ``tokens``, its answer included."""
        if 0 < self.apart < tokens:
            return "single"
        return (
            "batched" if self.answering == "shared" and 0 < self.window < tokens else self.answering
        )

    def words(self) -> tuple[str, ...]:
        """Return in words what is slower with this model, and why."""
        found = [_SLOWER[self.answering]] if self.answering != "shared" else []
        if self.answering == "shared" and self.window:
            found.append(
                f"prompts that reach {self.window} tokens with their answers do not share their start: attention has a window"
            )
        if self.apart:
            found.append(
                f"prompts that reach {self.apart} tokens with their answers are answered one at a time: rotations change there"
            )
        if not self.shared_start:
            found.append("rows do not share their start in training: it could change losses")
        if not self.packing:
            found.append("packing is refused: packed rows could see each other")
        return tuple(found)


_SLOWER = {
    "batched": "prompts do not share their start: it could change outputs",
    "plain": "transformers generates, batch by batch: our own generation would change outputs",
    "single": "prompts are answered one at a time: a batch would change outputs",
}


class Direction(StrEnum):
    """Which way a metric is better."""

    HIGHER = "higher"
    LOWER = "lower"


class Verdict(StrEnum):
    """What a paired test says of a candidate against a rival."""

    BETTER = "better"
    WORSE = "worse"
    UNDECIDED = "undecided"


@dataclass(frozen=True, kw_only=True)
class Grade:
    """What a scorer says of one output.

    ``score`` is in the metric's own unit ([0, 1] for shares). An unreadable output is wrong, and is counted apart.
    ``secondary`` holds further metrics, in [0, 1] where it makes sense; they explain, they decide nothing. A metric that
    an item has is in all of its grades, those of unreadable outputs included.
    """

    score: float
    readable: bool
    extracted: str = ""
    secondary: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Graded:
    """One item's record: what the model wrote and what it was worth.

    ``finished`` is false where the output was cut by the token cap. Where a task asks for several samples of an item,
    ``samples`` are all of them, ``output`` is the first and ``grade`` their mean.
    """

    item: str
    output: str
    grade: Grade
    tokens: int
    finished: bool
    slices: Mapping[str, str] = field(default_factory=dict)
    samples: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A mean, or what else the task makes of its items' scores, with its 95 % interval."""

    score: float
    n: int
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A candidate against a rival on the same items.

    ``difference`` is candidate minus rival, its interval 95 %, both in the metric's unit. ``fixed`` and ``broken``
    count items that became better or worse. ``p_value`` is two-sided; ``alpha`` is the level this look is held to,
    after spending on ``look - 1`` earlier ones. ``detectable`` is the smallest true difference that n items show
    four times in five. ``predicted`` is the effect the submission announced.
    """

    against: str
    difference: Estimate
    fixed: int
    broken: int
    p_value: float
    alpha: float
    look: int
    detectable: float
    verdict: Verdict
    predicted: float | None = None
