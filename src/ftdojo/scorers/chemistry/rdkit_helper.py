"""The child process behind ``rdkit_process``: reads a question a line, writes the answer.

Runs by ``python -m``. Lines are JSON, nothing is pickled. It sets no deadline of its own, since no signal interrupts
RDKit: whoever started this process kills it instead. Memory is capped, and RDKit's own log is silenced.
"""

import json
import os
import resource
import sys
from collections.abc import Callable
from typing import Any

from ftdojo.scorers.chemistry.by_rdkit import questions
from ftdojo.scorers.chemistry.rdkit_parts import rdkit

MEMORY_BYTES = 3 << 30


def answer(known: dict[str, Callable[..., Any]], line: str) -> Any:
    """Return what the function named in ``line`` makes of the arguments there; None for any failure of RDKit."""
    name, *given = json.loads(line)
    try:
        return known[name](*given)
    except Exception:  # RDKit raises what it likes; a molecule it fails on is no molecule.
        return None


def main() -> None:
    """Answer line by line until the input ends."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    answers = os.fdopen(os.dup(1), "w", encoding="utf8")
    os.dup2(2, 1)  # Whatever a library prints must not be taken for an answer.
    rdkit("RDLogger").DisableLog("rdApp.*")
    known = questions()
    print('"ready"', file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(known, line)), file=answers, flush=True)


if __name__ == "__main__":
    main()
