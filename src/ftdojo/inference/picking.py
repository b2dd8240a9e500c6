"""Choosing the next token of each row: the likeliest one, or one drawn at a temperature from the top of the distribution.

Nucleus sampling after Holtzman et al. 2020. Every row draws from a stream of its own, seeded by the run's seed and the
row's place, so a completion does not depend on which rows are decoded beside it.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from ftdojo.records import Decoding

STREAM = 1_000_003
"""Apart enough that seeds of one run and places of another do not meet."""


class Picker:
    """Picks tokens for the rows of a batch.

    Args:
        decoding: how; temperature 0 is greedy.
        places: the place of each row among all that are decoded, which seeds its draws.
    """

    def __init__(self, decoding: Decoding, places: Sequence[int]) -> None:
        self._decoding = decoding
        drawing = decoding.temperature > 0
        seeds = [(decoding.seed * STREAM + place) % 2**63 for place in places] if drawing else []
        self._streams = [torch.Generator().manual_seed(seed) for seed in seeds]

    def following(self, logits: Tensor, rows: Sequence[int]) -> Tensor:
        """Return the next token of each of ``rows`` (their numbers in the batch), given its logits (B, V)."""
        if not self._streams:
            return logits.argmax(-1)
        draws = torch.cat([torch.rand(1, generator=self._streams[row]) for row in rows])
        return sampled(
            logits,
            draws.to(logits.device),
            temperature=self._decoding.temperature,
            top_p=self._decoding.top_p,
        )


def sampled(logits: Tensor, draws: Tensor, *, temperature: float, top_p: float) -> Tensor:
    """Return the token at ``draws`` (B, in [0, 1)) of each distribution, its tail beyond ``top_p`` cut off.

    Example:
        >>> sampled(torch.tensor([[0.0, 1.0, 5.0]]), torch.tensor([0.5]), temperature=1.0, top_p=0.9).tolist()
        [2]
    """
    ordered, tokens = (logits.float() / temperature).softmax(-1).sort(-1, descending=True)
    reached = ordered.cumsum(-1)
    ordered = ordered.masked_fill(reached - ordered >= top_p, 0.0)
    reached = ordered.cumsum(-1)
    wanted = draws[:, None] * reached[:, -1:]
    at = (reached <= wanted).sum(-1, keepdim=True).clamp(max=ordered.shape[-1] - 1)
    return tokens.gather(-1, at)[:, 0]
