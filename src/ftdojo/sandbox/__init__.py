"""Where agent code runs: without network, keys or the host's files, and within limits that hold.

``open_sandbox`` picks the tier, ``Sandbox.run_python`` runs one script in one writable folder, ``take_file`` brings one
output out of that folder, and ``prove`` attacks the tier in force and reports what held.
"""

from ftdojo.sandbox.base import Ending, Limits, Sandbox, SandboxOutcome
from ftdojo.sandbox.bubblewrap import end_orphans
from ftdojo.sandbox.outputs import HostileOutput, take_file
from ftdojo.sandbox.proofs import Proof, prove
from ftdojo.sandbox.tiers import TIERS, open_sandbox

__all__ = [
    "TIERS",
    "Ending",
    "HostileOutput",
    "Limits",
    "Proof",
    "Sandbox",
    "SandboxOutcome",
    "end_orphans",
    "open_sandbox",
    "prove",
    "take_file",
]
