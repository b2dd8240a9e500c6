"""Whether two mathematical answers are equal, by math-verify, in a process that can be killed.

math-verify parses LaTeX and calls sympy, either of which may take forever on text that a model wrote. Its own deadline
is a signal, which works in a main thread only and not inside C code; so it runs in a ``WarmProcess``.
"""

from functools import cache

from ftdojo.scorers.warm import Needs, WarmProcess

DEADLINE_S = 10.0
"""As in the published evaluator."""
TAIL_CHARS = 50_000
"""The published evaluator takes the last match, so the tail holds it; parsing megabytes would take minutes."""
HELPER = "ftdojo.scorers.maths.verify_helper"
NEEDS = Needs(what="Comparing mathematical answers", package="math-verify", extra="math")


def same(prediction: str, reference: str) -> bool:
    """Return whether ``prediction`` gives ``reference``; an answer that cannot be compared in time is wrong.

    Raises:
        MissingExtra: math-verify is not installed.
    """
    if not prediction.strip():
        return False
    return _process().ask([prediction[-TAIL_CHARS:], reference], DEADLINE_S) is True


@cache
def _process() -> WarmProcess:
    return WarmProcess(HELPER, NEEDS)
