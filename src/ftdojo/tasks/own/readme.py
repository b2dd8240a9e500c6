"""The README that a new task's folder gets."""

from collections.abc import Mapping
from typing import Any

_TEXT = """# {name}

A task for ftdojo. `task.toml` says what is asked and how it is scored ({scored}); the rows are in the JSONL files.
Nothing of `validation.jsonl`, `confirm.jsonl` and `test.jsonl` may be trained on; `train.jsonl` is the raw source.

    ftdojo tasks check ./{name}
    ftdojo run ./{name} --budget 20m

The score of a run is comparable only while no file here changes: the task's version is made from their bytes.

`question` in `task.toml` says how the columns of a row make up a question, as `{{column}}` in text; `template` is what is
asked around it.

A scorer of your own: write `scorer.py` with one function, and in `task.toml` replace the line `metric = ...` by
`scorer = "scorer.py"`.

    def grade(output: str, gold: str) -> dict:
        return {{"score": float(gold in output), "readable": bool(output.strip())}}

`gold` is the answer as it stands in the rows, and must itself score 1. The file is your own code and is trusted like a
plug-in: it runs outside the sandbox, so use no scorer of somebody you do not trust.
"""


def readme(name: str, declared: Mapping[str, Any]) -> str:
    """Return the README of the task called ``name``."""
    return _TEXT.format(name=name, scored=declared.get("metric") or declared.get("scorer"))
