"""How long texts and rows are by the run's own tokenizer, before they are trained on; no model is needed for it."""

import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from ftdojo.dojo.run import Run
from ftdojo.errors import SubmissionRefused, UsageError
from ftdojo.models import load_tokenizer
from ftdojo.models.chat_templates import template_ids
from ftdojo.stats import quantiles
from ftdojo.submissions import ShapeError, TrainConfig
from ftdojo.training.objectives import objectives

UNCUT = TrainConfig(max_length=131_072)
_ONE = threading.Lock()  # a tokenizer that is in use by another thread raises


def count(run: Run, text: str) -> tuple[Mapping[str, Any], ...]:
    """Return how many tokens ``text`` has.

    Rows as of a ``train.jsonl`` (an object of JSON a line): first the quantiles of ``prompt``, ``answer`` (what carries loss,
    with what ends it) and ``all``, chat template included, uncut, and the answers that are longer than the task's outputs
    may be; then each row. Any other text: its tokens as they are, and ``asked``, as a question in the task's template.

    Raises:
        UsageError: a row cannot be read.
    """
    with _ONE:
        tokenizer = _tokenizer(run.model.path)
        if text.lstrip().startswith("{"):
            return _rows(run, tokenizer, text)
        plain = len(tokenizer.encode(text, add_special_tokens=False))
        return ({"characters": len(text), "tokens": plain, "asked": _asked(run, tokenizer, text)},)


def _asked(run: Run, tokenizer: Any, text: str) -> int:
    from jinja2 import TemplateError

    try:
        return len(template_ids(tokenizer, run.task.prompt(text), ask=True))
    except TemplateError as error:
        raise UsageError(f"The model's chat template refuses this text ({error}).") from None


def _rows(run: Run, tokenizer: Any, text: str) -> tuple[Mapping[str, Any], ...]:
    found = [*_counted(run, tokenizer, text)]
    most = run.task.max_new_tokens
    shares = {name: asdict(quantiles([each[name] for each in found])) for name in _PARTS}
    longer = sum(each["answer"] > most for each in found)
    head = {"rows": len(found), "output_may_have": most, "longer_answers": longer}
    return (head | shares, *found)


_PARTS = ("prompt", "answer", "all")


def _counted(run: Run, tokenizer: Any, text: str) -> Iterator[dict[str, Any]]:
    from jinja2 import TemplateError

    objective = objectives.get(run.objective or "sft")
    for at, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = objective.read(json.loads(line))
            encoded = objective.encode(tokenizer, row, UNCUT)
        except (ValueError, RecursionError, ShapeError, SubmissionRefused, TemplateError) as error:
            raise UsageError(f"Line {at} is not a training row: {error}") from None
        whole = len(encoded.ids)
        yield {
            "row": at,
            "prompt": whole - encoded.labels,
            "answer": encoded.labels,
            "all": whole,
        }


@cache
def _tokenizer(folder: Path) -> Any:
    return load_tokenizer(folder)
