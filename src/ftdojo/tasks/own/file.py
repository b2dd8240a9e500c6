"""The task file of a folder, ``task.toml``: read strictly, so that a slip is an error and not a default."""

import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from ftdojo.errors import UsageError
from ftdojo.records import columns_of, hole
from ftdojo.tasks.own.metrics import METRICS, Reading

FILE = "task.toml"
LABELLED = ("accuracy", "macro_f1")
"""Metrics whose answers are labels."""
Text = Annotated[str, Field(min_length=1)]
Prompt = Annotated[str, Field(max_length=20_000)]


class TaskFile(BaseModel):
    """What ``task.toml`` may say."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @field_validator("labels", mode="before")
    @classmethod
    def _as_tuple(cls, value: object) -> object:
        return tuple(value) if isinstance(value, list) else value

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,80}$")]
    summary: Text
    licence: Text
    metric: str = ""
    """One of ``METRICS``; left out where a scorer is named."""
    scorer: str = ""
    """A Python file of the folder with ``grade(output, gold)``."""
    answer_format: Text
    labels: tuple[Text, ...] = ()
    """The labels that ``accuracy`` and ``macro_f1`` know."""
    decimal: Literal[".", ","] = "."
    """The decimal sign of the numbers that ``number`` reads."""
    template: Prompt = "{question}"
    system: Prompt = ""
    answer_after: str = ""
    """A marker that answers must follow; empty where an answer may be the whole output."""
    question: Text = "question"
    """A column, or text with ``{column}`` in it."""
    answer: Text = "answer"
    max_new_tokens: Annotated[int, Field(ge=1, le=32_768)] = 64
    shown: Literal["full", "output", "none"] = "full"
    overlap_words: Annotated[int, Field(ge=2, le=1000)] = 12
    train: str = "train.jsonl"
    validation: str = "validation.jsonl"
    confirm: str = ""
    test: str = "test.jsonl"

    @property
    def asked(self) -> str:
        """The template of a question over a row's columns."""
        return self.question if "{" in self.question else hole(self.question)

    @property
    def reading(self) -> Reading:
        """How answers are read; not for tasks with a scorer."""
        return Reading(
            metric=self.metric, after=self.answer_after, labels=self.labels, decimal=self.decimal
        )


def read_file(folder: Path) -> TaskFile:
    """Return the task file of ``folder``.

    Raises:
        UsageError: it is not there, is not TOML in UTF-8, or says something wrong; one line says what.
    """
    path = folder / FILE
    try:
        said = tomllib.loads(path.read_text("utf8"))
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read ({error.strerror}); `ftdojo tasks new NAME --data FILE --metric M` makes a task."
        ) from error
    except RecursionError as error:
        raise UsageError(f"{path} is not TOML: it is nested too deeply; fix it.") from error
    except ValueError as error:
        what = "in UTF-8" if isinstance(error, UnicodeDecodeError) else f"TOML: {error}"
        raise UsageError(f"{path} is not {what}; fix it.") from error
    try:
        found = TaskFile.model_validate(said)
    except ValidationError as error:
        raise UsageError(f"{path}: {_first(error)}") from error
    _require_scorer(found, path)
    return found


def _require_scorer(found: TaskFile, path: Path) -> None:
    if bool(found.metric) == bool(found.scorer):
        raise UsageError(f"{path}: name either a metric ({', '.join(METRICS)}) or a scorer file.")
    if found.metric and found.metric not in METRICS:
        near = get_close_matches(found.metric, METRICS, n=1, cutoff=0.5)
        nearest = f" Did you mean {near[0]!r}?" if near else ""
        raise UsageError(
            f"{path}: no metric is called {found.metric!r}.{nearest} Known: {', '.join(METRICS)}."
        )
    if not columns_of(found.asked):
        raise UsageError(
            f"{path}: question = {found.question!r} names no column; write one, or text with {{column}}."
        )
    if found.template.count("{question}") != 1:
        raise UsageError(f"{path}: template must hold {{question}} once.")
    if found.metric in LABELLED and len(found.labels) < 2:
        raise UsageError(
            f"{path}: {found.metric} needs a line labels = [...] with two or more labels."
        )


def _first(error: ValidationError) -> str:
    errors = error.errors(include_url=False, include_context=False)
    found = min(
        errors, key=lambda each: each["type"] != "extra_forbidden"
    )  # a misspelt key is missing, too
    key = ".".join(map(str, found["loc"]))
    if found["type"] == "missing":
        return f"{key} is missing; add a line {key} = ..."
    if found["type"] == "extra_forbidden":
        near = get_close_matches(key, TaskFile.model_fields, n=1, cutoff=0.5)
        nearest = (
            f"did you mean {near[0]!r}?" if near else f"known: {', '.join(TaskFile.model_fields)}."
        )
        return f"{key!r} is not a key of a task; {nearest}"
    return f"{key} = {found['input']!r} is wrong: {found['msg']}."
