"""The run folder, ``runs/<id>/``: the truth about a run, as plain files.

::

    run.json            what was asked for, resolved: versions, digests, seed, budget, machine
    events.jsonl        what happened, in order, every action with its outcome among it; only ever added to
    ledger.jsonl        what it cost (see ``ledger``)
    budget.json         the budget in force, once ``resume`` was given another one
    pending.json        the action that was chosen and has not come to its end
    said.jsonl          what a person said to it meanwhile (see ``said``)
    experiments/<id>/   submission/ (plan.md, data.py, train.yaml), experiment.json,
                        predictions-<split>.jsonl, adapter/; the untouched model is ``base`` (evaluation.json);
                        steps.jsonl has the losses of its training, while it goes on already
    result.json         the sealed end; written once
    report.html         made from the rest at any time

A file is there whole or not at all, so a killed controller leaves nothing to repair: what is missing is done again.
"""

import contextlib
import os
import platform
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from ftdojo.errors import RunBusy, StoreError, UnknownName, UsageError
from ftdojo.records import (
    BASE,
    Action,
    Budget,
    BudgetChanged,
    EvaluationReport,
    Event,
    Experiment,
    Finish,
    Graded,
    LossPoint,
    Result,
    Split,
    Submission,
    Weights,
    kind_of,
)
from ftdojo.store import codec, files
from ftdojo.store.asked import FORMAT, RunConfig, now, run_ids
from ftdojo.store.index import EXPERIMENTS, RunIndex, has_ended

_STOPPED_BY = "stopped_by"
_ID = re.compile(r"e[1-9][0-9]{0,5}")


