"""What a run was asked to do, and the names runs go by."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from ftdojo.llm import LlmChoice
from ftdojo.records import Budget, Machine

FORMAT = 1
"""Raised whenever an older ftdojo could no longer read a run folder."""


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """What a run was asked to do, resolved.

    ``model_digest`` and the digests of ``sources`` (by name) pin the inputs; ``created`` is UTC in ISO 8601;
    ``versions`` names the libraries the numbers depend on; ``llm`` is who answers the agent's questions, and
    ``judge`` whether one of them also judges. ``chat_template`` is what was put on the model: ``chatml``, a Jinja file's
    whole path, or nothing where its own is used. No secret belongs here.
    """

    id: str
    task: str
    task_version: int
    model: str
    model_digest: str
    agent: str
    seed: int
    budget: Budget
    sandbox: str
    created: str
    ftdojo: str
    machine: Machine
    trainer: str = "loop"
    chat_template: str = ""
    llm: LlmChoice | None = None
    judge: bool = False
    agent_options: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    format: int = FORMAT


def run_ids(root: Path) -> list[str]:
    """Return the ids of the runs below ``root``, sorted; a folder without ``run.json`` is none."""
    return sorted(path.parent.name for path in root.glob("*/run.json"))


def new_run_id(task: str, agent: str, seed: int, root: Path) -> str:
    """Return an id that says what the run is and is not taken below ``root``.

    For ``math/mini``, ``explorer`` and seed 0 it reads ``math-mini-explorer-s0-20261123-151200``.
    """
    words = re.sub(r"[^a-z0-9.]+", "-", f"{task} {agent}".lower()).strip("-.")
    stem = f"{words}-s{seed}-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    names = (stem if n == 1 else f"{stem}-{n}" for n in range(1, 10_000))
    return next(name for name in names if not (root / name).exists())


def now() -> str:
    """Return this moment, UTC, in ISO 8601 with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
