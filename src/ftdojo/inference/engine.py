"""Batched generation that stops paying for a row when the row is done.

``transformers.generate`` keeps every row of a batch until its slowest is done and runs the shared start of all prompts
once a row. Here prompts are sorted by length, their shared start is run once, finished rows leave the batch at once
and waiting prompts take over as whole batches. Greedy by default; samples are drawn from a stream of random numbers of
their own, so equal inputs give equal outputs on one machine and batch shape either way. ``tests/inference`` compares
with ``generate``; ``benchmarks/README.md`` has the figures.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache

from ftdojo.inference.picking import Picker
from ftdojo.models.device import LABEL_ONLY
from ftdojo.records import Completion, Decoding, Message

BATCH = 128
"""Rows decoded together; CPUs gain nothing beyond."""
SLACK = 16
"""Tokens looked at for a stop string beyond its bytes: some tokens are no text at all."""


class _Rows:
    """The rows of one batch that still write; a finished row is dropped from every tensor and from the cache."""

    def __init__(
        self, *, cache: DynamicCache, mask: Tensor, places: Tensor, logits: Tensor
    ) -> None:
        self.cache, self.mask, self.places, self.logits = cache, mask, places, logits
        self.row = list(range(len(logits)))

    def keep(self, alive: list[int]) -> None:
        """Keep only the rows at positions ``alive``."""
        if len(alive) == len(self.row):
            return
        index = torch.tensor(alive, device=self.mask.device)
        self.cache.batch_select_indices(index)
        self.mask, self.places, self.logits = (
            self.mask[index],
            self.places[index],
            self.logits[index],
        )
        self.row = [self.row[at] for at in alive]


@torch.no_grad()
def generate(
    model: Any,
    tokenizer: Any,
    prompts: Sequence[Sequence[Message]],
    *,
    decoding: Decoding,
    batch: int = BATCH,
) -> list[Completion]:
    """Answer every prompt ``decoding.samples`` times, ``batch`` rows at once.

    ``model`` may carry an adapter that is not merged. The completions come in the order of the prompts, those of one
    prompt side by side.
    """
    model = model.get_base_model() if hasattr(model, "get_base_model") else model
    model.eval()
    ids = [row for prompt in prompts for row in [prompt_ids(tokenizer, prompt)] * decoding.samples]
    order = sorted(range(len(ids)), key=lambda at: len(ids[at]))
    shared = _shared_start(ids)
    found: dict[int, Completion] = {}
    for start in range(0, len(order), batch):
        chosen = order[start : start + batch]
        picker = Picker(decoding, chosen)
        rows = _prefill(model, [ids[at] for at in chosen], shared=shared)
        written = _decode(model, tokenizer, rows, decoding=decoding, picker=picker)
        found |= dict(zip(chosen, written, strict=True))
    return [found[at] for at in range(len(ids))]


def prompt_ids(tokenizer: Any, prompt: Sequence[Message]) -> list[int]:
    """Return the tokens that are put to the model: ``prompt`` in its chat template, up to where the answer begins."""
    ids = tokenizer.apply_chat_template(
        list(prompt), tokenize=True, add_generation_prompt=True, return_dict=False
    )
    return list(ids)


def _shared_start(ids: list[list[int]]) -> int:
    if len(ids) < 2:
        return 0
    low, high = min(ids), max(ids)
    limit = min(len(row) for row in ids) - 1
    return next((at for at in range(limit) if low[at] != high[at]), limit)


def _decode(
    model: Any, tokenizer: Any, rows: _Rows, *, decoding: Decoding, picker: Picker
) -> list[Completion]:
    ends = _end_ids(model, tokenizer)
    written: list[list[int]] = [[] for _ in rows.row]
    done: dict[int, Completion] = {}
    for _ in range(decoding.max_new_tokens):
        following = picker.following(rows.logits, rows.row)
        alive = []
        for at, token in enumerate(following.tolist()):
            row = rows.row[at]
            ended = _finish(tokenizer, written[row], token, ends=ends, stop=decoding.stop)
            if ended:
                done[row] = ended
            else:
                alive.append(at)
        if not alive:
            break
        following = following[torch.tensor(alive, device=following.device)]
        rows.keep(alive)
        _advance(model, rows, following)
    for row, tokens in enumerate(written):
        cut = Completion(text=_text(tokenizer, tokens), tokens=len(tokens), finished=False)
        done.setdefault(row, cut)
    return [done[row] for row in range(len(written))]


def _finish(
    tokenizer: Any, tokens: list[int], token: int, *, ends: frozenset[int], stop: tuple[str, ...]
) -> Completion | None:
    """Add ``token`` to ``tokens``; return the completion if that ended it."""
    if token in ends:
        return Completion(text=_text(tokenizer, tokens), tokens=len(tokens) + 1, finished=True)
    tokens.append(token)
    if not stop:
        return None
    reach = SLACK + max(len(each.encode()) for each in stop)
    tail = _text(tokenizer, tokens[-reach:])
    if not any(each in tail for each in stop):
        return None
    text = _text(tokenizer, tokens)
    end = min(text.find(each) for each in stop if each in text)
    return Completion(text=text[:end], tokens=len(tokens), finished=True)


def _text(tokenizer: Any, tokens: list[int]) -> str:
    return str(
        tokenizer.decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False)
    )


def _end_ids(model: Any, tokenizer: Any) -> frozenset[int]:
    declared = model.generation_config.eos_token_id
    many = declared if isinstance(declared, list) else [declared]
    return frozenset(each for each in [*many, tokenizer.eos_token_id] if each is not None)


def _prefill(model: Any, ids: list[list[int]], *, shared: int) -> _Rows:
    """Run the prompts: the shared start once, then the rest padded on the left, so that all rows end together."""
    device, count = model.device, len(ids)
    width = max(len(row) for row in ids) - shared
    cache = DynamicCache(config=model.config)
    if shared:
        start = torch.tensor([ids[0][:shared]], device=device)
        _last_logits(model, input_ids=start, past_key_values=cache)
        cache.batch_repeat_interleave(count)
    own = torch.zeros((count, width), dtype=torch.long)
    mask = torch.ones((count, shared + width), dtype=torch.long)
    for at, row in enumerate(ids):
        rest = torch.tensor(row[shared:])
        own[at, width - len(rest) :] = rest
        mask[at, shared : shared + width - len(rest)] = 0
    mask = mask.to(device)
    places = (mask.cumsum(-1) - 1).clamp(min=0)
    logits = _last_logits(
        model,
        input_ids=own.to(device),
        attention_mask=mask,
        position_ids=places[:, shared:],
        past_key_values=cache,
    )
    return _Rows(cache=cache, mask=mask, places=places[:, -1:], logits=logits)


def _advance(model: Any, rows: _Rows, tokens: Tensor) -> None:
    rows.mask = torch.cat([rows.mask, rows.mask.new_ones((len(tokens), 1))], dim=-1)
    rows.places = rows.places + 1
    rows.logits = _last_logits(
        model,
        input_ids=tokens[:, None],
        attention_mask=rows.mask,
        position_ids=rows.places,
        past_key_values=rows.cache,
    )


def _last_logits(model: Any, **inputs: Any) -> Tensor:
    """Return the logits (B, V) at the last position.

    The hidden state is made two-dimensional first: for a slice of a three-dimensional one, torch copies the whole
    output matrix once a row, which is gigabytes for a vocabulary of 49,152.
    """
    if model.config.model_type not in LABEL_ONLY:
        logits: Tensor = model(use_cache=True, logits_to_keep=1, **inputs).logits[:, -1]
        return logits
    hidden = model.model(use_cache=True, **inputs).last_hidden_state[:, -1].contiguous()
    projected: Tensor = model.lm_head(hidden)
    return projected
