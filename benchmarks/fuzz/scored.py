"""Target: outputs of models, before the scorers of every task that can be had without a network."""

import os
from collections.abc import Iterator
from functools import cache
from typing import Any

from benchmarks.fuzz.contract import Target
from benchmarks.fuzz.files import text_of
from benchmarks.fuzz.seeds import ROOT, in_tests
from ftdojo.errors import FtdojoError

MIRROR = ROOT.parent / "shared" / "data"
ITEMS = 4
"""Of each task."""


def targets() -> Iterator[Target]:
    """Yield the one target."""
    yield Target(
        name="scorers",
        run=_scored,
        seeds=[bytes([at]) + item.gold.encode("utf8") for at, (_, item) in enumerate(_questions())]
        + [
            b"\0" + text
            for text in in_tests("scorers/**/test_*.py", "tasks/**/test_*.py", least=12)
        ],
        words=[
            *(
                b"\\boxed{",
                b"\\frac{",
                b"</think>",
                b"<think>",
                b"Answer: ",
                b"```json\n",
                b"[[",
                b"1e999",
            ),
            *(
                b"CCO",
                b"c1ccccc1",
                b"SELECT ",
                b"Final Answer:",
                b"**",
                b"^",
                b"10**",
                b"%",
                b"import ",
            ),
        ],
    )


@cache
def _questions() -> list[tuple[Any, Any]]:
    """Return some held-out items of every task with it, in an order that stays: at most 256."""
    from ftdojo.tasks import get, tasks

    if MIRROR.is_dir():
        os.environ.setdefault("FTDOJO_MIRROR", str(MIRROR))
    found = []
    for name in [*tasks, "reasoning-gym/countdown", "reasoning-gym/polynomial_equations"]:
        try:
            task = get(name)
            found += [(task, item) for item in list(task.items("validation"))[:ITEMS]]
        except FtdojoError:  # its data or its package are not here
            continue
    return found[:256]


def _scored(data: bytes) -> None:
    found = _questions()
    task, item = found[(data or b"\0")[0] % len(found)]
    try:
        output = text_of(data[1:]).encode("utf-8", "replace").decode()
    except UnicodeDecodeError:
        output = data[1:].decode("utf-8", "replace")
    grade = task.grade(output, item)
    assert grade.score == grade.score, "a score is not a number"
    if task.replication:
        task.replication.mark(output, item)
