"""How long a model is waited for: what passes is tried again with growing pauses, and a hang has a deadline."""

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import count
from typing import TypeVar

from ftdojo.errors import LlmError

T = TypeVar("T")

_JITTER = random.Random()
"""Of its own, so that pauses leave the seeds of a run alone."""


@dataclass(frozen=True, kw_only=True)
class Patience:
    """Limits of one question: of one request, of all its requests and pauses together, and of their number.

    A pause doubles from ``first_pause_s`` to ``longest_pause_s``; one that the server requests (``Retry-After``) is
    kept to the second.
    """

    request_s: float = 300.0
    deadline_s: float = 900.0
    tries: int = 8
    first_pause_s: float = 1.0
    longest_pause_s: float = 60.0


class Passing(Exception):
    """A fault that may have passed a little later. ``after_s`` is the pause that the server requests."""

    def __init__(self, message: str, *, after_s: float | None = None) -> None:
        super().__init__(message)
        self.after_s = after_s


def persist(call: Callable[[float], T], patience: Patience, *, name: str) -> tuple[T, int]:
    """Return what ``call`` returns and how often it was called; it is called again after a ``Passing``.

    Args:
        call: gets the seconds that it may take; it is abandoned in its thread if it takes longer.
        patience: the limits.
        name: of the model, for the message.

    Raises:
        LlmError: a limit is reached, or ``call`` raised it.
    """
    began = time.monotonic()
    for number in count(1):
        left = patience.deadline_s - (time.monotonic() - began)
        try:
            return _within(min(patience.request_s, left), call), number
        except Passing as error:
            pause = _pause(patience, number) if error.after_s is None else error.after_s
            took = time.monotonic() - began
            if number >= patience.tries or took + pause >= patience.deadline_s:
                wait = f", which requests a pause of {pause:.0f} s" if error.after_s else ""
                raise LlmError(
                    f"No answer of {name} in {number} tries and {took:.0f} s: {error}{wait}. "
                    "Go on later with `ftdojo resume RUN`, or choose another model (--llm)."
                ) from error
        time.sleep(pause)
    raise AssertionError("count has no end")


def _pause(patience: Patience, number: int) -> float:
    longest = min(patience.longest_pause_s, patience.first_pause_s * 2.0 ** (number - 1))
    return longest * _JITTER.uniform(0.5, 1.0)


def _within(seconds: float, call: Callable[[float], T]) -> T:
    """Call in a thread that is left behind when it is late: a client's own time-out restarts with every byte.

    Raises:
        Passing: it is late.
    """
    done: Future[T] = Future()

    def run() -> None:
        try:
            done.set_result(call(seconds))
        except BaseException as error:  # handed over whole: result() raises it in the caller
            done.set_exception(error)

    threading.Thread(target=run, name="llm-request", daemon=True).start()
    try:
        return done.result(
            timeout=seconds + 0.5
        )  # the client's own time-out, which closes, goes first
    except TimeoutError as error:
        raise Passing(f"the server gave no whole answer within {seconds:.3g} s") from error
