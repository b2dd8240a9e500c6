"""The other end of the line: requests to the process that holds a run, which is started again where it is gone."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from ftdojo.errors import FtdojoError, RunBusy, StoreError, UsageError
from ftdojo.records import OUTSIDE, Submission
from ftdojo.serve.jobs import words
from ftdojo.serve.protocol import (
    FILES,
    MAX_TEXT,
    CheckRequest,
    FinishRequest,
    Job,
    Kept,
    LookRequest,
    MergeRequest,
    Request,
    Resume,
    Start,
    StatusRequest,
    StopRequest,
    TrainRequest,
    read_kept,
    remove_socket,
)
from ftdojo.serve.views import status
from ftdojo.store import RunFolder, dump, load, run_ids


def read_submission(folder: Path) -> Submission:
    """Read the three files of ``folder``.

    Raises:
        UsageError: one is missing, too long, or no UTF-8.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder; name one that holds {', '.join(FILES)}.")
    plan, data, train = (_text(folder / name) for name in FILES)
    return Submission(plan=plan, data=data, train=train)


def read_text(name: str) -> str:
    """Read the file ``name`` whose tokens are to be counted, or stdin for ``-``.

    Raises:
        UsageError: it is missing, too long, or no UTF-8.
    """
    path = Path("/dev/stdin" if name == "-" else name)
    if name == "-" or path.is_file():
        return _read(path)
    raise UsageError(
        f"{name!r} is not a file; name one with training rows or any text, or - for stdin."
    )


def _text(path: Path) -> str:
    if not path.is_file():
        raise UsageError(
            f"{path} is missing; a submission is {', '.join(FILES)} in one folder (`ftdojo play guide` shows each)."
        )
    return _read(path)


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            found = file.read(MAX_TEXT + 1)
        if len(found) > MAX_TEXT:
            raise UsageError(
                f"{path} is longer than {MAX_TEXT} bytes; cut it: a script loads data, it does not hold it, and a part of the rows is enough to count."
            )
        return found.decode("utf8")
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{path} is not UTF-8 at byte {error.start}; write it as UTF-8."
        ) from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}).") from error


def played_run(run: str, root: Path) -> RunFolder:
    """Return the run below ``root`` that is meant: the one named, or the one that is played from outside now, or was last.

    Raises:
        UnknownName: there is no run of that name.
        UsageError: none is named, and there are none or several.
    """
    if run:
        return RunFolder.open(run, root)
    folders = [RunFolder(root / each) for each in run_ids(root)]
    ours = [each for each in folders if _agent(each) == OUTSIDE]
    if not ours:
        raise UsageError(
            f"No run in {root} is played from outside; `ftdojo play start TASK` makes one."
        )
    playable = [each for each in ours if each.result() is None]
    if len(playable) > 1:
        names = ", ".join(each.config.id for each in playable)
        raise UsageError(f"Several runs are being played: {names}. Name one with --run.")
    return playable[0] if playable else max(ours, key=lambda each: each.config.created)


def _agent(folder: RunFolder) -> str:
    """Return who plays a run; a damaged one, which is nobody's, hides no other."""
    try:
        return folder.config.spec.agent
    except StoreError:
        return ""


LOOK_S, TELL_S = 5.0, 60.0
"""While somebody waits: how often is looked where a job is, and how often that is told at least."""
ANSWER_S = 90.0
"""Beside the time that was asked to be waited."""
TRIES = 5
Say = Callable[[str], None]
Answered = StatusRequest | LookRequest | StopRequest
AskedFor = CheckRequest | TrainRequest | MergeRequest | FinishRequest


class _Gone(Exception):  # never leaves this module
    """Nobody answered."""


def begin(request: Start, *, say: Say) -> RunFolder:
    """Make a run in a process of its own, which goes on without this one; return its folder.

    Raises:
        FtdojoError: the run cannot be made.
    """
    return RunFolder(_launched("start", request, say))


def go_on(folder: RunFolder, request: Resume, *, say: Say) -> None:
    """Start the process that holds a run again, after the last finished stage.

    Raises:
        FtdojoError: the run cannot be opened.
    """
    _launched("resume", request, say)
    kept = read_kept(folder)
    job = kept.job if kept else None
    begun = f"; {job.id} ({job.verb}) goes on" if job and job.state == "running" else ""
    say(f"The process that held {folder.config.id} was gone and was started again{begun}.")


def ask(folder: RunFolder, request: Answered, *, say: Say) -> dict[str, Any]:
    """Ask for something that is answered at once, and may be asked for twice.

    Raises:
        FtdojoError: it is refused, or the run cannot be opened again.
    """
    for _ in range(TRIES):
        if _is_quiet(folder, request):
            _sweep(folder)
            return status(folder, None, ended=_ended(folder))
        _require_open(folder)
        with suppress(_Gone):
            return _exchange(folder, request)
        if not _is_quiet(folder, request):
            _start_again(folder, say)
    raise _silent(folder)


