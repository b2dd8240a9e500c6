"""Chooses the tier, and makes sure that it really works before anything relies on it."""

import sys
import tempfile
from functools import lru_cache
from pathlib import Path

from ftdojo.errors import SandboxError, UnknownName
from ftdojo.sandbox.base import Limits, Sandbox
from ftdojo.sandbox.bubblewrap import Bubblewrap
from ftdojo.sandbox.unsafe import UnsafeSubprocess

TIERS = ("auto", "bubblewrap", "unsafe")
"""What a user may request. ``auto`` never falls back to ``unsafe``."""

_PROBE_LIMITS = Limits(wall_s=30.0)


@lru_cache
def open_sandbox(tier: str = "auto") -> Sandbox:
    """Return the sandbox of ``tier``, proved once in this process by running a script in it.

    Raises:
        UnknownName: no such tier.
        SandboxError: it is not installed or does not work here.
    """
    if tier not in TIERS:
        raise UnknownName("sandbox", tier, TIERS)
    sandbox: Sandbox = UnsafeSubprocess() if tier == "unsafe" else Bubblewrap()
    _probe(sandbox)
    return sandbox


def _probe(sandbox: Sandbox) -> None:
    with tempfile.TemporaryDirectory(prefix="ftdojo-probe-") as folder:
        workdir = Path(folder)
        (workdir / "probe.py").write_text("import encodings\n", encoding="utf8")
        outcome = sandbox.run_python(
            "probe.py", workdir=workdir, readonly={}, env={}, limits=_PROBE_LIMITS
        )
    if not outcome.ok:
        last = outcome.log.strip().rpartition("\n")[2] or "it printed nothing"
        raise SandboxError(
            f"Python does not start in the {sandbox.tier} sandbox ({outcome.ended} {outcome.exit_code}: {last}); "
            f"check that {sys.prefix} can be read by every user."
        )
