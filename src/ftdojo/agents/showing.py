"""What a prompt shows of task, sources, model, machine and budget: plain values, each cut to a bounded length."""

from collections.abc import Mapping
from typing import Any

from ftdojo.records import Observation, SourceCard

SAMPLES, SAMPLE_CHARS, TEXT_CHARS, MOST_SOURCES = 2, 300, 1500, 24


def cut(text: str, most: int) -> str:
    """Return ``text``, or its beginning with a mark if it is longer than ``most`` characters."""
    return text if len(text) <= most else f"{text[:most]} [... {len(text) - most} more characters]"


def setting(seen: Observation) -> dict[str, Any]:
    """Return what does not change, or hardly, while a run goes on."""
    task, outlook = seen.task, seen.outlook
    return {
        "task": task,
        "summary": cut(task.summary, TEXT_CHARS),
        "template": cut(task.template, TEXT_CHARS),
        "system": cut(task.system, TEXT_CHARS),
        "sources": [_source(card) for card in seen.sources[:MOST_SOURCES]],
        "more_sources": max(0, len(seen.sources) - MOST_SOURCES),
        "model": seen.model,
        "machine": seen.machine,
        "base": seen.base,
        "base_outputs": [_wrong(each) for each in seen.base.wrong[:SAMPLES]],
        "left_s": _rounded(outlook.left_s),
        "speed": _rounded(outlook.train_tokens_per_s),
        "validation_s": _rounded(outlook.validation_s),
        "experiments_left": outlook.experiments_left,
        "most_rows": seen.budget.max_rows,
    }


def _source(card: SourceCard) -> dict[str, Any]:
    return {
        "card": card,
        "notes": cut(card.notes, TEXT_CHARS // 2),
        "samples": [
            {name: cut(str(value), SAMPLE_CHARS) for name, value in sample.items()}
            for sample in card.samples[:SAMPLES]
        ],
    }


def _wrong(each: Any) -> Mapping[str, str]:
    return {"prompt": cut(each.prompt, SAMPLE_CHARS), "output": cut(each.output, SAMPLE_CHARS)}


def _rounded(value: float | None) -> int | None:
    """Return ``value`` to two digits: more would only make every prompt another one."""
    return None if value is None else int(float(f"{value:.2g}"))