def hand_in(folder: RunFolder, request: AskedFor, *, say: Say) -> dict[str, Any]:
    """Ask for an action; it goes on by itself. The id of its job is under ``asked``.

    Raises:
        FtdojoError: it is refused, or was begun without an answer.
    """
    for _ in range(TRIES):
        _require_open(folder)
        before = _job(folder)
        try:
            return _exchange(folder, request)
        except _Gone:
            if _job(folder) != before:  # it was begun, and is on record
                raise _silent(folder) from None
        _start_again(folder, say)
    raise _silent(folder)


def await_quiet(
    folder: RunFolder, *, seconds: float, say: Say, tell: Say = lambda text: None
) -> dict[str, Any]:
    """Return how the run stands once no job is under way, or after ``seconds``.

    ``tell`` is given a line whenever the job reaches another stage, and about once a minute.
    """
    until, stage, told_at = time.monotonic() + seconds, "", 0.0
    while True:
        left = until - time.monotonic()
        request = StatusRequest(wait_s=min(LOOK_S, max(0.0, left)))
        found = ask(folder, request, say=say)
        now, job = time.monotonic(), found["job"]
        if found["state"] != "busy" or now >= until:
            return found
        if job and (job["stage"] != stage or now > told_at + TELL_S):
            stage, told_at = job["stage"], now
            tell(words(load(Job, json.dumps(job))))


def _is_quiet(folder: RunFolder, request: Request) -> bool:
    """Return whether the folder alone answers: the run has ended, or its process went away with an error."""
    if not isinstance(request, StatusRequest):
        return False
    return folder.result() is not None or bool(_ended(folder))


def _sweep(folder: RunFolder) -> None:
    """Take away what a process leaves that is killed when the run has ended: nobody starts it again."""
    kept = read_kept(folder)
    left = folder.result() and kept and (folder.scratch.exists() or Path(kept.socket).exists())
    if not (left and kept):
        return
    with suppress(RunBusy), folder.lock():  # the process still lives, and does so itself
        remove_socket(kept.socket)


def _job(folder: RunFolder) -> str:
    """Return the id of the last job that was begun; every job is on record before it is carried out."""
    kept = read_kept(folder)
    return kept.job.id if kept and kept.job else ""


def _ended(folder: RunFolder) -> str:
    kept = read_kept(folder)
    return kept.ended if kept else ""


def _require_open(folder: RunFolder) -> None:
    config = folder.config
    if config.spec.agent != OUTSIDE:
        raise UsageError(
            f"The run {config.id} is played by {config.spec.agent}, not from outside; `ftdojo play start` makes a run to be "
            "played."
        )
    if folder.result():
        raise UsageError(
            f"The run {config.id} has ended; `ftdojo play status --run {config.id}` shows how."
        )


def _start_again(folder: RunFolder, say: Say) -> None:
    """Start the process again, unless somebody else is just doing so."""
    if folder.result():  # it ended while it was asked
        return
    try:
        go_on(folder, Resume(folder=folder.path.absolute()), say=say)
    except RunBusy:
        time.sleep(1.0)


def _exchange(folder: RunFolder, request: Request) -> dict[str, Any]:
    """Send one request and return its answer.

    Raises:
        _Gone: nobody is there.
        FtdojoError: the request is refused.
    """
    kept = read_kept(folder)
    line = _asked(kept, request)
    try:
        found = json.loads(line)
    except ValueError:
        raise _Gone from None
    if found["ok"]:
        return dict(found["answer"])
    raise _error(found)


def _asked(kept: Kept | None, request: Request) -> bytes:
    waited = request.wait_s if isinstance(request, StatusRequest) else 0.0
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(ANSWER_S + waited)
        try:
            line.connect(kept.socket if kept else "")
            line.sendall(request.model_dump_json().encode() + b"\n")
            with line.makefile("rb") as answer:
                return answer.read()
        except OSError:
            raise _Gone from None


def _silent(folder: RunFolder) -> StoreError:
    run = folder.config.id
    return StoreError(
        f"The process that holds {run} went away before it answered; `ftdojo play status --run {run}` starts it again and "
        f"shows what became of it. Its log is {folder.path / 'play.log'}."
    )


def _launched(kind: str, request: Start | Resume, say: Say) -> Path:
    """Start the process that is to hold a run and listen until it has opened it."""
    command = [sys.executable, "-P", "-m", "ftdojo.serve.daemon"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf8"
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(f"{kind} {dump(request)}\n")
        process.stdin.close()
        return _opened(process.stdout, say)


def _opened(lines: Iterable[str], say: Say) -> Path:
    """Listen to a process that opens a run, and return the run folder; an impatient user ends it.

    Raises:
        FtdojoError: the run cannot be opened.
    """
    pid = 0
    try:
        for said in map(json.loads, lines):
            pid = said.get("pid", pid)
            if "text" in said:
                say(said["text"])
            if "error" in said:
                raise RunBusy(said["error"]) if said["busy"] else _error(said)
            if "ready" in said:
                return Path(said["ready"])
    except KeyboardInterrupt:
        if pid:
            os.kill(pid, signal.SIGTERM)
        raise
    raise StoreError(
        "The process that was to hold the run ended before the run was open; what it said is above."
    )


def _error(said: dict[str, Any]) -> FtdojoError:
    """Return the error that was told of, with the exit code it had."""
    kind = UsageError if said["code"] == UsageError.exit_code else FtdojoError
    return kind(said["error"])
