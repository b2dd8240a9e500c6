"""Which shortcuts a base model stands, found out by trial on three made-up rows instead of from a list of architectures.

A shortcut is right where the logits it gives are, but for rounding, those of each row alone in a plain forward without a
cache. Windows of attention, and rotations that change with length, lie beyond the length of any quick trial; their
lengths are read from the settings. Rounding to a half format hides small faults, so the trial computes in float32; where
there is no memory for that, only batches are tried, and nothing is shared or packed.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psutil
import torch
from torch import Tensor

from ftdojo.errors import ModelError
from ftdojo.inference.engine import AHEAD, embedded, write
from ftdojo.models.device import out_of_memory
from ftdojo.models.local import flat
from ftdojo.records import Answering, Shortcuts
from ftdojo.training.encode import Encoded, pack
from ftdojo.training.forward import collate, label_logits

SHARED, OWN, MORE = 10, (1, 13, 5), (2, 4, 4)
"""Tokens that all rows begin with, that each goes on with, and that it then writes, beyond what is written at one go; the
first one ends before the rest."""
FINE, COARSE = 1e-3, 0.2
"""Largest difference between two vectors of logits that is rounding (root mean square over standard deviation), in float32
and in a half format. Over 60 architectures rounding stays below 1e-5 in float32, and what is wrong is above 0.003; in
bfloat16 rounding alone reaches 0.07."""
ROOM = 1.5
"""Memory that must be free for a trial in float32, in sizes of the weights in that format."""
_FAULTS = (
    AttributeError,
    IndexError,
    KeyError,
    NotImplementedError,
    RuntimeError,
    TypeError,
    ValueError,
)


@torch.no_grad()
def shortcuts_of(model: Any) -> Shortcuts:
    """Return what ``model`` stands; takes some 300 tokens' worth of forward passes.

    Raises:
        ModelError: what it writes or learns alone is not what its plain forward says, so no way is right.
    """
    with _in_float32(model):
        return _Trial(model).shortcuts()


class _Trial:
    """Three rows, and the logits that each gives alone."""

    def __init__(self, model: Any) -> None:
        self._model, self._kind = model, str(model.config.model_type)
        self._fine = model.dtype == torch.float32
        drawn = _tokens(model)
        start = [next(drawn) for _ in range(SHARED)]
        self._asked = [start + [next(drawn) for _ in range(own)] for own in OWN]
        ahead = AHEAD.get(model.device.type, 1) - 1
        self._written = [[next(drawn) for _ in range(ahead + more)] for more in MORE]
        self._rows = [_row(*each) for each in zip(self._asked, self._written, strict=True)]
        self._truth = [self._alone(row) for row in self._rows]

    def shortcuts(self) -> Shortcuts:
        settings = flat(self._model.config.to_dict())
        window = window_of(settings)
        packed = pack(self._rows, max_length=sum(len(row.ids) for row in self._rows))
        answering = self._answering(windowed=window > 0)
        shares = self._fine and self._learns(self._rows, shared=SHARED - 1)
        if not shares and not self._learns(self._rows, shared=0):
            raise ModelError(
                f"The losses of a {self._kind!r} model change with the rows that lie beside one in a batch, so it cannot be "
                "trained here; choose another."
            )
        return Shortcuts(
            answering=answering,
            window=window,
            apart=rotation_limit(settings),
            shared_start=shares,
            packing=self._fine and self._learns(packed, shared=0),
        )

    def _answering(self, *, windowed: bool) -> Answering:
        if self._fine and self._writes("shared") and (not windowed or self._writes("batched")):
            return "shared"
        ways: tuple[Answering, ...] = ("batched", "plain", "single")
        found = next((way for way in ways if self._writes(way)), None)
        if found is None:
            raise ModelError(
                f"What a {self._kind!r} model writes is not what its plain forward says comes next, so it does not continue "
                "text from left to right; choose another."
            )
        return found

    def _writes(self, way: Answering) -> bool:
        """Return whether generation in that way has the logits of each row alone, at every step."""
        seen: list[list[Tensor]] = [[] for _ in self._rows]
        left = [len(each) for each in self._written]

        def pick(logits: Tensor, rows: Sequence[int]) -> Tensor:
            for row, each in zip(rows, logits, strict=True):
                seen[row].append(each.float())
            following = [self._next(row, len(seen[row])) for row in rows]
            return torch.tensor(following, device=logits.device)

        def take(row: int, _token: int) -> bool:
            left[row] -= 1
            return left[row] > 0

        def tried() -> list[Tensor]:
            write(self._model, self._asked, way=way, shared=SHARED, pick=pick, take=take)
            written = zip(seen, self._written, strict=True)
            return [torch.stack(each[: len(more)]) for each, more in written]

        return self._holds(
            tried,
            [truth[SHARED + own - 1 : -1] for own, truth in zip(OWN, self._truth, strict=True)],
        )

    def _next(self, row: int, count: int) -> int:
        """Return the token number ``count`` that a row writes, from 1; beyond its end, where an engine may run, any."""
        written = self._written[row]
        return written[min(count, len(written)) - 1]

    def _learns(self, rows: Sequence[Encoded], *, shared: int) -> bool:
        """Return whether the labels of ``rows``, packed or not, are predicted as they are in each row alone."""
        longest_first = sorted(range(len(OWN)), key=lambda at: -len(self._rows[at].ids))
        order = longest_first if len(rows) < len(OWN) else range(len(OWN))

        def tried() -> list[Tensor]:
            batch = collate(rows, shared=shared, pad=0, device=self._model.device)
            return [label_logits(self._model, batch).float()]

        return self._holds(tried, [torch.cat([self._truth[at][SHARED - 1 : -1] for at in order])])

    def _holds(self, tried: Callable[[], list[Tensor]], truth: list[Tensor]) -> bool:
        try:
            found = tried()
        except _FAULTS as error:
            if out_of_memory(error):
                raise
            return False
        return all(
            one.shape == other.shape and _difference(one, other) <= (FINE if self._fine else COARSE)
            for one, other in zip(found, truth, strict=True)
        )

    def _alone(self, row: Encoded) -> Tensor:
        ids = torch.tensor([row.ids], device=self._model.device)
        logits: Tensor = self._model(input_ids=ids, use_cache=False).logits[0]
        return logits.float()


@contextmanager
def _in_float32(model: Any) -> Iterator[None]:
    """Hold ``model`` in float32, where there is room for it: rounding to a half format hides small faults."""
    weights = list(model.parameters())
    need = 4 * ROOM * sum(weight.numel() for weight in weights)
    if model.dtype == torch.float32 or need > _free_bytes(model.device):
        yield
        return
    kept = [weight.data for weight in weights]
    for weight in weights:
        weight.data = weight.data.float()
    try:
        yield
    finally:
        for weight, data in zip(weights, kept, strict=True):
            weight.data = data


def _free_bytes(device: torch.device) -> int:
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return int(psutil.virtual_memory().available)


def window_of(settings: dict[str, Any]) -> int:
    """Return the shortest window of attention, or chunk of it, in ``settings``; 0 where there is none.

    What only counts layers or tells of a pattern is none; of what is not known by its name, the smallest is taken, which
    is right and at worst slow.
    """
    found = [
        value
        for name, value in settings.items()
        if ("window" in name or "attention_chunk" in name)
        and not any(other in name for other in ("layer", "pattern", "use_"))
    ]
    return min((value for value in found if type(value) is int and value > 0), default=0)


def rotation_limit(settings: dict[str, Any]) -> int:
    """Return the length beyond which rotations depend on the longest row of a batch, 0 where they never do."""
    stated = settings.get("rope_parameters") or settings.get("rope_scaling") or {}
    parts = [stated, *stated.values()] if isinstance(stated, dict) else []
    for each in parts:
        kind = each.get("rope_type", each.get("type")) if isinstance(each, dict) else ""
        if kind in ("longrope", "dynamic"):
            for name in ("original_max_position_embeddings", "max_position_embeddings"):
                lengths = [of[name] for of in (each, settings) if isinstance(of.get(name), int)]
                if lengths:
                    return int(min(lengths))
    return 0


def _difference(found: Tensor, truth: Tensor) -> float:
    """Return how far apart two sets of vectors of logits are, at their worst."""
    apart = (found - truth).pow(2).mean(-1).sqrt() / truth.std(-1).clamp(min=1e-12)
    return float(apart.max().nan_to_num(nan=torch.inf))


def _row(asked: list[int], written: list[int]) -> Encoded:
    labelled = (False,) * SHARED + (True,) * (len(asked) + len(written) - SHARED)
    return Encoded(ids=(*asked, *written), labelled=labelled)


def _tokens(model: Any) -> Iterator[int]:
    """Yield ordinary tokens: none that has a meaning of its own, such as padding or the place of an image."""
    settings = flat(model.config.to_dict())
    named = [
        value for name, value in settings.items() if name.endswith(("_token_id", "_token_index"))
    ]
    special = {each for value in named for each in (value if isinstance(value, list) else [value])}
    rows, drawn = embedded(model), random.Random(0)
    while True:
        token = drawn.randrange(rows // 4, max(rows // 4 + 1, rows * 3 // 4))
        if token not in special:
            yield token
