"""The loss of a batch, computed only where it is needed.

Three savings, none of which changes the loss (``tests/training`` compares with the plain forward):

- logits are made for labelled positions only (a vocabulary of 49,152 makes them a third of a small model's work);
- rows are padded on the right and no padding mask is built: under causal attention no real token sees padding;
- the tokens that all rows share at their start (system prompt, turn markers) are run once a batch and their keys and
  values are shared, gradients included.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache

from ftdojo.models.device import LABEL_ONLY, low_precision
from ftdojo.records import Shortcuts
from ftdojo.training.encode import Encoded

MIN_SHARED = 8
"""A shorter shared start is not worth a second forward."""
BATCH_TOKENS = 1024
"""Rows are measured in batches of about this many tokens, padding included; their logits stay in the caches of a core."""


@dataclass(frozen=True)
class Batch:
    """Right-padded rows without their shared start.

    ``shared`` (P,) are the ids every row begins with; ``ids`` (B, T) the rest; ``labelled`` (L,) are the positions in
    the flattened ``ids`` after which a labelled token comes, and ``gold`` (L,) those tokens; ``places`` (B, T) are
    positions that restart at joints, or None if no row was packed. ``tokens`` counts the rows' tokens, shared ones
    included, padding not. Of pairs, the chosen answers are the first half of the rows and the rejected the second;
    ``reference`` (B,) are the log-probabilities of their answers before training, or None if they are not known.
    """

    shared: Tensor
    ids: Tensor
    labelled: Tensor
    gold: Tensor
    places: Tensor | None
    tokens: int
    reference: Tensor | None = None


def shared_start(rows: Sequence[Encoded]) -> int:
    """Count the leading tokens that all rows share, ending before the first token that carries loss."""
    rows = _sequences(rows)
    if any(row.joints for row in rows):
        return 0
    low, high = min(row.ids for row in rows), max(row.ids for row in rows)
    first_label = min(
        row.labelled.index(True) if True in row.labelled else len(row.ids) for row in rows
    )
    limit = max(0, min(first_label, min(len(row.ids) for row in rows)) - 1)
    length = next((at for at in range(limit) if low[at] != high[at]), limit)
    return length if length >= MIN_SHARED else 0


def collate(rows: Sequence[Encoded], *, shared: int, device: torch.device, pad: int = 0) -> Batch:
    """Pad ``rows`` to one length, leaving out their first ``shared`` tokens; any token pads, as none of it is seen.

    Everything that depends on values is worked out here, in the machine's memory: on a GPU no later step of the loss
    has to wait for the device, and the copies run beside it.
    """
    known = [row.reference for row in rows if row.reference]
    rows = _sequences(rows)
    width = max(len(row.ids) for row in rows) - shared
    ids = torch.full((len(rows), width), pad, dtype=torch.long)
    targets = torch.full((len(rows), width), -100, dtype=torch.long)
    for at, row in enumerate(rows):
        own = torch.tensor(row.ids[shared:])
        ids[at, : len(own)] = own
        carries = torch.tensor(row.labelled[shared + 1 :], dtype=torch.bool)
        targets[at, : len(own) - 1] = torch.where(carries, own[1:], -100)
    flat = targets.flatten()
    labelled = (flat != -100).nonzero()[:, 0]
    packed = any(row.joints for row in rows)
    return Batch(
        shared=_sent(torch.tensor(rows[0].ids[:shared], dtype=torch.long), device),
        ids=_sent(ids, device),
        labelled=_sent(labelled, device),
        gold=_sent(flat[labelled], device),
        places=_sent(_places(rows, width), device) if packed else None,
        tokens=sum(len(row.ids) for row in rows),
        reference=_sent(torch.tensor(known).T.flatten(), device) if known else None,
    )


def _sequences(rows: Sequence[Encoded]) -> list[Encoded]:
    """Return the rows, those of pairs with the chosen answers first and the rejected ones after them."""
    return [*rows, *(row.rejected for row in rows if row.rejected)]


def _sent(values: Tensor, device: torch.device) -> Tensor:
    """Copy to ``device`` without waiting for it, which takes page-locked memory."""
    if device.type != "cuda":
        return values.to(device)
    return values.pin_memory().to(device, non_blocking=True)


def loss_sum(model: Any, batch: Batch) -> tuple[Tensor, int]:
    """Return the summed negative log-likelihood (nats) over labelled tokens, and their number."""
    logits = label_logits(model, batch)
    loss = torch.nn.functional.cross_entropy(logits.float(), batch.gold, reduction="sum")
    return loss, int(batch.gold.numel())


@torch.no_grad()
def row_losses(model: Any, rows: Sequence[Encoded], shortcuts: Shortcuts) -> list[float]:
    """Return the summed negative log-likelihood (nats) of each row's labelled tokens, in the order of ``rows``.

    Rows that carry no loss have 0; of a pair, the chosen answer counts. Rows of like length are measured together, as far as
    ``shortcuts`` lets them.
    """
    rows = [replace(row, rejected=None, reference=None) for row in rows]
    found = [0.0] * len(rows)
    for places in _alike(rows, shortcuts):
        some = [rows[at] for at in places]
        shared = shared_start(some) if shortcuts.shared_start and len(some) > 1 else 0
        batch = collate(some, shared=shared, device=model.device)
        each = torch.nn.functional.cross_entropy(
            label_logits(model, batch).float(), batch.gold, reduction="none"
        )
        parts = torch.split(each, [row.labels for row in some])
        for at, part in zip(places, parts, strict=True):
            found[at] = float(part.sum())
    return found


def _alike(rows: Sequence[Encoded], shortcuts: Shortcuts) -> Iterator[list[int]]:
    """Yield the places of rows that go into one batch, the longest first."""
    ordered = sorted(
        (at for at, row in enumerate(rows) if row.labels), key=lambda at: -len(rows[at].ids)
    )
    while ordered:
        longest = len(rows[ordered[0]].ids)
        alone = 0 < shortcuts.apart < longest
        size = 1 if alone else max(1, BATCH_TOKENS // longest)
        yield ordered[:size]
        ordered = ordered[size:]


def label_logps(model: Any, batch: Batch) -> Tensor:
    """Return the log-probabilities (L,), in nats, of the labelled tokens, row after row."""
    logits = label_logits(model, batch)
    return -torch.nn.functional.cross_entropy(logits.float(), batch.gold, reduction="none")


def autocast(model: Any) -> AbstractContextManager[Any]:
    """Compute in bfloat16 where the machine is good at it; master weights and sums stay in float32."""
    kind = model.device.type
    return torch.autocast(kind, dtype=torch.bfloat16) if low_precision(kind) else nullcontext()


def label_logits(model: Any, batch: Batch) -> Tensor:
    """Return the logits (L, V) that predict the labelled tokens, row after row."""
    core = model.get_base_model() if hasattr(model, "get_base_model") else model
    if core.config.model_type in LABEL_ONLY:
        hidden = _run(core.model, batch).last_hidden_state
        logits: Tensor = core.lm_head(hidden.flatten(0, 1)[batch.labelled])
        return logits
    whole: Tensor = _run(core, batch).logits
    return whole.flatten(0, 1)[batch.labelled]


def _places(rows: Sequence[Encoded], width: int) -> Tensor:
    places = torch.arange(width).repeat(len(rows), 1)
    for at, row in enumerate(rows):
        for joint in row.joints:
            places[at, joint:] = torch.arange(width - joint)
    return places


def _run(body: Any, batch: Batch) -> Any:
    start = int(batch.shared.numel())
    if not start:
        return body(input_ids=batch.ids, position_ids=batch.places, use_cache=False)
    rows, width = batch.ids.shape
    cache = DynamicCache(config=body.config)
    body(input_ids=batch.shared[None], use_cache=True, past_key_values=cache)
    for layer in cache.layers:
        layer.keys = layer.keys.expand(rows, -1, -1, -1)
        layer.values = layer.values.expand(rows, -1, -1, -1)
    places = torch.arange(start, start + width, device=batch.ids.device)[None]
    return body(input_ids=batch.ids, position_ids=places, use_cache=True, past_key_values=cache)
