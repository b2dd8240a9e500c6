"""``plan.md``: why an agent expects its submission to help, with a few machine-readable lines on top.

Markdown; optional YAML front matter between two ``---`` lines names the parent experiment, the predicted validation
score and, for the agent's own memory, the recipe.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ftdojo.records import BASE, Failure, FailureKind, Stage
from ftdojo.submissions.dialects import nearest
from ftdojo.submissions.strict_yaml import YamlFault, read_mapping, write_mapping
from ftdojo.submissions.texts import is_writable, short

FILE = "plan.md"
MAX_CHARS = 131_072
_FENCE = re.compile(r"^---[ \t]*\r?(?:\n|\Z)", re.MULTILINE)
_PARENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_KEYS = ("parent", "predicted", "recipe")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The content of ``plan.md``.

    ``parent`` is an experiment's id or ``base``; ``predicted`` the score expected on validation, in the metric's
    unit; ``recipe`` plain values the dojo keeps but never reads; ``body`` the Markdown below the front matter.
    """

    body: str
    parent: str = BASE
    predicted: float | None = None
    recipe: Mapping[str, Any] = field(default_factory=dict)


def read_plan(text: str) -> Plan | Failure:
    """Read the text of ``plan.md``; a fault is returned as a failure, never raised."""
    if len(text) > MAX_CHARS:
        return _failure(f"it has {len(text)} characters, at most {MAX_CHARS} are read")
    if not is_writable(text):
        return _failure("it holds half a surrogate pair, which UTF-8 cannot write; drop it")
    try:
        front, body = _parted(text)
        given = read_mapping(front)
    except YamlFault as fault:
        kind = FailureKind.SYNTAX if fault.syntax else FailureKind.SCHEMA
        return _failure(f"front matter, {fault}", kind)
    if not body.strip():
        return _failure(
            "it is empty; say what changes against the parent, why that should help, and the score you expect"
        )
    faults = _faults(given)
    return _failure("; ".join(faults[:5])) if faults else _plan(given, body)


def write_plan(plan: Plan) -> str:
    """Write ``plan``; ``read_plan`` returns an equal one if its values are within the rules."""
    values: dict[str, Any] = {"parent": plan.parent}
    if plan.predicted is not None:
        values["predicted"] = plan.predicted
    if plan.recipe:
        values["recipe"] = dict(plan.recipe)
    return f"---\n{write_mapping(values)}---\n{plan.body}"


def _parted(text: str) -> tuple[str, str]:
    """Part the front matter from the body."""
    text = text.removeprefix("\ufeff")
    start = _FENCE.match(text)
    if not start:
        return "", text
    end = _FENCE.search(text, start.end())
    if not end:
        raise YamlFault(
            "the first --- is never followed by a second; close it, or begin with a word"
        )
    return text[start.end() : end.start()], text[end.end() :]


def _plan(given: Mapping[str, Any], body: str) -> Plan:
    predicted = given.get("predicted")
    return Plan(
        body=body,
        parent=given.get("parent") or BASE,
        predicted=None if predicted is None else float(predicted),
        recipe=given.get("recipe") or {},
    )


def _faults(given: Mapping[str, Any]) -> list[str]:
    """Return one clause a fault."""
    faults = [nearest(name, _KEYS) for name in list(given)[:8] if name not in _KEYS]
    parent, predicted, recipe = (given.get(key) for key in _KEYS)
    if parent is not None and not (isinstance(parent, str) and _PARENT.fullmatch(parent)):
        faults.append(
            f"parent is {short(parent)}, it must be an experiment's id such as e3, or {BASE}"
        )
    if predicted is not None and not _is_number(predicted):
        faults.append(f"predicted is {short(predicted)}, it must be a number such as 0.42")
    if recipe is not None and not isinstance(recipe, dict):
        faults.append("recipe must be a mapping")
    return faults


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) and abs(value) <= 1e15


def _failure(why: str, kind: FailureKind = FailureKind.SCHEMA) -> Failure:
    return Failure(stage=Stage.STATIC, kind=kind, message=f"{FILE}: {why}.", file=FILE)
