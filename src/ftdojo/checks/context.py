"""What a check works with: the trusted parts of one run, and how a stage reports a failure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from ftdojo.errors import FtdojoError
from ftdojo.evaluation import Vault
from ftdojo.gateway import Gateway
from ftdojo.records import Failure, FailureKind, FitReport, Stage, Task
from ftdojo.sandbox import Sandbox
from ftdojo.store import Cache
from ftdojo.worker import Worker

KIT = Path(__file__).parents[1] / "kit"
"""The folder of ``ftkit``, the library that data scripts may import."""


@dataclass(kw_only=True)
class CheckContext:
    """The parts of one run that its checks use.

    ``sources`` and ``heads`` are folders with one ``<source>.jsonl`` each, whole and cut short; ``digests`` pins the
    whole ones by name. ``scratch`` is for folders that agent code may write to. ``memory_bytes`` is what the worker may
    use at most, ``max_rows`` the run's cap on training rows, ``objective`` what is learnt where ``train.yaml`` does not say; ``dry_run_s`` and ``build_s`` are how long a data script may run, ``on_tick`` is called about once a
    second while one does. ``gateway`` leads data scripts to language models, where the run has some; ``kit`` is the
    folder with the library that they may import. Three things are learnt on the way: ``base_readable``, the share of
    validation answers the base writes readably; ``fits``, the measurements of this run by what they depend on;
    ``pace``, how fast the last training went, as a multiple of what one step had promised.
    """

    task: Task
    sandbox: Sandbox
    worker: Worker
    vault: Vault
    cache: Cache
    sources: Path
    heads: Path
    digests: Mapping[str, str]
    scratch: Path
    memory_bytes: int
    model_digest: str
    max_rows: int | None = None
    objective: str = "sft"
    dry_run_s: float = 60.0
    build_s: float = 900.0
    on_tick: Callable[[], None] = lambda: None
    gateway: Gateway | None = None
    kit: Path = KIT
    base_readable: float = 0.0
    fits: dict[str, FitReport] = field(default_factory=dict)
    pace: float = 1.0


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
