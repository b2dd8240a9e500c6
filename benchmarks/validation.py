"""A validation pass: our engine against plain ``model.generate`` in file order, eight prompts at a time.

Both answer the same items with the same weights, greedily, up to the task's cap. The tuned case merges an adapter into
the base first, and takes it off before the next contestant; both pay for that.
"""

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import setting
from benchmarks.measure import OURS, Contest, Scale, say, take_turns
from benchmarks.setting import Base
from ftdojo.records import Item, Weights

PLAIN = "transformers generate"
BATCH = 8
LOOKED_INTO = 8
"""Of the outputs that differ, how many are written again in float32."""
Answer = Callable[[Any, Base, Sequence[Item]], list[str]]


def run(scale: Scale) -> list[Contest]:
    """Compare the two on the base and on an adapter that is trained here."""
    base = setting.load(scale.model)
    with tempfile.TemporaryDirectory() as folder:
        say("validation: training an adapter")
        made = _adapter(base, scale.adapter_rows, Path(folder) / "adapter")
        adapter = Weights(path=made, digest="", kind="adapter")
        tuned = f"validation pass, adapter of {scale.adapter_rows} rows"
        once = replace(scale, rounds=scale.base_rounds, least_rounds=scale.base_rounds)
        return [
            _contest("validation pass, base", base, None, once),
            _contest(tuned, base, adapter, scale),
        ]


def _contest(name: str, base: Base, weights: Weights | None, scale: Scale) -> Contest:
    say(name)
    items = setting.task().items("validation")[: scale.items]
    texts: dict[str, list[str]] = {}
    contestants: dict[str, Answer] = {OURS: ours, PLAIN: plain}
    for answer in contestants.values():
        answer(base.model, base, items[:2])
    runs = {
        who: partial(_timed, who, answer, base, weights, texts, items=items)
        for who, answer in contestants.items()
    }
    readings = take_turns(runs, scale)
    return Contest(
        name=name,
        unit="s",
        higher_is_better=False,
        n=f"{len(items)} items, at most {setting.task().max_new_tokens} new tokens each",
        readings=readings,
        aims={PLAIN: ">= 3x"},
        notes=_agreement(base, weights, texts, items),
    )


def _timed(
    who: str,
    answer: Answer,
    base: Base,
    weights: Weights | None,
    texts: dict[str, list[str]],
    *,
    items: Sequence[Item],
) -> float:
    """Return the seconds of a pass, putting the weights on included, and keep what was written."""
    from ftdojo.inference.attach import Attachment

    attached = Attachment(base.model)
    began = time.perf_counter()
    texts[who] = answer(attached.model(weights), base, items)
    seconds = time.perf_counter() - began
    attached.clear()
    return seconds


def ours(model: Any, base: Base, items: Sequence[Item]) -> list[str]:
    """Answer by ``ftdojo.inference.engine.generate``."""
    from ftdojo.inference.engine import generate

    decoding = setting.task().decoding
    prompts = [item.messages for item in items]
    return [reply.text for reply in generate(model, base.tokenizer, prompts, decoding=decoding)]


def plain(model: Any, base: Base, items: Sequence[Item]) -> list[str]:
    """Answer by transformers: batches in file order, padded on the left."""
    tokenizer, texts = base.tokenizer, []
    for start in range(0, len(items), BATCH):
        inputs = tokenizer.apply_chat_template(
            [list(item.messages) for item in items[start : start + BATCH]],
            add_generation_prompt=True,
            padding=True,
            return_tensors="pt",
            return_dict=True,
        ).to(model.device)
        made = model.generate(
            **inputs,
            do_sample=False,
            max_new_tokens=setting.task().max_new_tokens,
            pad_token_id=base.pad,
        )
        new = made[:, inputs["input_ids"].shape[1] :]
        texts += tokenizer.batch_decode(
            new, skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
    return texts


def _agreement(
    base: Base, weights: Weights | None, texts: dict[str, list[str]], items: Sequence[Item]
) -> tuple[str, ...]:
    """Say what both score and how many outputs are the same; look into some that are not."""
    grade = setting.task().grade
    right = {
        who: sum(grade(text, item).score for text, item in zip(made, items, strict=True))
        for who, made in texts.items()
    }
    triples = zip(items, texts[OURS], texts[PLAIN], strict=True)
    apart = [item for item, one, other in triples if one != other]
    same = (
        f"{len(items) - len(apart)} of {len(items)} outputs are identical. Right: {right[OURS]:.0f} (ours), "
        f"{right[PLAIN]:.0f} (rival)."
    )
    return (same, _in_float32(base, weights, apart[:LOOKED_INTO])) if apart else (same,)


def _in_float32(base: Base, weights: Weights | None, items: Sequence[Item]) -> str:
    """Answer ``items`` again with the same weights in float32, and say how many outputs are the same now."""
    from ftdojo.inference.attach import Attachment

    held, attached = base.model.dtype, Attachment(base.model)
    model = attached.model(weights).float()
    pairs = zip(ours(model, base, items), plain(model, base, items), strict=True)
    same = sum(one == other for one, other in pairs)
    model.to(held)
    attached.clear()
    return (
        f"Of the first {len(items)} that differ, {same} are identical when both compute in float32. The last bits of "
        "a bfloat16 sum depend on the shape of its batch; they decide near ties, and after one other token the rest "
        "differs."
    )


def _adapter(base: Base, count: int, to: Path) -> Path:
    from ftdojo.training import adapt
    from ftdojo.training.loop import train
    from ftdojo.training.watch import Watch

    config = setting.config(8)
    with adapt.trainable(base.model, config, folder=base.folder) as model:
        train(model, setting.rows(base, count), config, watch=Watch())
        adapt.save(model, to, tokenizer=base.tokenizer, base_name=base.folder.name)
    return to
