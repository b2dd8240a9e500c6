"""Putting trained weights on the warm base for generation, and taking them off again, to the bit.

An adapter is merged into the base's weights, because some four hundred small products a token would double the time of
a step. The weights it touches are copied first and copied back afterwards: subtracting the update again would leave
rounding behind.
"""

from pathlib import Path
from typing import Any

import torch

from ftdojo.errors import ModelError
from ftdojo.models import load_model
from ftdojo.records import Weights


class Attachment:
    """The warm base with at most one set of trained weights on it."""

    def __init__(self, base: Any) -> None:
        self._base, self._model = base, base
        self._on: tuple[Path, int, int] | None = None
        self._saved: dict[str, torch.Tensor] = {}

    def model(self, weights: Weights | None) -> Any:
        """Return the base with ``weights`` (None for none) in force.

        Raises:
            ModelError: they sit on other weights than the base.
        """
        wanted = _stamp(weights.path) if weights else None
        if wanted != self._on:
            self.clear()
            if weights is not None:
                self._put(weights)
            self._on = wanted
        return self._model

    def clear(self) -> None:
        """Give back the base as it was."""
        parameters = dict(self._base.named_parameters())
        for name, kept in self._saved.items():
            parameters[name].data.copy_(kept)
        self._saved, self._model, self._on = {}, self._base, None

    def _put(self, weights: Weights) -> None:
        if weights.kind != "adapter":
            loaded = load_model(weights.path, dtype=self._base.dtype)
            self._model = loaded.to(self._base.device).eval()
            return
        if weights.over:
            raise ModelError(
                f"{weights.path} is an adapter over {weights.over.path}, and only adapters over the base can be attached; "
                "merge the two first."
            )
        from peft import PeftModel

        wrapped = PeftModel.from_pretrained(self._base, weights.path)
        touched = {
            name.removesuffix(".base_layer.weight") + ".weight": weight
            for name, weight in wrapped.get_base_model().named_parameters()
            if name.endswith(".base_layer.weight")
        }
        self._saved = {name: weight.detach().clone() for name, weight in touched.items()}
        self._model = wrapped.merge_and_unload()
        if hasattr(self._base, "peft_config"):
            del self._base.peft_config


def _stamp(folder: Path) -> tuple[Path, int, int]:
    """Return what tells a folder from one that was put in its place."""
    found = folder.stat()
    return folder, found.st_ino, found.st_mtime_ns
