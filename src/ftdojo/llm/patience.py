"""How long a model is waited for: what passes is tried again with growing pauses, and a hang has a deadline."""

import math
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import count
from typing import TypeVar

from ftdojo.errors import LlmBudget, LlmError, LlmTooLate

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


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """What whoever waits for a reply knows: how many seconds the run has left, and where to say that it waits."""

    left_s: Callable[[], float] = lambda: math.inf
    say: Callable[[str], None] = lambda text: None


ALONE = Waiting()
"""No run waits: there is no budget, and nothing is said."""
SHARE, LEAST_S = 0.25, 30.0
"""An outage may take this share of the time that the run has left, or so many seconds if they are more."""
OVER_S = 1.0
"""With less time than this left the run is over, whatever the server does."""
QUIET_S = 60.0
"""After this long without a word from the server it is said that it is still waited for."""


class Passing(Exception):
    """A fault that may have passed a little later.

    ``after_s`` is the pause that the server requests; 0 is one that was learned from, which counts as no try.
    """

    def __init__(self, message: str, *, after_s: float | None = None) -> None:
        super().__init__(message)
        self.after_s = after_s


def persist(
    call: Callable[[float], T], patience: Patience, *, name: str, waiting: Waiting = ALONE
) -> tuple[T, int]:
    """Return what ``call`` returns and how often it was called; it is called again after a ``Passing``.

    Args:
        call: gets the seconds that it may take; it is abandoned in its thread if it takes longer.
        patience: the limits.
        name: of the model, for the message.
        waiting: what is known of the run, whose time goes on meanwhile: an outage may take its ``SHARE``.

    Raises:
        LlmBudget: the run's time is over; ``LlmTooLate`` if some is left, and not enough for another try.
        LlmError: a limit is reached, or ``call`` raised it.
    """
    began, run_s, faults = time.monotonic(), waiting.left_s(), 0
    if run_s <= 0:
        raise LlmBudget(f"The run's time is used up, so {name} was not asked.")
    outage_s = min(patience.deadline_s, max(LEAST_S, SHARE * run_s))
    for number in count(1):
        left = min(patience.deadline_s, run_s) - (time.monotonic() - began)
        try:
            return _within(min(patience.request_s, left), call, name, waiting), number
        except Passing as error:
            pause = _pause(patience, faults + 1) if error.after_s is None else error.after_s
            faults += error.after_s != 0
            took = time.monotonic() - began
            wait = f", which requests a pause of {pause:.0f} s" if error.after_s else ""
            tried = f"No answer of {name} in {number} tries and {took:.0f} s: {error}{wait}."
            if took + pause >= run_s:
                left = run_s - took
                over = LlmTooLate if left > OVER_S else LlmBudget
                raise over(f"{tried} The run has {max(0.0, left):.0f} s left.") from error
            if faults >= patience.tries or took + pause >= outage_s:
                later = "Go on later with `ftdojo resume RUN`, or choose another model (--llm)."
                raise LlmError(f"{tried} {later}") from error
            if error.after_s != 0:
                waiting.say(f"{name}: {error}; trying again in {pause:.0f} s")
        time.sleep(pause)
    raise AssertionError("count has no end")


def _pause(patience: Patience, number: int) -> float:
    longest = min(patience.longest_pause_s, patience.first_pause_s * 2.0 ** (number - 1))
    return longest * _JITTER.uniform(0.5, 1.0)


def _within(seconds: float, call: Callable[[float], T], name: str, waiting: Waiting) -> T:
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
    late = f"{name} has not answered for {QUIET_S:.0f} s; it is waited for up to {seconds:.0f} s"
    reminder = threading.Timer(QUIET_S, waiting.say, [late])
    reminder.daemon = True
    reminder.start()
    try:
        # The client's own time-out, which closes, goes first.
        return done.result(timeout=seconds + 0.5)
    except TimeoutError as error:
        raise Passing(f"the server gave no whole answer within {seconds:.3g} s") from error
    finally:
        reminder.cancel()
