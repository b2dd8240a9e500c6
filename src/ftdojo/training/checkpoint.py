"""The state of a training in one file, so that one that is killed goes on to the same weights, bit for bit.

Weights, AdamW's moments, the best weights so far and the state of the random numbers are tensors of a safetensors file;
step, schedule, losses and the optimizer's settings are JSON in its metadata. The order of the rows follows from the step. A
file is written beside the last one and renamed, so there is a whole one or none. Nothing in it can run anything.
"""

import json
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from ftdojo.records import LossPoint
from ftdojo.training.best import BestWeights
from ftdojo.training.watch import Keeping, Watch

COST_SHARE = 0.02
"""At most this share of the time goes into writing."""
ROOM = 2.0
"""A state is written only where so many times its size are free, on the disk and in memory."""


@dataclass
class Learner:
    """What changes from step to step: weights with optimizer and schedule, the best so far, and what was seen."""

    weights: list[torch.Tensor]
    optimizer: Any
    schedule: Any
    best: BestWeights
    watch: Watch

    def tensors(self) -> dict[str, torch.Tensor]:
        """Return every tensor that the next step depends on, by name."""
        found = {f"weight.{at}": each.detach() for at, each in enumerate(self.weights)}
        for at, moments in self.optimizer.state_dict()["state"].items():
            found |= {f"adam.{at}.{name}": each for name, each in moments.items()}
        found |= {f"best.{at}": each for at, each in enumerate(self.best.copies)}
        return found | _random(self.weights)

    def plain(self) -> dict[str, Any]:
        """Return all else, as JSON holds it."""
        return {
            "groups": self.optimizer.state_dict()["param_groups"],
            "schedule": self.schedule.state_dict(),
            "best": [self.best.loss, self.best.step],
            "curve": [list(asdict(point).values()) for point in self.watch.curve],
            "held_out": self.watch.held_out,
        }

    @torch.no_grad()
    def restore(self, tensors: Mapping[str, torch.Tensor], plain: Mapping[str, Any]) -> None:
        """Become what ``tensors`` and ``plain`` say."""
        for at, weight in enumerate(self.weights):
            weight.copy_(tensors[f"weight.{at}"])
        state: dict[int, dict[str, torch.Tensor]] = {}
        for name, each in tensors.items():
            kind, _, rest = name.partition(".")
            if kind == "adam":
                number, _, moment = rest.partition(".")
                state.setdefault(int(number), {})[moment] = each
        self.optimizer.load_state_dict({"state": state, "param_groups": plain["groups"]})
        self.schedule.load_state_dict(plain["schedule"])
        copies = [
            tensors[f"best.{at}"] for at in range(len(self.weights)) if f"best.{at}" in tensors
        ]
        self.best.loss, self.best.step = plain["best"]
        self.best.copies = copies
        self.watch.curve = [LossPoint(**_named(each)) for each in plain["curve"]]
        self.watch.held_out = [(int(step), float(loss)) for step, loss in plain["held_out"]]
        torch.set_rng_state(tensors["random"])
        if "random.cuda" in tensors:
            torch.cuda.set_rng_state(tensors["random.cuda"], self.weights[0].device)


class Checkpoint:
    """Keeps the state of one training where its watch has a ``keeping``; else it does nothing."""

    def __init__(self, learner: Learner) -> None:
        self._learner, self._keeping = learner, learner.watch.keeping
        keeping = self._keeping
        self._due = time.monotonic() + keeping.every_s if keeping else 0.0
        self.resumed_after: list[int] = []

    def resume(self) -> LossPoint | None:
        """Go back to the state that was kept, and return its last step; None where there is none of this training."""
        kept = _read(self._keeping) if self._keeping else None
        if kept is None:
            return None
        tensors, plain = kept
        self._learner.restore(tensors, plain)
        watch = self._learner.watch
        last = watch.curve[-1]
        if watch.seconds is not None:
            watch.seconds += last.seconds
        self.resumed_after = [*plain["resumed_after"], last.step]
        return last

    def look(self) -> None:
        """Keep the state after a step, if it is time."""
        if not self._keeping or time.monotonic() < self._due:
            return
        began = time.monotonic()
        tensors = self._learner.tensors()
        plain = self._learner.plain()
        if _room(self._keeping.file.parent, tensors):
            plain |= {"key": self._keeping.key, "resumed_after": self.resumed_after}
            _write(self._keeping.file, tensors, json.dumps(plain))
        took = time.monotonic() - began
        self._due = time.monotonic() + max(self._keeping.every_s, took / COST_SHARE)


def _named(values: list[Any]) -> dict[str, Any]:
    return dict(zip(LossPoint.__dataclass_fields__, values, strict=True))


def _random(weights: list[torch.Tensor]) -> dict[str, torch.Tensor]:
    found = {"random": torch.get_rng_state()}
    if weights[0].device.type == "cuda":
        found["random.cuda"] = torch.cuda.get_rng_state(weights[0].device)
    return found


def _room(folder: Path, tensors: Mapping[str, torch.Tensor]) -> bool:
    need = ROOM * sum(each.numel() * each.element_size() for each in tensors.values())
    return psutil.disk_usage(str(folder)).free > need < psutil.virtual_memory().available


def _write(to: Path, tensors: dict[str, torch.Tensor], plain: str) -> None:
    part = to.with_name(to.name + ".part")
    try:
        save_file(tensors, part, metadata={"state": plain})
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.replace(to)
    except (
        OSError,
        SafetensorError,
    ) as error:  # training is worth more than what would save its time
        print(
            f"{to} cannot be written ({error}); a kill would begin this training anew.", flush=True
        )
        part.unlink(missing_ok=True)


def _read(keeping: Keeping) -> tuple[dict[str, torch.Tensor], dict[str, Any]] | None:
    """Return what was kept of this very training; another's, and a damaged file, count as none."""
    if not keeping.file.is_file():
        return None
    try:
        with safe_open(keeping.file, framework="pt") as kept:
            plain = json.loads(kept.metadata()["state"])
            if plain["key"] != keeping.key:
                return None
            return {name: kept.get_tensor(name) for name in kept.keys()}, plain  # noqa: SIM118 - it is no dict
    except (OSError, SafetensorError, ValueError, KeyError, TypeError):
        return None
