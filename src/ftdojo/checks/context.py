"""What a check works with: the trusted parts of one run, and how a stage reports a failure."""

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from ftdojo.checks.forecast import Forecast
from ftdojo.errors import FtdojoError, StoreError
from ftdojo.evaluation import Vault
from ftdojo.gateway import Gateway
from ftdojo.records import Experiment, Failure, FailureKind, Stage, Task
from ftdojo.sandbox import Sandbox
from ftdojo.sources import StoredSource, head, spread
from ftdojo.store import Cache, write_atomic
from ftdojo.worker import Worker

KIT = Path(__file__).parents[1] / "kit"
"""The folder of ``ftkit``, the library that data scripts may import."""


HEAD_ROWS = 64
"""So many rows of a source are in a dry run."""


@dataclass(frozen=True, kw_only=True)
class DataFolders:
    """What data scripts read: folders with one ``<source>.jsonl`` each, ``whole`` or cut to ``HEAD_ROWS``, and ``ftkit``.

    ``stored`` has the sources themselves by name. ``losses`` has the row losses that were measured, ``whole`` and ``heads``
    again: a file ``<name>.jsonl`` each with a line for every row of a source, or of an experiment.
    """

    whole: Path
    heads: Path
    kit: Path
    losses: Path
    stored: Mapping[str, StoredSource]


def lay_losses(data: DataFolders, name: str, lines: Sequence[str]) -> None:
    """Write the row losses ``name`` (``SOURCE@...``) where scripts read them, a line for each row.

    For a dry run, the lines of a source are cut as its rows are.

    Raises:
        StoreError: they cannot be written.
    """
    cut = name.rpartition("@")[0] in data.stored
    places = spread(len(lines), HEAD_ROWS if cut else len(lines))
    write_atomic(data.losses / "heads" / f"{name}.jsonl", "".join(lines[at] for at in places))
    write_atomic(data.losses / "whole" / f"{name}.jsonl", "".join(lines))


def lay_out(
    stored: Mapping[str, StoredSource], *, to: Path, losses: Iterable[Path] = ()
) -> DataFolders:
    """Write what data scripts read below the folder ``to``, which is emptied first; ``losses`` are files of row losses.

    Raises:
        StoreError: it cannot be written.
    """
    names = {"whole": "sources", "heads": "heads", "kit": "kit", "losses": "losses"}
    made = DataFolders(**{field: to / folder for field, folder in names.items()}, stored=stored)
    shutil.rmtree(to, ignore_errors=True)
    try:
        made.whole.mkdir(parents=True)
        made.heads.mkdir()
        for part in ("whole", "heads"):
            (made.losses / part).mkdir(parents=True)
        # A copy, so that how the package was installed does not decide who can read it.
        shutil.copytree(KIT, made.kit, ignore=shutil.ignore_patterns("__pycache__"))
        for name, each in stored.items():
            shutil.copyfile(each.path, made.whole / f"{name}.jsonl")
            head(each, rows=HEAD_ROWS, to=made.heads / f"{name}.jsonl")
        for path in losses:
            lay_losses(made, path.stem, path.read_text("utf8").splitlines(keepends=True))
    except OSError as error:
        raise StoreError(f"{to} cannot be written ({error.strerror}); make room there.") from error
    return made


@dataclass(frozen=True, kw_only=True)
class CheckContext:
    """The parts of one run that its checks use.

    ``data`` is what agent code may read, ``scratch`` where it gets folders to write to. ``memory_bytes`` is what the
    worker may use at most, ``max_rows`` the run's cap on training rows, ``objective`` what is learnt where ``train.yaml``
    does not say; ``dry_run_s`` and ``build_s`` are how long a data script may run, ``on_tick`` is called about once a
    second while one does. ``gateway`` leads data scripts to language models, where the run has some. ``experiments``
    returns those of the run so far, their weights where they lie, and ``goes_on`` says whether the trainer goes on from
    such weights. ``forecast`` alone learns on the way.
    """

    task: Task
    sandbox: Sandbox
    worker: Worker
    vault: Vault
    cache: Cache
    data: DataFolders
    scratch: Path
    memory_bytes: int
    forecast: Forecast = field(default_factory=Forecast)
    max_rows: int | None = None
    objective: str = "sft"
    dry_run_s: float = 60.0
    build_s: float = 900.0
    on_tick: Callable[[], None] = lambda: None
    gateway: Gateway | None = None
    experiments: Callable[[], Sequence[Experiment]] = tuple
    goes_on: bool = True


class CheckFailed(FtdojoError):
    """A stage failed; ``failure`` is what the agent reads. Never leaves this package."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


def fail(
    stage: Stage, kind: FailureKind, message: str, *, file: str = "", log_tail: str = ""
) -> NoReturn:
    """End the check with a failure."""
    raise CheckFailed(
        Failure(stage=stage, kind=kind, message=message, file=file, log_tail=log_tail)
    )
