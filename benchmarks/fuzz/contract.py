"""What every reader of hostile bytes owes: a result or one clear line, soon, and without much memory."""

import contextlib
import io
import time
import traceback
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import ftdojo
from ftdojo.errors import FtdojoError

LONGEST = 4000
"""Characters of a message."""
MOST_CPU_S = 5.0
"""Processor time of one input, all threads together. Instrumented code is several times slower than the product."""
MOST_BYTES = 600 * 2**20
"""By which one input may raise the memory of the process."""
OURS = str(Path(ftdojo.__file__).parent)
_STEERING = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_JOINING = "\u200c\u200d"

Run = Callable[[bytes], Iterable[str] | None]
"""Reads an input. It raises a ``FtdojoError``, or returns the messages that it led to, or nothing."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """One reader: how it is fed, what it is usually given, and what its language is made of.

    ``words`` are put into inputs; where ``is_json``, inputs are also changed as trees of JSON values, line by line.
    """

    name: str
    run: Run
    seeds: Sequence[bytes]
    words: Sequence[bytes] = ()
    is_json: bool = False
    longest: int = 16_384


@dataclass(frozen=True, kw_only=True)
class Breach:
    """A broken contract; two with one ``kind`` and ``place`` are the same fault."""

    kind: str
    place: str = ""
    detail: str = field(default="", compare=False)


def breach(run: Run, data: bytes) -> Breach | None:
    """Return how ``run`` broke its contract on ``data``, or None."""
    began, before = time.process_time(), _new_peak_bytes()
    place = ""
    with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
        try:
            said = list(run(data) or ())
        except FtdojoError as error:
            said, place = [str(error)], _place(error)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # some libraries' panics are no Exceptions
            kind = type(error).__name__
            return Breach(kind=kind, place=_place(error), detail=traceback.format_exc(limit=-12))
    taken, grown = time.process_time() - began, _peak_bytes() - before
    if taken > MOST_CPU_S:
        return Breach(kind="slow", detail=f"{taken:.1f} s of the processor")
    if grown > MOST_BYTES:
        return Breach(kind="memory", detail=f"{grown / 2**20:.0f} MiB more")
    found = ((fault(text), text) for text in said)
    return next((Breach(kind=kind, place=place, detail=text) for kind, text in found if kind), None)


def fault(text: str) -> str:
    """Return what keeps ``text`` from being one clear line, or nothing."""
    if not text.strip():
        return "says nothing"
    if len(text) > LONGEST:
        return "too long"
    if len(text.splitlines()) > 1:
        return "several lines"
    steers = any(unicodedata.category(each) in _STEERING and each not in _JOINING for each in text)
    return "control character" if steers else ""


def _place(error: BaseException) -> str:
    """Return the innermost line of the package that ``error`` went through."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [each for each in frames if each.filename.startswith(OURS)] or frames
    last = ours[-1]
    return f"{Path(last.filename).name}:{last.lineno} {last.name}" if ours else ""


def _new_peak_bytes() -> int:
    """Let the peak of this process's memory begin anew, and return it."""
    Path("/proc/self/clear_refs").write_text("5")
    return _peak_bytes()


def _peak_bytes() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
