"""The weights with the lowest held-out loss, kept while training goes on."""

from collections.abc import Sequence
from math import inf

import torch


class BestWeights:
    """Keeps a copy of ``weights`` as they were at their lowest held-out loss, as ``load_best_model_at_end`` does.

    The copy is made whenever the loss falls, and lies in the machine's memory, of which it takes as much as what is
    trained: some megabytes for an adapter, the whole model in float32 for full fine-tuning.

    ``loss`` is the lowest seen and ``step`` the one that it was seen after (0: none yet), ``copies`` the weights there.

    Args:
        weights: what is trained; anything else of a model stays as it is.
    """

    def __init__(self, weights: Sequence[torch.Tensor]) -> None:
        self._weights = weights
        self.copies: list[torch.Tensor] = []
        self.loss, self.step = inf, 0

    @torch.no_grad()
    def see(self, step: int, loss: float) -> None:
        """Take note of the held-out ``loss`` (nats) after optimizer step ``step``, from 1."""
        if not loss < self.loss:
            return
        self.loss, self.step = loss, step
        if not self.copies:
            self.copies = [torch.empty_like(each, device="cpu") for each in self._weights]
        for copy, weight in zip(self.copies, self._weights, strict=True):
            copy.copy_(weight)

    @torch.no_grad()
    def restore(self, last: int) -> int:
        """Put the best weights back after step ``last``, and return the step they are of.

        That is ``last`` itself where no loss was seen, and nothing is put back then.
        """
        if self.step in (0, last):
            return last
        for copy, weight in zip(self.copies, self._weights, strict=True):
            weight.copy_(copy)
        return self.step
