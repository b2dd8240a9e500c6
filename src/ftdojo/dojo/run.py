"""One run as one value: its trusted parts, put together once and handed to every stage."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from hashlib import sha256
from pathlib import Path

from ftdojo import tasks
from ftdojo.checks import CheckContext, Forecast, lay_out
from ftdojo.checks.context import DataFolders
from ftdojo.dojo.account import Account
from ftdojo.dojo.listeners import Emitter
from ftdojo.dojo.machine import memory_bytes
from ftdojo.dojo.meter import Meter
from ftdojo.errors import LlmError
from ftdojo.evaluation import Vault
from ftdojo.evaluation.engine import Engine
from ftdojo.gateway import Gateway
from ftdojo.llm import Ask, ChatModel, Exchanges, Llm, Waiting
from ftdojo.models import LocalModel
from ftdojo.records import (
    Announced,
    Experiment,
    JudgeLost,
    Listener,
    Machine,
    Message,
    Role,
    RunOpened,
    RunSpec,
    Task,
    WorkerLost,
)
from ftdojo.sandbox import Sandbox, end_orphans, open_sandbox
from ftdojo.sources import StoredSource, materialise
from ftdojo.store import Cache, Ledger, RunFolder
from ftdojo.training.trainer import Trainer, WarmTrainer
from ftdojo.worker import Worker, WorkerEngine, engines, trainers

MEMORY_SHARE = 0.9


@dataclass(frozen=True, kw_only=True)
class Run(CheckContext):
    """What every stage of a run works with: what its checks do, and more. Only ``forecast`` learns; the rest is settled."""

    model: LocalModel
    folder: RunFolder
    ledger: Ledger
    engine: Engine
    trainer: Trainer
    emit: Listener
    llm: Llm | None = None

    @property
    def machine(self) -> Machine:
        """Where the run began, and the sandbox that holds agent code now."""
        return replace(self.folder.config.machine, sandbox=self.sandbox.tier)

    @cached_property
    def meter(self) -> Meter:
        """The budget in force when the run was opened, read against ledger and forecast."""
        return Meter(self.folder.budget, self.ledger, self.forecast)

    @property
    def judge(self) -> Callable[[tuple[Message, ...]], str] | None:
        """What puts a question to the run's judge; None unless the run asked for one. An equal question is asked once."""
        wanted = self.llm if self.folder.config.spec.judge else None
        return partial(_judged, wanted, self.emit) if wanted else None

    def close(self) -> None:
        """Let go of engine and worker, and of the scratch folder; may be called twice."""
        self.engine.close()
        self.worker.close()
        shutil.rmtree(self.scratch, ignore_errors=True)


def open_run(
    folder: RunFolder,
    task: Task,
    model: LocalModel,
    *,
    cache: Path,
    models: Mapping[Role, ChatModel],
    emit: Emitter,
) -> Run:
    """Put the parts of a run together and open its session of the ledger; ``folder`` is locked, with the budget in force.

    Raises:
        StoreError: the run folder cannot be written.
        SandboxError: agent code cannot be run safely here.
    """
    emit.record(folder)
    spec, scratch = folder.config.spec, folder.scratch
    sandbox = _without_orphans(folder, cache)
    ledger, swept = _account(folder), _swept(cache, emit)
    worker = Worker(model, log=folder.path / "worker.log", cache=swept, on_tick=ledger.heartbeat)
    forecast, trainer = Forecast(), trainers.get(spec.trainer)(worker)
    llm = _llm(folder, Meter(folder.budget, ledger, forecast), models, emit) if models else None
    return Run(
        task=task,
        model=model,
        memory_bytes=int(memory_bytes() * MEMORY_SHARE),
        folder=folder,
        ledger=ledger,
        vault=Vault(task),
        worker=worker,
        engine=_engine(spec.engine, worker, emit),
        trainer=trainer,
        cache=swept,
        sandbox=sandbox,
        data=_laid_out(task, folder, cache),
        scratch=scratch,
        max_rows=folder.budget.max_rows,
        objective=spec.objective,
        on_tick=ledger.heartbeat,
        forecast=forecast,
        llm=llm,
        gateway=Gateway(llm, folder=scratch) if llm else None,
        experiments=partial(_located, folder),
        goes_on=isinstance(trainer, WarmTrainer),
        emit=emit,
    )


def opened(run: Run) -> RunOpened:
    """Return what is said of a run when a controller opens it."""
    config = run.folder.config
    return RunOpened(
        run=config.id,
        folder=str(run.folder.path),
        task=config.spec.task,
        model=config.spec.model,
        agent=config.spec.agent,
        seed=config.spec.seed,
        budget=run.meter.budget,
    )


def _located(folder: RunFolder) -> Sequence[Experiment]:
    """Return the experiments of a run, their weights where they lie."""
    return [
        replace(each, weights=folder.weights_of(each)) if each.weights else each
        for each in folder.experiments()
    ]


def _laid_out(task: Task, folder: RunFolder, cache: Path) -> DataFolders:
    losses = (folder.path / "losses").glob("*.jsonl")
    return lay_out(raw_sources(task, cache), to=folder.scratch, losses=losses)


def raw_sources(task: Task, cache: Path) -> dict[str, StoredSource]:
    """Return the raw sources of ``task`` by name; those that are not in ``cache`` yet are fetched."""
    return {source.name: materialise(source, cache=cache) for source in task.sources}


def sandbox_of(spec: RunSpec, root: Path, cache: Path) -> Sandbox:
    """Open the sandbox of a run, with what holds its items out of sight wherever it lies."""
    return open_sandbox(spec.sandbox, (root, cache, *tasks.homes(spec.task)))


def _without_orphans(folder: RunFolder, cache: Path) -> Sandbox:
    """Open the run's sandbox once what a killed controller left running in it is ended."""
    end_orphans(folder.scratch)
    return sandbox_of(folder.config.spec, folder.path.parent, cache)


def _account(folder: RunFolder) -> Ledger:
    ledger = Ledger(folder.path, disk=folder.disk_bytes)
    ledger.open_session()
    return ledger


def _swept(cache: Path, emit: Listener) -> Cache:
    made = Cache(cache, say=lambda text: emit(Announced(text=text)))
    made.sweep()
    return made


def _engine(name: str, worker: Worker, emit: Listener) -> Engine:
    made = engines.get(name)
    if made is not WorkerEngine:
        return made(worker)
    return WorkerEngine(worker, lambda why: emit(WorkerLost(message=why)))


def _llm(folder: RunFolder, meter: Meter, models: Mapping[Role, ChatModel], emit: Listener) -> Llm:
    """Return the run's language models over its own record and account, once what is on record is paid."""
    exchanges = Exchanges(folder.path / "llm")
    account = Account(budget=meter.budget, ledger=meter.ledger, run=folder.config.id)
    account.settle(exchanges.all())
    return Llm(
        account.metered(models),
        exchanges=exchanges,
        charge=account.charge,
        allow=account.allow,
        waiting=Waiting(left_s=meter.left_s, say=lambda text: emit(Announced(text=text))),
    )


def _judged(llm: Llm, emit: Listener, messages: tuple[Message, ...]) -> str:
    named = sha256("\n".join(turn["content"] for turn in messages).encode()).hexdigest()
    try:
        asked = Ask(purpose=f"judge/{named}", messages=messages, role="judge", max_tokens=1024)
        return llm.ask(asked).text
    except LlmError as error:  # a lost judge leaves the rule's word, and says so
        emit(JudgeLost(message=str(error)))
        return ""
