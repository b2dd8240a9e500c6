"""Putting a run together: names to things, all of it checked before the first second is spent."""

import re
import shutil
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

from ftdojo import __version__, tasks
from ftdojo.config import cache_dir, runs_dir
from ftdojo.dojo.account import require_prices
from ftdojo.dojo.environment import Dojo
from ftdojo.dojo.listeners import Emitter, registered
from ftdojo.dojo.machine import require_number_format, this_machine
from ftdojo.dojo.run import Run, open_run, raw_sources, sandbox_of
from ftdojo.dojo.scorer_faults import with_fixed_scorer
from ftdojo.errors import ModelError, StoreError, UsageError
from ftdojo.llm import ChatModel, open_models
from ftdojo.models import CHATML, LocalModel, prepare
from ftdojo.records import (
    OUTSIDE,
    Announced,
    Budget,
    Listener,
    LlmChoice,
    Machine,
    Message,
    Role,
    RunSpec,
    Split,
    Task,
    seconds,
)
from ftdojo.sources import StoredSource
from ftdojo.store import Cache, RunConfig, RunFolder, new_run_id
from ftdojo.training.objectives import objectives
from ftdojo.worker import WorkerEngine, WorkerFault, engines, trainers

FITS_S = 600.0
FITS = "fits"
"""How long it may take to count the tokens of all held-out prompts."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def make(  # noqa: PLR0913 - the front door; all but the task have defaults and are given by name
    task: str,
    *,
    model: str = RunSpec.model,
    budget: str | Budget = RunSpec.budget,
    seed: int = RunSpec.seed,
    root: Path | None = None,
    cache: Path | None = None,
    listeners: Sequence[Listener] = (),
) -> Dojo:
    """Make a dojo: one task, one base model, one budget, one seed, in a run folder of its own.

    Args:
        task: a task's name (``ftdojo tasks list``), the path of a folder (``./mine``), or ``module:attribute``.
        model: ``smollm2-135m``, ``tiny``, a folder, or a hub id.
        budget: wall time such as ``10m``, or a ``Budget``.
        seed: of the agent's choices; the held-out items do not depend on it.
        root: where run folders go (default: ``config.runs_dir()``).
        cache: where everything goes that can be made again (default: ``config.cache_dir()``).
        listeners: are called with every event of the run.

    Raises:
        FtdojoError: as ``start`` does, which takes everything that a run can be told.
    """
    limits = Budget(wall_s=seconds(budget)) if isinstance(budget, str) else budget
    spec = RunSpec(task=task, agent=OUTSIDE, model=model, budget=limits, seed=seed)
    return start(spec, root=root, cache=cache, listeners=listeners)


def start(
    spec: RunSpec,
    *,
    name: str = "",
    root: Path | None = None,
    cache: Path | None = None,
    listeners: Sequence[Listener] = (),
) -> Dojo:
    """Make the dojo of the run that ``spec`` declares; ``name`` is the run's id, made up if left out.

    Args:
        spec: all of it.
        name: as above.
        root: where run folders go (default: ``config.runs_dir()``).
        cache: where everything goes that can be made again (default: ``config.cache_dir()``).
        listeners: are called with every event of the run, after those that ``spec`` names.

    Raises:
        UnknownName: no such task, model, sandbox or trainer.
        UsageError: a value is wrong.
        ModelError: the base model cannot be had, nothing could end its answers, a held-out prompt does not fit it, or it
            does not write from left to right; no run folder is left.
        LlmError: a language model cannot be asked.
        SandboxError: agent code cannot be run safely here.
    """
    root, cache = root or runs_dir(), cache or cache_dir()
    spec = resolve(spec, root=root)
    task = tasks.get(spec.task)
    if task.ready:
        task.ready()
    _require_sound(spec, name)
    machine = this_machine(sandbox_of(spec, root, cache).tier)
    models = _models(spec.llm, spec.budget)
    emit = Emitter(listeners)
    local = _prepared(spec.model, spec.chat_template, cache=cache, emit=emit)
    short = task.name if tasks.folder_of(spec.task) else spec.task
    run = name or new_run_id(short, spec.agent, spec.seed, root)
    config = _config(run, spec, task, local, machine, raw_sources(task, cache))
    folder = RunFolder.create(root, config)
    try:
        with ExitStack() as held:
            held.enter_context(folder.lock())
            parts = open_run(folder, task, local, cache=cache, models=models, emit=emit)
            held.callback(parts.close)
            _require_fitting(parts)
            return Dojo(parts, held.pop_all())
    except ModelError:  # nothing was done in it, and nothing can be
        shutil.rmtree(folder.path, ignore_errors=True)
        raise


def _config(
    run: str,
    spec: RunSpec,
    task: Task,
    local: LocalModel,
    machine: Machine,
    stored: Mapping[str, StoredSource],
) -> RunConfig:
    """Return what a run that begins now is put on record with."""
    return RunConfig(
        id=run,
        spec=spec,
        task_version=task.version,
        model_digest=local.identity,
        chat_template=spec.chat_template or (CHATML if local.put_on and not local.amended else ""),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        ftdojo=__version__,
        machine=machine,
        versions=machine.versions,
        sources={name: each.digest for name, each in stored.items()},
    )


def resolve(spec: RunSpec, *, root: Path) -> RunSpec:
    """Return ``spec`` such that it says the same from any folder: paths whole, a run to replay (one of ``root``) found.

    Raises:
        UnknownName: there is no such run to replay.
    """
    llm = spec.llm
    if llm and llm.replay:
        llm = replace(llm, replay=str(RunFolder.open(llm.replay, root).path.resolve()))
    return replace(
        spec,
        task=str(tasks.folder_of(spec.task) or spec.task),
        chat_template=_whole(spec.chat_template),
        llm=llm,
    )


def resume(
    run: str | Path,
    *,
    budget: Budget | None = None,
    root: Path | None = None,
    cache: Path | None = None,
    listeners: Sequence[Listener] = (),
) -> Dojo:
    """Open a run again, after the last stage that was finished; ``budget`` replaces the one it had, for good.

    Keys of language models are read from the environment again; a run that has its result needs none.

    Raises:
        UnknownName: there is no such run.
        LlmError: a language model cannot be asked.
        RunBusy: another process plays it.
        StoreError: what it was made from is not what is here now, or it would go on in another number format.
    """
    folder = RunFolder.open(run, root or runs_dir())
    config, cache = folder.config, cache or cache_dir()
    limits = budget or folder.budget
    models = {} if folder.result() else _models(config.spec.llm, limits)
    task = tasks.get(config.spec.task)
    emit = Emitter(listeners)
    local = _prepared(config.spec.model, config.chat_template, cache=cache, emit=emit)
    _require_same(with_fixed_scorer(folder, task), task, local, raw_sources(task, cache))
    if folder.result() is None:
        require_number_format(config)
    with ExitStack() as held:
        held.enter_context(folder.lock())
        if folder.result() is None:
            folder.set_budget(limits)
        parts = open_run(folder, task, local, cache=cache, models=models, emit=emit)
        return Dojo(parts, held.pop_all())


def _models(choice: LlmChoice | None, limits: Budget) -> Mapping[Role, ChatModel]:
    """Return the models of a choice, if there is one, once all is known that can be without asking them."""
    if choice is None:
        return {}
    models = open_models(choice)
    require_prices(choice, limits)
    return models


def _require_sound(spec: RunSpec, name: str) -> None:
    """Refuse values that no part of a run would.

    An id must not lead out of the runs' folder, and neither a shell nor an option parser may take it apart.
    """
    if not 0 <= spec.seed < 2**32:
        raise UsageError(f"seed={spec.seed} must lie in 0 to {2**32 - 1}.")
    trainers.get(spec.trainer)
    engines.get(spec.engine)
    objectives.get(spec.objective)
    for each in spec.listeners:
        registered.get(each)
    if name and not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is not a name for a run; use up to 100 letters, digits, dots, dashes and underscores, the first a "
            "letter or digit."
        )


def _whole(chat_template: str) -> str:
    """Return the whole path where a file is named, so that the run can be resumed from anywhere."""
    named = chat_template in ("", CHATML)
    return chat_template if named else str(Path(chat_template).expanduser().absolute())


def _prepared(model: str, chat_template: str, *, cache: Path, emit: Listener) -> LocalModel:
    def say(text: str) -> None:
        emit(Announced(text=text))

    return prepare(model, chat_template=chat_template, cache=cache, on_progress=say)


def _require_fitting(run: Run) -> None:
    """Refuse a model that cannot answer every held-out prompt of the task; what is known to fit is not tried again.

    An answer ends with the context. So a prompt fits if its right answer does, and where some leave less room than the task
    allows for answers, that is said. An engine that is not ours has limits of its own.

    Raises:
        ModelError: see ``start``.
    """
    task, model = run.task, run.model
    asked = (task.name, str(task.version), str(task.max_new_tokens))
    key = Cache.key("fits", model.identity, *asked)
    if not isinstance(run.engine, WorkerEngine):
        return
    found = run.cache.get_text("checks", key)
    if found is None:
        try:
            found = _fitting(run, run.engine)
        except WorkerFault as error:
            raise ModelError(str(error)) from error
        run.cache.put_text("checks", key, found)
    if found != FITS:
        run.emit(Announced(text=found))


def _fitting(run: Run, engine: WorkerEngine) -> str:
    """Return ``FITS``, or in one line how many prompts leave less room in the context than an answer may take."""
    most, context = run.task.max_new_tokens, run.model.context
    items = [item for split in get_args(Split) for item in run.task.items(split)]
    tokens = engine.lengths([item.messages for item in items], answer=1, timeout_s=FITS_S)
    tight = [(item, n) for item, n in zip(items, tokens, strict=True) if 0 < context < n + most]
    if not tight:
        return FITS
    golds = [item.gold for item, _ in tight]
    said = [(Message(role="user", content=text),) for text in ("a", *golds)]
    one, *many = engine.lengths(
        said, timeout_s=FITS_S
    )  # as turns, of which all but the text is alike
    longest = max(n + gold - one + 2 for (_, n), gold in zip(tight, many, strict=True))
    named = run.model.name
    if longest > context:
        raise ModelError(
            f"The longest prompt and its right answer need {longest} tokens, and the context of {named} ends at {context}; "
            "choose a model with a longer one, or shorten prompts or answers."
        )
    return (
        f"{len(tight)} of {len(items)} prompts leave room for {context - max(tokens)} to {most - 1} tokens in the context of "
        f"{named} ({context}), and answers may have {most}: right ones fit, longer ones are cut there."
    )


def _require_same(
    config: RunConfig, task: Task, local: LocalModel, stored: Mapping[str, StoredSource]
) -> None:
    """Refuse to go on with other scores than those the run began with."""
    if task.version != config.task_version:
        raise StoreError(
            f"The run {config.id} began with version {config.task_version} of {config.spec.task}, and this is version "
            f"{task.version}; its scores would not compare. Start a new run."
        )
    changed = [name for name, each in stored.items() if config.sources.get(name) != each.digest]
    if changed:
        raise StoreError(
            f"The run {config.id} began with other rows of {', '.join(changed)} than there are now; start a new run."
        )
    require_same_model(config, local)


def require_same_model(config: RunConfig, local: LocalModel) -> None:
    """Refuse to take for the base of a run what is another model by now.

    Raises:
        StoreError: it is another.
    """
    if local.identity != config.model_digest:
        put_on = f" with the chat template {config.chat_template}" if config.chat_template else ""
        raise StoreError(
            f"The run {config.id} began with model {config.spec.model}{put_on}, together {config.model_digest[:12]}, and "
            f"this is {local.identity[:12]}; put the files back as they were, or start a new run."
        )
