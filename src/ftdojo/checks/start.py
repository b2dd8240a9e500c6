"""From which weights a training starts: ``start_from`` of ``train.yaml``, held against the experiments that there are."""

import json
from collections.abc import Sequence
from typing import NoReturn

from ftdojo.checks.context import CheckContext, CheckFailed, fail
from ftdojo.errors import ModelError
from ftdojo.models import tensor_digest
from ftdojo.records import BASE, Experiment, Failure, FailureKind, Stage, Status, Weights
from ftdojo.submissions import TrainConfig, read_train
from ftdojo.submissions.train_config import ADAPTER_FIELDS

NAMED = 5
"""So many experiments are named in a refusal, the latest of them."""


def started(config: TrainConfig, context: CheckContext) -> tuple[TrainConfig, Weights | None]:
    """Return the config and the weights that its training goes on from; None stands for the base.

    An adapter is continued as it was made, so options of its shape that ``config`` leaves out become those of the adapter.
    Ends the check where the experiment is not there, has no weights, or was trained in a way that does not fit.
    """
    if config.start_from == BASE:
        return config, None
    if not context.goes_on:
        _refuse(config, "the trainer of this run always starts from the base; leave it out")
    known = {each.id: each for each in context.experiments()}
    found = known.get(config.start_from)
    if found is None or found.weights is None:
        _refuse(config, f"{_why_not(config, found)}; {_instead(list(known.values()))}")
    _require_method(config, found.weights)
    _require_whole(config, found.weights)
    if config.method == "full":
        return config, found.weights
    return _as_made(config, made_by(found, known)), found.weights


def made_by(experiment: Experiment, known: dict[str, Experiment]) -> TrainConfig:
    """Return the config of an experiment, with what it took over from those it started from; of a merge, its adapter's."""
    if experiment.merged:
        return _of_adapter(experiment)
    config = read_train(experiment.submission.train)
    if isinstance(config, Failure):  # its record was changed since
        raise CheckFailed(config)
    if experiment.start_from == BASE:
        return config
    return _as_made(config, made_by(known[experiment.start_from], known))


def _of_adapter(merge: Experiment) -> TrainConfig:
    """Return what a merged adapter says of itself: its rank and scaling are those of none of its parents."""
    assert merge.weights
    file = merge.weights.path / "adapter_config.json"
    try:
        kept = json.loads(file.read_text(encoding="utf8"))
        return TrainConfig.model_validate({name: kept[name] for name in ADAPTER_FIELDS})
    except (
        OSError,
        ValueError,
        KeyError,
    ):  # single layers by more names than train.yaml has room for, or damage
        parents = ", ".join(merge.merged)
        message = f"start_from: no train.yaml describes the adapter of {merge.id}, a merge; start from one of {parents}."
        fail(Stage.STATIC, FailureKind.SCHEMA, message, file="train.yaml")


def _as_made(config: TrainConfig, earlier: TrainConfig) -> TrainConfig:
    given = ADAPTER_FIELDS & config.model_fields_set
    for name in sorted(given):
        asked, there = getattr(config, name), getattr(earlier, name)
        if _plain(asked) != _plain(there):
            _refuse(
                config,
                f"{name} is {_shown(asked)}, and the adapter of {config.start_from} was made with {_shown(there)}; leave "
                f"{name} out to go on with it, or leave start_from out to make another adapter",
            )
    taken = {name: getattr(earlier, name) for name in ADAPTER_FIELDS - given}
    return config.model_copy(update=taken)


def _plain(value: object) -> object:
    return frozenset(value) if isinstance(value, tuple) else value


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(str, value))}]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _require_method(config: TrainConfig, weights: Weights) -> None:
    method = "lora" if weights.kind == "adapter" else "full"
    if config.method != method:
        _refuse(
            config,
            f"{config.start_from} was trained with method: {method}, and this is method: {config.method}; write method: "
            f"{method}, or leave start_from out",
        )


def _require_whole(config: TrainConfig, weights: Weights) -> None:
    try:
        whole = tensor_digest(weights.path) == weights.digest
    except (ModelError, OSError):
        whole = False
    if not whole:
        _refuse(
            config,
            f"the weights of {config.start_from} are not those any more that were trained; start from another experiment",
        )


def _why_not(config: TrainConfig, found: Experiment | None) -> str:
    if found is None:
        return f"{config.start_from} is not an earlier experiment"
    if found.status is Status.RUNNING:
        return f"{config.start_from} is this experiment itself"
    how = f" ({found.failure.kind})" if found.failure else ""
    return f"{config.start_from} failed{how} and left no weights"


def _instead(experiments: Sequence[Experiment]) -> str:
    trained = [each.id for each in experiments if each.weights][-NAMED:]
    if not trained:
        return "no experiment has weights yet, so leave it out"
    return f"name one with weights ({', '.join(trained)}), or leave it out to start from the base"


def _refuse(config: TrainConfig, why: str) -> NoReturn:
    message = f"start_from: {why}."
    fail(Stage.STATIC, FailureKind.SCHEMA, message, file="train.yaml")
