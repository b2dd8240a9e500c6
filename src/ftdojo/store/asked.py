"""What a run was asked to do, and the names runs go by."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from ftdojo.records import Machine, RunSpec

FORMAT = 2
"""Raised whenever an older ftdojo could no longer read a run folder."""


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """What a run was asked to do, and what it was made from.

    ``spec`` is as it was given, its paths made absolute. ``model_digest`` and the digests of ``sources`` (by name) pin the
    inputs; ``chat_template`` is what was put on the model: ``chatml``, a Jinja file's path, or nothing where its own is
    used; ``created`` is UTC in ISO 8601; ``versions`` names the libraries the numbers depend on. No secret belongs here.
    """

    id: str
    spec: RunSpec
    task_version: int
    model_digest: str
    created: str
    ftdojo: str
    machine: Machine
    chat_template: str = ""
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
