"""The way out of the program: its standard streams, and the signals that end it.

All text of agents, models and files leaves through the streams that ``guard`` puts in place, which write out whatever
would steer a terminal. What cannot be written to stdout is an error; what cannot be written to stderr is left out, for
progress is not worth a run.
"""

import codecs
import io
import os
import signal
import sys
from types import FrameType
from typing import Any

from ftdojo.errors import FtdojoError
from ftdojo.records.shown import escaped, visible

_SIGNALLED = 128
"""What is added to the number of a signal to make an exit code, as shells do."""
_ENCODING_FAULTS = "ftdojo-escape"
_ended_by = signal.SIGINT


class OutputLost(FtdojoError):
    """Standard output cannot be written; ``exit_code`` tells a reader that went away from the rest."""

    def __init__(self, error: OSError | None) -> None:
        gone = isinstance(error, BrokenPipeError)
        why = "it is closed" if error is None else error.strerror or type(error).__name__
        what = "whoever read the output is gone" if gone else f"the output cannot be written: {why}"
        super().__init__(
            f"{what}; nothing that was recorded is lost: `ftdojo runs list` shows the runs, `ftdojo resume RUN` goes on."
        )
        self.exit_code = _SIGNALLED + signal.SIGPIPE if gone else 1


class _Stream(io.TextIOWrapper):
    """A standard stream: ``shown`` writes out what would steer a terminal, ``needed`` makes a fault an error."""

    def __init__(
        self, buffer: Any, like: Any, *, needed: bool, shown: bool = True, closed: bool = False
    ) -> None:
        encoding = codecs.lookup(like.encoding).name if like else "utf-8"
        # Under another name than ASCII, libraries believe that the stream can take their text, and use it.
        self._ascii = encoding == "ascii"
        super().__init__(
            buffer,
            encoding="utf-8" if self._ascii else encoding,
            errors=_ENCODING_FAULTS,
            line_buffering=bool(like and like.line_buffering),
            write_through=bool(like and like.write_through),
        )
        self._shown, self._needed, self._lost = shown, needed, closed

    def write(self, text: str) -> int:
        """Write ``text`` and return how long it was.

        Raises:
            OutputLost: it cannot be written, and this is stdout.
        """
        if self._lost:
            return self._fail(None, len(text))
        try:
            super().write(visible(text, ascii_only=self._ascii) if self._shown else text)
        except OSError as error:
            return self._fail(error, len(text))
        return len(text)

    def flush(self) -> None:
        """Hand on what is held back, as ``write`` does."""
        try:
            super().flush()
        except OSError as error:
            self._fail(error, 1)

    def _fail(self, error: OSError | None, length: int) -> int:
        """Let what is held back, and what comes, go nowhere."""
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, self.fileno())
        os.close(nothing)
        if self._needed and length:
            self._needed = False
            raise OutputLost(error)
        return length


def guard() -> None:
    """Put the streams and signal handlers in place; called once, before anything is printed.

    SIGTERM and SIGHUP are taken as Ctrl-C is, unless they are ignored (``nohup``). A descriptor that is closed gets a
    file that holds nothing, so that no other file takes its place.
    """
    codecs.register_error(_ENCODING_FAULTS, _written_out)
    missing = [each is None for each in (sys.stdin, sys.stdout, sys.stderr)]
    while (held := os.open(os.devnull, os.O_RDWR)) <= 2:  # the lowest that is free
        os.set_inheritable(held, True)
    os.close(held)
    if missing[0]:
        sys.stdin = open(0, encoding="utf8", closefd=False)  # noqa: SIM115 - for as long as we live
    elif isinstance(sys.stdin, io.TextIOWrapper):
        is_ascii = codecs.lookup(sys.stdin.encoding).name == "ascii"
        sys.stdin.reconfigure(encoding="utf-8" if is_ascii else None, errors="replace")
    sys.stdout = _guarded(sys.stdout, 1, needed=True)
    sys.stderr = _guarded(sys.stderr, 2, needed=False)
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _interrupt)


def unguarded_stderr() -> Any:
    """Return stderr for a library that moves the cursor, and whose text was made ``visible`` before."""
    like = sys.stderr
    if not isinstance(like, _Stream):
        return like
    return _Stream(open(2, "wb", 0, closefd=False), like, needed=False, shown=False)


def exit_code(error: BaseException) -> int:
    """Return the exit code of a command that ``error`` ended."""
    code = getattr(error, "exit_code", _SIGNALLED + signal.SIGINT)
    return _SIGNALLED + _ended_by if code == _SIGNALLED + signal.SIGINT else int(code)


def _guarded(stream: Any, descriptor: int, *, needed: bool) -> Any:
    if stream is None:
        nowhere = open(descriptor, "wb", closefd=False)  # noqa: SIM115
        return _Stream(nowhere, None, needed=needed, closed=True)
    own: Any = sys.__stdout__ if descriptor == 1 else sys.__stderr__
    if stream is not own:
        return stream  # somebody's own, such as a test's
    return _Stream(stream.buffer, stream, needed=needed)


def _written_out(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    return escaped(error.object[error.start : error.end]), error.end


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Take a signal as Ctrl-C; the next one of its kind is not needed to end what is ending."""
    global _ended_by
    _ended_by = signal.Signals(number)
    signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt
