"""What is said between the process that holds a run and whoever plays it, and where that process is found.

Requests come from a process that is not trusted, so they are read strictly and bounded. An answer is
``{"ok": true, "answer": {...}}`` or ``{"ok": false, "error": "one line", "code": 1 or 2}``.

The path of a unix socket may have 107 bytes, so the socket lies in a short folder of its own that only this user may
enter, and ``play.json`` in the run folder says where.
"""

import os
import stat
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from ftdojo.config import runtime_dirs
from ftdojo.errors import StoreError, UsageError
from ftdojo.records import Budget, CheckReport, Failure, LookKind, MergeMethod, RunSpec
from ftdojo.store import RunFolder, dump, files, load, write_atomic

MAX_LINE = 4 * 2**20
"""Bytes of the longest request."""
MAX_TEXT = 512 * 1024
"""Characters of the longest submitted file; the check has tighter limits of its own."""
FILES = ("plan.md", "data.py", "train.yaml")
"""A submission, as files in a folder."""
MAX_WAIT_S = 60.0

Verb = Literal["start", "check", "train", "merge", "finish", "end"]
Whats = Literal["task", "sources", "setting", "base", "feedback", "tokens", LookKind]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class StatusRequest(_Request):
    """Ask how things stand; with ``wait_s``, once no job runs any more or that time has passed."""

    verb: Literal["status"] = "status"
    wait_s: float = Field(0.0, ge=0.0, le=MAX_WAIT_S)


class LookRequest(_Request):
    """Look something up; ``text`` is what is to be counted in ``tokens``, ``wait_s`` how long it may take."""

    verb: Literal["look"] = "look"
    what: Whats
    name: str = Field("", max_length=200)
    offset: int = Field(0, ge=0, le=10**9)
    limit: int = Field(20, ge=1, le=100)
    only: Literal["all", "wrong"] = "all"
    text: str = Field("", max_length=MAX_TEXT)
    train: str = Field("", max_length=MAX_TEXT)
    wait_s: float = Field(MAX_WAIT_S, ge=0.0, le=MAX_WAIT_S)


class CheckRequest(_Request):
    """Check three texts."""

    verb: Literal["check"] = "check"
    plan: str = Field(max_length=MAX_TEXT)
    data: str = Field(max_length=MAX_TEXT)
    train: str = Field(max_length=MAX_TEXT)


class TrainRequest(_Request):
    """Carry out three texts as an experiment."""

    verb: Literal["train"] = "train"
    plan: str = Field(max_length=MAX_TEXT)
    data: str = Field(max_length=MAX_TEXT)
    train: str = Field(max_length=MAX_TEXT)
    validate_items: int | None = Field(None, ge=1, le=10**9)


class MergeRequest(_Request):
    """Merge the weights of experiments."""

    verb: Literal["merge"] = "merge"
    parents: list[Annotated[str, Field(max_length=200)]] = Field(max_length=64)
    method: MergeMethod = "linear"
    weights: list[float] = Field([], max_length=64)
    density: float = 0.5


class FinishRequest(_Request):
    """End the run with an experiment; none named means the best by the dojo's statistics."""

    verb: Literal["finish"] = "finish"
    experiment: str | None = Field(None, max_length=200)


class StopRequest(_Request):
    """End the training under way; with ``keep``, what was trained is validated, else it is dropped."""

    verb: Literal["stop"] = "stop"
    keep: bool = True


Request = (
    StatusRequest
    | LookRequest
    | CheckRequest
    | TrainRequest
    | MergeRequest
    | StopRequest
    | FinishRequest
)
_REQUESTS: TypeAdapter[Request] = TypeAdapter(Annotated[Request, Field(discriminator="verb")])


def read_request(line: bytes) -> Request:
    """Read one line as a request.

    Raises:
        UsageError: it is none; the message says why, in one line.

    Example:
        >>> read_request(b'{"verb": "finish", "experiment": "e2"}')
        FinishRequest(verb='finish', experiment='e2')
    """
    if len(line) > MAX_LINE:
        raise UsageError(f"The request is longer than {MAX_LINE} bytes; hand in shorter files.")
    try:
        return _REQUESTS.validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the request"
        raise UsageError(
            f"{place}: {first['msg']}. A request is one JSON object a line, whose verb is status, look, check, train, "
            "merge, stop or finish."
        ) from None


@dataclass(frozen=True, kw_only=True)
class Job:
    """One action that takes its time: what was asked, how far it is, and what came out.

    ``verb`` is ``start`` (the base is validated), ``check``, ``train``, ``merge``, ``finish``, or ``end`` where a limit ends the run.
    ``refused``: it changed nothing, and ``note`` says why. ``lost``: the process was killed around its end.
    ``stage`` is where a running job is, at ``step`` of ``of``; ``loss`` is that of the last training step, and ``left_s``
    how long the job will take from here, where that can be told: of a training with its validation. ``forecast_s`` is what
    the training was expected to take by its check, ``most_s`` after how long it is ended with what it has then.
    """

    id: Annotated[str, Field(pattern=r"^j[0-9]{1,9}$")]
    verb: Verb
    state: Literal["running", "done", "refused", "lost"] = "running"
    experiment: str = ""
    stage: str = ""
    step: int = 0
    of: int = 0
    loss: float | None = None
    left_s: float | None = None
    forecast_s: float | None = None
    most_s: float | None = None
    seconds: float = 0.0
    note: str = ""
    checked: CheckReport | None = None
    failure: Failure | None = None


@dataclass(frozen=True, kw_only=True)
class Start:
    """A run to be made below ``root``, as the process that will hold it is told; ``name`` is its id, or empty."""

    spec: RunSpec
    name: str
    root: Path


@dataclass(frozen=True, kw_only=True)
class Resume:
    """A run to go on with; ``budget`` replaces the one it had."""

    folder: Path
    budget: Budget | None = None


LONGEST = 100
SOCKET = "socket"
_PREFIX = "ftdojo-"


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What ``play.json`` says.

    ``job`` is the one under way, or the last. ``ended`` is the error with which the process went away, if it did so.
    """

    pid: int
    socket: str
    job: Job | None = None
    ended: str = ""


def read_kept(folder: RunFolder) -> Kept | None:
    """Return what the run folder says of its process; None before the first."""
    path = folder.path / "play.json"
    return load(Kept, files.read_text(path), where=path) if path.exists() else None


def write_kept(folder: RunFolder, kept: Kept) -> None:
    """Note where the process is and what it does."""
    write_atomic(folder.path / "play.json", dump(kept))


def new_socket() -> str:
    """Make a folder that only this user may enter, and return the path of the socket that is to lie in it.

    Raises:
        StoreError: there is no place for it.
    """
    for base in runtime_dirs():
        if len(os.fsencode(base)) + len(_PREFIX) + 16 > LONGEST:
            continue
        with suppress(OSError):
            return str(Path(tempfile.mkdtemp(prefix=_PREFIX, dir=base)) / SOCKET)
    raise StoreError(
        f"No folder for a socket can be made in {', '.join(map(str, runtime_dirs()))}; set XDG_RUNTIME_DIR to a folder "
        "with a short path that you may write to."
    )


def remove_socket(path: str) -> None:
    """Take away a socket that nobody listens at any more, and its folder; nothing else is ever touched."""
    place = Path(path)
    if place.name != SOCKET or not place.parent.name.startswith(_PREFIX):
        return
    with suppress(FileNotFoundError):
        if stat.S_ISSOCK(place.lstat().st_mode):
            place.unlink()
    with suppress(OSError):  # it is gone already, or holds what is not ours
        place.parent.rmdir()
