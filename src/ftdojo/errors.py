"""Every error ftdojo raises on purpose, in one tree.

::

    FtdojoError                 one clear line, exit code 1
    |-- UsageError              the call itself is wrong, exit code 2
    |   `-- UnknownName         no registry holds that name (also a LookupError)
    |-- MissingExtra            an optional package or system tool is absent
    |-- ModelError              a base model cannot be had, read or trusted
    |-- SourceError             raw data cannot be had, read or trusted
    |-- ScorerError             a custom scorer raised, or returned what is not a grade
    |-- SandboxError            the sandbox itself failed, not the script in it
    |-- HostileOutput           a script left no file that may be read (sandbox/outputs.py)
    |-- RowFault                a row cannot be trained on (submissions/rows.py)
    |-- CheckFailed             a stage of a check failed (checks/context.py)
    |-- SubmissionRefused       the model or the trainer refuses a configuration or rows
    |-- WorkerError             the training process failed
    |   |-- WorkerDied          it is gone (killed, crashed)
    |   |-- WorkerTimeout       it did not answer in time and was ended
    |   `-- WorkerFault         it lives and could not do what it was asked (worker/client.py)
    |-- StoreError              a run folder or cache entry cannot be used
    |   `-- RunBusy             another process plays this run
    |       `-- RunUnmade       it is still being made (serve/verbs.py)
    |-- BudgetError             a budget that allows nothing, or none left
    |-- LlmError                a language model cannot be asked
    |   |-- LlmBadRequest       its server does not take the request as it is
    |   |-- LlmUnusable         it answered, and nothing it said can be used
    |   `-- LlmBudget           a cap on calls, tokens or money is reached, or the run's time
    |       `-- LlmTooLate      its server asks for more time than the run has
    |-- OutputLost              standard output cannot be written (cli/streams.py)
    |-- GaveUp                  an agent could not go on, and its run was finished for it, exit code 3
    `-- Interrupted             the user stopped a run, exit code 130

A class that only one package raises and catches lives there; its file is named. ``HostileOutput``, ``RowFault``,
``CheckFailed`` and ``WorkerFault`` are caught by whoever turns them into a failure, so no user meets them.
A failed *experiment* is no exception: it is a ``records.Failure``, which the agent reads.
A message says what was wrong (with the value), what would be right, and what to do next. Values come from anywhere, so
whatever they hold, ``str`` of an error is one line of at most ``LONGEST`` characters that steers no terminal.
"""

import difflib
import json
import unicodedata
from collections.abc import Iterable

LONGEST = 4000
"""Characters of a message; of a longer one the middle, where values stand, is left out."""
_STEERING = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_JOINING = "\u200c\u200d"
"""Of what cannot be seen, this is needed to write some scripts and emoji."""


class FtdojoError(Exception):
    """An error that was foreseen; its text is all a user needs."""

    exit_code = 1

    def __str__(self) -> str:
        r"""Return the message on one line, in the form of JSON what would end the line or steer a terminal.

        Example:
            >>> print(FtdojoError("No column is called 'a\nb\x1b[31m'."))
            No column is called 'a\nb\u001b[31m'.
        """
        text = super().__str__()
        if len(text) > LONGEST:
            text = f"{text[: LONGEST // 4]} ... {text[-LONGEST // 4 :]}"
        return text if text.isprintable() else "".join(map(_shown, text))


class UsageError(FtdojoError, ValueError):
    """The call itself is wrong: an option, a value, a file that was named."""

    exit_code = 2


class UnknownName(UsageError, LookupError):
    """A name that no registry holds.

    Args:
        kind: what was looked for, as a noun ("task").
        name: the name as given.
        known: every name that would have been right.
        hint: one sentence on where more names come from.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str], hint: str = "") -> None:
        self.kind, self.name, self.known = kind, name, sorted(known)
        close = difflib.get_close_matches(name, self.known, n=1, cutoff=0.5)
        parts = [f"No {kind} is called {name!r}."]
        if close:
            parts.append(f"Did you mean {close[0]!r}?")
        parts.append(f"Known: {', '.join(self.known) or 'none'}.")
        if hint:
            parts.append(hint)
        super().__init__(" ".join(parts))


class MissingExtra(FtdojoError, ImportError):
    """An optional package or a system tool that the feature needs is not installed."""


class ModelError(FtdojoError):
    """A base model cannot be had, read or trusted."""


class SourceError(FtdojoError):
    """Raw data cannot be had, read or trusted."""


class ScorerError(FtdojoError):
    """A custom scorer raised, or returned what is not a grade; the message names file and line."""


class SandboxError(FtdojoError):
    """The sandbox itself failed; the script in it is not to blame."""


class SubmissionRefused(FtdojoError):
    """The model or the trainer refuses a submission's configuration or rows; another submission may fit.

    Raised where that is decided, and nowhere else: whatever else fails in the worker is not the submission's fault.
    """


class WorkerError(FtdojoError):
    """The training process failed."""


class WorkerDied(WorkerError):
    """The training process is gone.

    Args:
        message: one sentence.
        log_tail: the last lines it wrote.
        memory_suspected: its last known memory was near the machine's limit.
    """

    def __init__(self, message: str, *, log_tail: str = "", memory_suspected: bool = False) -> None:
        super().__init__(message)
        self.log_tail, self.memory_suspected = log_tail, memory_suspected


class WorkerTimeout(WorkerError, TimeoutError):
    """The training process did not answer in time and was ended."""


class StoreError(FtdojoError, OSError):
    """A run folder or a cache entry cannot be used."""


class RunBusy(StoreError):
    """Another process plays this run."""


class BudgetError(FtdojoError):
    """A budget that allows nothing, or of which nothing is left."""


class LlmError(FtdojoError):
    """A language model cannot be asked: no network, no key, no such model, or no answer in time."""


class LlmBadRequest(LlmError):
    """The server of a language model does not take a request as it is; another one may be taken."""


class LlmUnusable(LlmError):
    """A language model answered, and nothing it said can be used.

    Args:
        message: one sentence.
        why: ``refusal``, ``length`` (cut off) or ``form`` (not the form asked for), of the last answer.
    """

    def __init__(self, message: str, *, why: str = "form") -> None:
        super().__init__(message)
        self.why = why


class LlmBudget(LlmError, BudgetError):
    """A cap on calls, tokens or money is reached, or the run's time is over; there is no reply."""


class LlmTooLate(LlmBudget):
    """A language model is out of reach for longer than the run goes on."""


class GaveUp(FtdojoError):
    """An agent could not go on, as when its language model says nothing usable; the run has its result all the same."""

    exit_code = 3


class Interrupted(FtdojoError):
    """The user stopped a run; nothing of it is lost."""

    exit_code = 130


def _shown(each: str) -> str:
    steers = unicodedata.category(each) in _STEERING and each not in _JOINING
    return json.dumps(each)[1:-1] if steers else each
