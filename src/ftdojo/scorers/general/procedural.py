"""Questions of reasoning-gym, and scores by the package's own scorers, from a process that can be killed.

An answer is right only if the package gives it full marks. It gives parts of a mark to wrong answers (0.01 for any at all,
or more where the right one is a part of the wrong one); these are shown as ``package_score`` and count nothing. Some of
its scorers evaluate the answer, as Python or with sympy: these get to see plain formulas and plain lists only.
"""

import math
import os
import re
import sys
from collections.abc import Mapping
from functools import cache

from ftdojo.records import Grade
from ftdojo.scorers.warm import START_S, Needs, WarmProcess

CUE = "Answer:"
DEADLINE_S = 10.0
QUESTION_S = 60.0
SIZE = 3_000
"""How many questions a data set is made to have; some make another question of an index if they have more."""
MOST_CHARS = 4_000
TAIL_CHARS = 20_000
FULL_MARKS = 1 - 1e-9
HELPER = "ftdojo.scorers.general.procedural_helper"
NEEDS = Needs(what="Every task of reasoning-gym", package="reasoning-gym", extra="reasoning-gym")
_FORMULA = re.compile(
    r"(?:\d+\.?\d*|[+\-*/^(), \t]|(?:sin|cos|tan|exp|log|ln|sqrt|asin|acos|atan|sinh|cosh|tanh|pi)(?![A-Za-z0-9_])"
    r"|[A-Za-z](?![A-Za-z0-9_])){1,400}"
)
_LISTED = re.compile(r"[\w\s\[\],'\"-]*")
EVALUATED: Mapping[str, re.Pattern[str]] = {
    **dict.fromkeys(
        (
            "countdown",
            "intermediate_integration",
            "polynomial_multiplication",
            "puzzle24",
            "simple_integration",
        ),
        _FORMULA,
    ),
    **dict.fromkeys(("binary_matrix", "n_queens", "spiral_matrix", "string_insertion"), _LISTED),
}
"""Data sets whose scorers evaluate the answer -> what an answer may look like: nothing that calls or reaches for names."""


class Marker:
    """Runs reasoning-gym in a child process of its own.

    Args:
        deadline_s: seconds one answer may take; later ones are wrong.
    """

    def __init__(self, deadline_s: float = DEADLINE_S) -> None:
        self._deadline_s = deadline_s
        env = {
            "PATH": os.defpath,
            "PYTHONDONTWRITEBYTECODE": "1",
            # Some questions depend on the order of a set, which must be the same every time.
            "PYTHONHASHSEED": "0",
            "PYTHONPATH": _path(),
        }
        self._process = WarmProcess(HELPER, NEEDS, env=env, cwd="/")

    def names(self) -> tuple[str, ...]:
        """Return every data set on offer.

        Raises:
            MissingExtra: reasoning-gym is not installed.
        """
        return tuple(self._process.ask(["names"], START_S) or ())

    def question(self, name: str, seed: int, index: int) -> tuple[str, str | None] | None:
        """Return the question at ``index`` of a data set and its answer, or None if it cannot be made in time."""
        said = self._process.ask(["question", name, seed, SIZE, index], QUESTION_S)
        return (str(said[0]), said[1]) if said else None

    def mark(self, name: str, seed: int, index: int, answer: str) -> float:
        """Return the package's score in [0, 1] of an answer to the question at ``index`` of a data set."""
        if not can_be_scored(name, answer):
            return 0.0
        request = ["score", name, seed, SIZE, index, answer[:MOST_CHARS]]
        said = self._process.ask(request, self._deadline_s)
        return min(1.0, max(0.0, said)) if said and math.isfinite(said) else 0.0

    def close(self) -> None:
        """End the child process; the next answer starts another one."""
        self._process.close()


def can_be_scored(name: str, answer: str) -> bool:
    """Return whether an answer may be shown to the scorer of a data set; only some data sets are particular.

    Example:
        >>> can_be_scored("puzzle24", "4 * 6"), can_be_scored("puzzle24", "exit()")
        (True, False)
    """
    return name not in EVALUATED or bool(EVALUATED[name].fullmatch(answer))


def answer_of(output: str) -> str:
    """Return what the last line that begins with ``Answer:`` gives, or the lines below it if it gives nothing.

    Example:
        >>> answer_of("4 + 3 is 7. Answer: 8. No." + chr(10) + "Answer: 7" + chr(10) + "Done.")
        '7'
    """
    lines = output[-TAIL_CHARS:].split("\n")
    at = next(
        (at for at in reversed(range(len(lines))) if lines[at].lstrip().startswith(CUE)), None
    )
    if at is None:
        return ""
    here = lines[at].strip().removeprefix(CUE).strip()
    return here or "\n".join(lines[at + 1 :]).strip()


def in_format(answer: str) -> str:
    """Return an output that gives ``answer``.

    Example:
        >>> in_format("7")
        'Answer: 7'
    """
    bare = answer.strip()
    return f"{CUE}\n{bare}" if "\n" in bare else f"{CUE} {bare}"


def grade(output: str, gold: str, *, name: str, seed: int, index: int) -> Grade:
    """Grade one output; without ``Answer:`` it is unreadable, and so is what a scorer that evaluates may not see."""
    said = answer_of(output)
    readable = bool(said) and can_be_scored(name, said)
    same = readable and said == gold.strip()
    mark = float(same) if same or not readable else shared().mark(name, seed, index, said)
    return Grade(
        score=float(mark >= FULL_MARKS),
        readable=readable,
        extracted=said[:200],
        secondary={"package_score": mark},
    )


@cache
def shared() -> Marker:
    """Return the marker that this process shares."""
    return Marker()


def _path() -> str:
    """Return where the child finds packages: where this process does, for it may run from a checkout."""
    return os.pathsep.join(entry for entry in sys.path if entry)
