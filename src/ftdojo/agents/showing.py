"""What a prompt shows of task, sources, model, machine and budget: plain values, each cut to a bounded length."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ftdojo.records import Look, Observation, SourceCard, broken

SAMPLES, SAMPLE_CHARS, TEXT_CHARS, MOST_SOURCES = 2, 300, 1500, 24
KEY = 16
"""Characters of the key by which a block ends."""


def cut(text: str, most: int) -> str:
    """Return ``text``, or its beginning with a mark if it is longer than ``most`` characters."""
    return text if len(text) <= most else f"{text[:most]} [... {len(text) - most} more characters]"


def line(text: str, most: int) -> str:
    r"""Return ``text`` in one line, cut between two words if it is longer than ``most`` characters.

    Example:
        >>> line("Rows of the task's\nown form help.", 24)
        "Rows of the task's own [...]"
    """
    text = " ".join(text.split())
    if len(text) <= most:
        return text
    return f"{text[: most + 1].rpartition(' ')[0] or text[:most]} [...]"


def fenced(text: str, kind: str = "text") -> str:
    """Return ``text`` as a block of a prompt that nothing in it can end: the block ends with a key made of the text.

    Who wrote the text would have had to write the digest of it into it.
    """
    key = hashlib.sha256(text.encode("utf8", "replace")).hexdigest()[:KEY]
    return f"```{kind} {key}\n{text}\n``` {key}"


def plain(entry: Mapping[str, Any]) -> str:
    r"""Return an entry of what was found as text: a line a field, texts of several lines below their name.

    Example:
        >>> print(plain({"item": "v1", "output": "so\n42"}))
        item: v1
        output:
        so
        42
    """
    return "\n".join(f"{name}:{_value(value)}" for name, value in entry.items())


def _value(value: Any) -> str:
    if isinstance(value, str):
        return f"\n{value}" if "\n" in value else f" {value}"
    return f" {json.dumps(value, ensure_ascii=False, default=str)}"


def paged(look: Look, found: Sequence[Mapping[str, Any]], most: int) -> str:
    """Return as many whole entries of a look as ``most`` characters hold, one at least, and how to ask for the next."""
    shown: list[str] = []
    for at, entry in enumerate(found, look.offset):
        text = f"--- {at}\n{plain(entry)}" if len(found) > 1 else plain(entry)
        if shown and sum(map(len, shown)) + len(text) > most:
            break
        shown.append(cut(text, most))
    left_out = len(found) - len(shown)
    if left_out or (shown and len(found) == look.limit):
        only = " wrong" if look.only == "wrong" else ""
        shown.append(f"More: {look.what} {look.name}{only} {look.offset + len(found) - left_out}")
    return "\n".join(shown) or "nothing is there"


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
        "guidance": [*_said(seen)],
        "left_s": _rounded(outlook.left_s),
        "reserve_s": _rounded(outlook.reserve_s),
        "speed": _rounded(outlook.train_tokens_per_s),
        "validation_s": _rounded(outlook.validation_s),
        "experiments_left": outlook.experiments_left,
        "most_rows": seen.budget.max_rows,
    }


def _said(seen: Observation) -> Iterator[str]:
    """Yield what a person said, each in a line, and which experiments break a condition."""
    for each in seen.guidance:
        if not each.require:
            yield line(each.text, TEXT_CHARS)
            continue
        against = [x.id for x in seen.experiments if x.evaluation and broken((each,), x.evaluation)]
        who = f"; {', '.join(against)} cannot be chosen for it" if against else ""
        yield f"required of the model in the end, and measured on validation: {each.require}{who}"


def _source(card: SourceCard) -> dict[str, Any]:
    return {
        "card": card,
        "notes": cut(card.notes, TEXT_CHARS // 2),
        "samples": [
            "\n".join(f"{name}: {cut(str(value), SAMPLE_CHARS)}" for name, value in sample.items())
            for sample in card.samples[:SAMPLES]
        ],
    }


def _wrong(each: Any) -> Mapping[str, str]:
    return {"prompt": cut(each.prompt, SAMPLE_CHARS), "output": cut(each.output, SAMPLE_CHARS)}


def _rounded(value: float | None) -> int | None:
    """Return ``value`` to two digits: more would only make every prompt another one."""
    return None if value is None else int(float(f"{value:.2g}"))