class RunFolder:
    """One run's folder. One controller at a time writes in it (``lock``); anyone may read.

    While it holds the lock, what the controller wrote or read once is answered from memory (see ``index``).
    """

    def __init__(self, path: Path) -> None:
        """Point at a folder; nothing is read or made."""
        self.path, self.scratch = path, path / "scratch"
        self._index: RunIndex | None = None

    @classmethod
    def create(cls, root: Path, config: RunConfig) -> "RunFolder":
        """Make ``root/<config.id>``.

        Raises:
            StoreError: the folder exists and holds something, or cannot be made.
        """
        path = root / config.id
        files.make_folder(path)
        if any(each.suffix != files.PART for each in path.iterdir()):
            raise StoreError(
                f"The folder {path} exists and is not empty. "
                f"Go on with it by `ftdojo resume {config.id}`, or choose another id."
            )
        files.write_once(path / "run.json", codec.dump(config))
        return cls(path)

    @classmethod
    def open(cls, path_or_id: str | Path, root: Path) -> "RunFolder":
        """Find a run by its folder, or by its id below ``root``.

        Raises:
            UnknownName: there is no such run.
        """
        for path in (root / path_or_id, Path(path_or_id)):
            if (path / "run.json").is_file():
                return cls(path)
        hint = f"Looked in {root}; the path of a run folder works too."
        raise UnknownName("run", str(path_or_id), run_ids(root), hint)

    @cached_property
    def config(self) -> RunConfig:
        """The run as it was asked for.

        Raises:
            StoreError: ``run.json`` is damaged, or of a later format.
        """
        where = self.path / "run.json"
        text = files.read_text(where)
        found = codec.load_object(text, where=where).get("format", FORMAT)
        if found != FORMAT:
            raise StoreError(
                f"{where} has format {found} and this ftdojo reads {FORMAT}; install the ftdojo that wrote it."
            )
        return codec.load(RunConfig, text, where=where)

    @property
    def budget(self) -> Budget:
        """The budget in force: the one last given to ``resume``, else the one that was asked for.

        Raises:
            StoreError: the file is damaged.
        """
        return self._load(Budget, self.path / "budget.json") or self.config.spec.budget

    def set_budget(self, budget: Budget) -> None:
        """Replace the budget from here on; ``run.json`` goes on telling what was asked for first."""
        if budget != self.budget:
            self._save(self.path / "budget.json", codec.dump(budget))
            self.event(BudgetChanged(budget=budget))

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the run as its one controller, and sweep away what a killed one left unfinished.

        The system lets go of the lock when its holder dies, however it dies.

        Raises:
            RunBusy: another process holds it.
        """
        import filelock

        lock = filelock.FileLock(self.path / ".lock", timeout=0)
        with files.writing(self.path / ".lock"):
            try:
                lock.acquire()
            except filelock.Timeout as error:
                raise self._busy() from error
        try:
            self._sweep()
            holder = {"pid": os.getpid(), "host": platform.node(), "since": now()}
            files.write_atomic(self.path / ".holder.json", codec.dump_object(holder))
            self._index = RunIndex(self.path, self._read_experiments)
            yield
        finally:
            self._index = None
            lock.release()

    def event(self, event: Event) -> None:
        """Add to the log what just happened.

        Raises:
            StoreError: it cannot be written.
        """
        line = codec.dump_object({"t": now(), "kind": kind_of(type(event)), **vars(event)})
        files.append_line(self.path / "events.jsonl", line)

    def events(self) -> list[Event]:
        """Return the log in order; each line of the file has its time (UTC, ISO 8601) too.

        Raises:
            StoreError: a line before the last is damaged, or of a kind that another version of ftdojo wrote.
        """
        where = self.path / "events.jsonl"
        lines = enumerate(files.read_lines(where), 1)
        return [codec.load_event(line, where=f"{where} line {n}") for n, line in lines]

    def losses(self, name: str) -> list[LossPoint]:
        """Return the steps that a training has made so far, or had made when it was ended; none if there was none.

        Raises:
            StoreError: a line is damaged.
        """
        where = self.losses_path(name)
        lines = enumerate(files.read_lines(where), 1)
        return [codec.load(LossPoint, line, where=f"{where} line {n}") for n, line in lines]

    def losses_path(self, name: str) -> Path:
        """Return the file to which the steps of an experiment's training are added while it goes on."""
        return self.experiment_dir(name) / "steps.jsonl"

    def stop_path(self, name: str) -> Path:
        """Return the file that is there once the training of an experiment is to be stopped."""
        return self.experiment_dir(name) / "stop"

    def checkpoint_path(self, name: str) -> Path:
        """Return the file in which the training of an experiment keeps its state while it goes on."""
        return self.experiment_dir(name) / "checkpoint.safetensors"

    def experiment_dir(self, name: str) -> Path:
        """Return the folder of an experiment, or of ``base``; it need not exist yet.

        Raises:
            UsageError: ``name`` is not an experiment's id.
        """
        if name != BASE and not _ID.fullmatch(name):
            raise UsageError(
                f"{name!r} is not an experiment's id; ids are e1, e2, ... and {BASE} for the untouched model."
            )
        return self.path / EXPERIMENTS / name

    def submission_dir(self, name: str) -> Path:
        """Return the folder with an experiment's ``plan.md``, ``data.py`` and ``train.yaml``."""
        return self.experiment_dir(name) / "submission"

    def save_experiment(self, experiment: Experiment) -> None:
        """Store an experiment as it stands now, replacing what was known of it.

        The record is the truth; the three files beside it are there to be read and run.

        Raises:
            StoreError: it cannot be written.
        """
        text = codec.dump(experiment)
        self._save_submission(self.submission_dir(experiment.id), experiment.submission)
        files.write_atomic(self.experiment_dir(experiment.id) / "experiment.json", text)
        if self._index:
            self._index.put(experiment)

    def experiments(self) -> list[Experiment]:
        """Return every stored experiment, e1 first.

        Raises:
            StoreError: one is damaged.
        """
        return self._index.experiments() if self._index else self._read_experiments()

    def ended(self) -> tuple[Experiment, ...]:
        """Return the experiments that do not run any more, e1 first.

        Raises:
            StoreError: one is damaged.
        """
        if self._index:
            return self._index.ended()
        return tuple(each for each in self._read_experiments() if has_ended(each))

    def _read_experiments(self) -> list[Experiment]:
        found = (self.path / EXPERIMENTS).glob("*/experiment.json")
        named = (path for path in found if _ID.fullmatch(path.parent.name))
        ordered = sorted(named, key=lambda path: int(path.parent.name[1:]))
        return [codec.load(Experiment, files.read_text(path), where=path) for path in ordered]

    def save_predictions(self, name: str, split: Split, graded: Sequence[Graded]) -> None:
        """Store the outputs of one pass, item by item in order.

        Raises:
            StoreError: they cannot be written.
        """
        text = "".join(codec.dump(each) + "\n" for each in graded)
        self._save(self._predictions(name, split), text)
        if self._index:
            self._index.changed(name)

    def weights_of(self, experiment: Experiment) -> Weights:
        """Return an experiment's weights where they lie.

        Raises:
            StoreError: it has none.
        """
        if experiment.weights is None:
            raise StoreError(
                f"The experiment {experiment.id} of {self.path} has no weights; choose one that was trained."
            )
        return replace(experiment.weights, path=self.path / experiment.weights.path)

    def predictions(self, name: str, split: Split) -> list[Graded]:
        """Return the outputs of a pass; none if that pass was not stored.

        Raises:
            StoreError: a line is damaged.
        """
        where = self._predictions(name, split)
        lines = enumerate(files.read_lines(where), 1)
        return [codec.load(Graded, line, where=f"{where} line {n}") for n, line in lines]

    def save_base(self, report: EvaluationReport) -> None:
        """Store the validation score of the untouched model."""
        self._save(self.experiment_dir(BASE) / "evaluation.json", codec.dump(report))
        if self._index:
            self._index.base = report

    def base(self) -> EvaluationReport | None:
        """Return the validation score of the untouched model, once known."""
        if self._index and self._index.base:
            return self._index.base
        found = self._load(EvaluationReport, self.experiment_dir(BASE) / "evaluation.json")
        if self._index:
            self._index.base = found
        return found

    def scored_base(self) -> EvaluationReport:
        """Return the validation score of the untouched model, which every run with an experiment has.

        Raises:
            StoreError: its record is gone.
        """
        if found := self.base():
            return found
        raise StoreError(
            f"{self.path} has no score of its base model any more; restore experiments/{BASE}/evaluation.json from a copy, "
            "or start a new run."
        )

    def save_result(self, result: Result) -> None:
        """Seal the run.

        Raises:
            StoreError: it is sealed already, or cannot be written.
        """
        files.write_once(self.path / "result.json", codec.dump(result))

    def result(self) -> Result | None:
        """Return the sealed end, or None while there is none."""
        return self._load(Result, self.path / "result.json")

    def set_pending(self, action: Action) -> None:
        """Note the action that is about to be carried out, so that a killed controller goes on with it."""
        files.write_atomic(self.path / "pending.json", codec.dump_action(action))

    def set_ending(self, finish: Finish, *, stopped_by: str | None) -> None:
        """Note that the final evaluation begins, as if by ``finish``, and which limit began it, if one did.

        It is pending as the agent's own finish would be, and both are noted at once: a kill leaves neither alone.
        """
        where = self.path / "pending.json"
        found = codec.load_object(codec.dump_action(finish), where=where)
        files.write_atomic(where, codec.dump_object({**found, _STOPPED_BY: stopped_by}))

    def ending(self) -> str | None:
        """Return the limit that began the final evaluation, "" if the agent did; None before it began."""
        found = self._pending()
        return str(found[_STOPPED_BY] or "") if _STOPPED_BY in found else None

    def pending(self) -> Action | None:
        """Return the action that was begun and has not come to its end."""
        found = self._pending()
        found.pop(_STOPPED_BY, None)
        where = self.path / "pending.json"
        return codec.load_action(codec.dump_object(found), where=where) if found else None

    def _pending(self) -> dict[str, Any]:
        where = self.path / "pending.json"
        return codec.load_object(files.read_text(where), where=where) if where.exists() else {}

    def clear_pending(self) -> None:
        """Note that the pending action came to its end."""
        where = self.path / "pending.json"
        with files.writing(where):
            where.unlink(missing_ok=True)
            files.sync_folder(self.path)

    def disk_bytes(self) -> int:
        """Return the bytes that the run's files take."""
        return self._index.disk_bytes() if self._index else files.folder_bytes(self.path)

    def _predictions(self, name: str, split: Split) -> Path:
        return self.experiment_dir(name) / f"predictions-{split}.jsonl"

    def _save_submission(self, folder: Path, submission: Submission) -> None:
        named = {
            "plan.md": submission.plan,
            "data.py": submission.data,
            "train.yaml": submission.train,
        }
        for name, text in named.items():
            if not (folder / name).exists() or (folder / name).read_bytes() != text.encode():
                self._save(folder / name, text)

    def _save(self, path: Path, text: str) -> None:
        files.make_folder(path.parent)
        files.write_atomic(path, text)

    def _load(self, cls: type[codec.T], path: Path) -> codec.T | None:
        return codec.load(cls, files.read_text(path), where=path) if path.exists() else None

    def _busy(self) -> RunBusy:
        held = self.path / ".holder.json"
        holder = codec.load_object(files.read_text(held), where=held) if held.exists() else {}
        return RunBusy(
            f"The run {self.path.name} is played by process {holder.get('pid', '?')} "
            f"on {holder.get('host', '?')} since {holder.get('since', '?')}; wait for it, or end it first."
        )

    def _sweep(self) -> None:
        """Remove what a killed controller left half-written; ``report.html`` may be someone else's at work."""
        shutil.rmtree(self.scratch, ignore_errors=True)
        own = (*self.path.glob(f".*.json.*{files.PART}"), *self.path.glob(f".model.*{files.PART}"))
        for part in (*own, *(self.path / EXPERIMENTS).rglob(f"*{files.PART}")):
            if part.is_dir() and not part.is_symlink():
                shutil.rmtree(part, ignore_errors=True)
            else:
                part.unlink(missing_ok=True)
