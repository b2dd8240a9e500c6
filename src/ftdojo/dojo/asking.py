"""Asking a model that came out, a run's or an exported one, the way its task asked it.

The worker answers, as it does in a run: equal prompts get equal answers.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ftdojo import tasks
from ftdojo.dojo.exporting import weights_of
from ftdojo.dojo.setup import require_same_model
from ftdojo.errors import ModelError, StoreError, UsageError
from ftdojo.export import AskCard, AskedAs, asked_as, kind_of, read_asked
from ftdojo.export.asked import FILE
from ftdojo.models import LocalModel, hub_id, prepare, pull, tensor_digest
from ftdojo.models.entries import Progress
from ftdojo.records import BASE, Completion, Decoding, Message, Weights
from ftdojo.store import RunFolder
from ftdojo.worker import Worker

TEMPLATE = "chat_template.jinja"
BATCH = 128
"""Prompts that are answered together, and before the first answer is seen."""
PATIENCE_S = 7 * 86400.0
"""Nobody waits for an answer but who asked, and may stop it."""


@dataclass(frozen=True, kw_only=True)
class Askable:
    """A model that can be asked: ``weights`` on ``base`` (None for the base itself), and how its task asks.

    ``name`` says in words which it is; ``remark`` what whoever asks should know, or nothing.
    """

    name: str
    base: LocalModel
    weights: Weights | None
    asked: AskedAs
    remark: str = ""


def of_run(
    folder: RunFolder, *, experiment: str = "", cache: Path, on_progress: Progress
) -> Askable:
    """Return the model of ``experiment`` (``base`` for the untouched one); of the one the run chose, if left out.

    Raises:
        StoreError: the run has no result yet, so that an experiment must be named.
        UnknownName: no such experiment has weights, or the task is not there.
        ModelError: the base cannot be had, or is not the one of the run.
    """
    config, result = folder.config, folder.result()
    if not experiment and result is None:
        raise StoreError(
            f"The run {config.id} has no result yet, so no model is chosen; name one by --experiment, or --base."
        )
    name = experiment or (result.chosen if result else BASE)
    weights = weights_of(folder, name)
    asked, remark = _asked(folder)
    base = prepare(
        config.spec.model, chat_template=config.chat_template, cache=cache, on_progress=on_progress
    )
    require_same_model(config, base)
    return Askable(
        name=f"{name} of {config.id}", base=base, weights=weights, asked=asked, remark=remark
    )


def of_export(folder: Path, *, cache: Path, on_progress: Progress) -> Askable:
    """Return the model in an exported folder; an adapter's base is fetched if it is not here.

    Raises:
        UsageError: the folder holds a GGUF file, or no exported model at all.
        ModelError: it is damaged, or the base cannot be had or is not the one of the adapter.
    """
    card = _card(folder)
    if card.form == "merged":
        base = pull(str(folder.resolve()), cache=cache, on_progress=on_progress)
        return _exported(folder, card, base, weights=None)
    digest = tensor_digest(folder)  # refuses a damaged file
    weights = Weights(path=folder.resolve(), digest=digest, kind="adapter")
    return _exported(folder, card, _base(folder, card, cache, on_progress), weights=weights)


@contextmanager
def asking(model: Askable) -> Iterator["Asker"]:
    """Yield what answers with ``model``; the process behind it ends with the block."""
    with tempfile.TemporaryDirectory(prefix="ftdojo-ask-") as scratch:
        worker = Worker(model.base, log=Path(scratch) / "worker.log")
        try:
            yield Asker(model, worker)
        finally:
            worker.close()


class Asker:
    """Answers prompts with one model."""

    def __init__(self, model: Askable, worker: Worker) -> None:
        self._model, self._worker = model, worker

    def lengths(self, prompts: Sequence[tuple[Message, ...]]) -> tuple[int, ...]:
        """Return how many tokens each prompt has.

        Raises:
            UsageError: one leaves no room for an answer in the model's context.
            WorkerError: they cannot be counted.
        """
        found = self._worker.lengths(prompts, timeout_s=PATIENCE_S)
        context = self._model.base.context
        for number, tokens in enumerate(found, start=1):
            if context and tokens >= context:
                raise UsageError(
                    f"Prompt {number} has {tokens} tokens, and the context of {self._model.base.name} ends at {context}; "
                    "shorten it, so that there is room for an answer."
                )
        return found

    def answers(
        self, prompts: Sequence[tuple[Message, ...]], *, max_new_tokens: int
    ) -> Iterator[Completion]:
        """Yield the answer to each prompt, in their order: greedy, up to the stop strings of the task.

        Raises:
            WorkerError: the model cannot be loaded or asked.
        """
        decoding = Decoding(max_new_tokens=max_new_tokens, stop=self._model.asked.stop)
        for at in range(0, len(prompts), BATCH):
            yield from self._worker.generate(
                prompts[at : at + BATCH],
                decoding=decoding,
                weights=self._model.weights,
                timeout_s=PATIENCE_S,
            )


def _asked(folder: RunFolder) -> tuple[AskedAs, str]:
    """Return how the task of a run asked, as its export says; without one how it asks today, and a remark on that."""
    config, result = folder.config, folder.result()
    export = folder.path / result.export if result and result.export else None
    if export and (export / FILE).is_file():
        return read_asked(export).asked, ""
    task = tasks.get(config.spec.task)
    changed = f"{task.name} was changed since that run, and may ask otherwise now"
    return asked_as(task), changed if task.version != config.task_version else ""


def _card(folder: Path) -> AskCard:
    kind, card = _kind(folder), read_asked(folder)
    if (card.form == "adapter") != (kind == "adapter"):
        raise ModelError(
            f"{folder / 'ftdojo.json'} is of the form {card.form!r}, and the weights beside it are another's; export the "
            "model again."
        )
    return card


def _kind(folder: Path) -> str:
    if any((folder / name).is_file() for name in ("adapter_config.json", "config.json")):
        return kind_of(folder)
    if any(folder.glob("*.gguf")):
        raise UsageError(
            f"{folder} holds a GGUF file, which llama.cpp asks (README.md there says how); name an adapter or a merged model."
        )
    raise UsageError(
        f"{folder} is neither a run (run.json) nor an exported model (ftdojo.json with weights); `ftdojo runs list` shows "
        "the runs, and `ftdojo export RUN --to FOLDER` exports one."
    )


def _base(folder: Path, card: AskCard, cache: Path, on_progress: Progress) -> LocalModel:
    """Return the base of an adapter; at its revision, where the hub has moved on, and with the template it was given."""
    wanted = card.base
    found = pull(wanted.name, cache=cache, on_progress=on_progress)
    if found.digest != wanted.digest and wanted.revision and hub_id(found) == wanted.name:
        found = pull(f"{wanted.name}@{wanted.revision}", cache=cache, on_progress=on_progress)
    _require_base(found, wanted.digest, what="The adapter was trained", run=card.run)
    template = str(folder / TEMPLATE) if wanted.put_on else ""
    found = prepare(found.name, chat_template=template, cache=cache, on_progress=on_progress)
    if wanted.settings not in ("", found.settings):
        raise ModelError(
            f"The tokenizer, chat template or settings of {found.name} are no longer those that the adapter was trained "
            f"with; put its files back, or ask the merged model (`ftdojo export {card.run} --merge`)."
        )
    return found


def _require_base(base: LocalModel, digest: str, *, what: str, run: str) -> None:
    if base.digest != digest:
        raise ModelError(
            f"{what} with {base.name} {digest[:12]}, and what is here by that name is {base.digest[:12]}; put that base "
            f"back, or ask the merged model (`ftdojo export {run} --merge`, where the base is)."
        )


def _exported(folder: Path, card: AskCard, base: LocalModel, *, weights: Weights | None) -> Askable:
    name = f"{card.experiment} of {card.run} in {folder}"
    return Askable(name=name, base=base, weights=weights, asked=card.asked)
