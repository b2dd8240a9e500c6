"""Chooses the tier, and makes sure that it really works before anything relies on it."""

import sys
import tempfile
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from ftdojo.errors import SandboxError, UnknownName
from ftdojo.sandbox.base import Limits, Sandbox
from ftdojo.sandbox.bubblewrap import Bubblewrap
from ftdojo.sandbox.unsafe import UnsafeSubprocess
from ftdojo.sandbox.view import LOOK, SEEN, hidden, identities, in_reach

TIERS = ("auto", "bubblewrap", "unsafe")
"""What a user may request. ``auto`` never falls back to ``unsafe``."""

_PROBE_LIMITS = Limits(wall_s=30.0)


def open_sandbox(tier: str = "auto", unseen: tuple[Path, ...] = ()) -> Sandbox:
    """Return the sandbox of ``tier``, proved once in this process by running a script in it.

    Args:
        tier: one of ``TIERS``.
        unseen: files and folders that hold a task's items. No script will see them, nor runs, caches and the working folder.

    Raises:
        UnknownName: no such tier.
        SandboxError: it is not installed or does not work here, or a script in it does see what it must not.
    """
    if tier not in TIERS:
        raise UnknownName("sandbox", tier, TIERS)
    return _opened(tier, () if tier == "unsafe" else tuple(sorted(in_reach(unseen))))


@lru_cache
def _opened(tier: str, unseen: tuple[Path, ...]) -> Sandbox:
    sandbox: Sandbox = UnsafeSubprocess() if tier == "unsafe" else Bubblewrap(unseen)
    _probe(sandbox, () if tier == "unsafe" else hidden(unseen))
    return sandbox


def _probe(sandbox: Sandbox, unseen: Iterable[Path] = ()) -> None:
    with tempfile.TemporaryDirectory(prefix="ftdojo-probe-") as folder:
        workdir = Path(folder)
        (workdir / "probe.py").write_text(LOOK, encoding="utf8")
        outcome = sandbox.run_python(
            "probe.py",
            workdir=workdir,
            readonly={},
            env={"HIDDEN": identities(unseen)},
            limits=_PROBE_LIMITS,
        )
    if not outcome.ok:
        last = outcome.log.strip().rpartition("\n")[2] or "it printed nothing"
        if last.startswith(SEEN):
            raise SandboxError(
                f"A script in the {sandbox.tier} sandbox sees {last.removeprefix(SEEN).strip()}, where held-out items may "
                "lie; move it away from where Python and the system's libraries lie."
            )
        raise SandboxError(
            f"Python does not start in the {sandbox.tier} sandbox ({outcome.ended} {outcome.exit_code}: {last}); "
            f"check that {sys.prefix} can be read by every user."
        )
