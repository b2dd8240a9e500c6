"""Generation: 256 prompts, 128 new tokens each, against ``model.generate`` at two batch sizes."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from benchmarks.gpu import shapes
from benchmarks.gpu.findings import Report
from benchmarks.machine import finish
from benchmarks.setting import Base
from ftdojo.inference.engine import generate
from ftdojo.records import Decoding, Message

SYSTEM = "Answer each question in a few words and say how sure you are. " * 3
AIMS = {32: 5.0, 256: 2.0}


def main() -> None:
    """Measure one shape after the other."""
    report = Report("generation")
    sizes = (("small",), 12, 8) if report.small else (("0.5B", "1.5B"), 256, 128)
    names, count, new = sizes
    for name in names:
        base = shapes.make(name)
        prompts = [
            [Message(role="system", content=SYSTEM), Message(role="user", content=text)]
            for text in shapes.texts(count, longest=200)
        ]
        _contest(report, name, base, prompts, new)


def _contest(report: Report, name: str, base: Base, prompts: list[Any], new: int) -> None:
    ours = _timed(partial(_ours, base, prompts, new))
    report.add(f"{name}: ftdojo", value=len(prompts) * new / ours, unit="tokens/s")
    for batch, aim in AIMS.items():
        theirs = _timed(partial(_plain, base, prompts, new, batch))
        ratio = theirs / ours
        what = f"{name}: against generate at batch {batch}"
        report.add(what, value=ratio, unit="x", aim=f">= {aim:g}", reached=ratio >= aim)


def _timed(work: Callable[[], None]) -> float:
    """Return the seconds of ``work``, done twice: the first time finds kernels and memory."""
    work()
    finish()
    began = time.perf_counter()
    work()
    finish()
    return time.perf_counter() - began


def _ours(base: Base, prompts: list[Any], new: int) -> None:
    base.model.generation_config.eos_token_id = None  # every contestant writes all tokens
    generate(base.model, base.tokenizer, prompts, decoding=Decoding(max_new_tokens=new))


def _plain(base: Base, prompts: list[Any], new: int, batch: int) -> None:
    for start in range(0, len(prompts), batch):
        inputs = base.tokenizer.apply_chat_template(
            [list(prompt) for prompt in prompts[start : start + batch]],
            add_generation_prompt=True,
            padding=True,
            return_tensors="pt",
            return_dict=True,
        ).to(base.model.device)
        made = base.model.generate(
            **inputs, do_sample=False, max_new_tokens=new, min_new_tokens=new, pad_token_id=base.pad
        )
        base.tokenizer.batch_decode(made[:, inputs["input_ids"].shape[1] :])


if __name__ == "__main__":
    main()
