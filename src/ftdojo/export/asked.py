"""How an exported model is prompted, as ``ftdojo.json`` beside its weights: written with them, read back as hostile text."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from ftdojo.errors import ModelError
from ftdojo.records import Message, Task, asking, columns_of, filled

FILE = "ftdojo.json"
FORMAT: Literal[1] = 1
"""Raised whenever an older ftdojo could no longer read the file."""
MAX_BYTES = 1_000_000
Form = Literal["adapter", "merged", "gguf"]
Count = Annotated[int, Field(ge=1, le=1_000_000)]
Stop = Annotated[str, Field(min_length=1)]


@dataclass(frozen=True, kw_only=True)
class AskedAs:
    """How a task prompts a model: all that makes a prompt of a question, and what ends an answer.

    ``template`` has one hole, ``{question}``. ``question`` is how the ``columns`` of a row make up a question; it is
    empty where questions are single texts.
    """

    task: str
    task_version: int
    system: str
    template: Annotated[str, Field(pattern=r"\{question\}")]
    question: str
    columns: tuple[str, ...]
    max_new_tokens: Count
    stop: tuple[Stop, ...]

    def whole(self, text: str) -> str:
        """Return the question that ``text`` is: the value of the one column, where there is one, with the words around it.

        Where a question is made of several columns, ``text`` is taken for a whole question.
        """
        return filled(self.question, {self.columns[0]: text}) if len(self.columns) == 1 else text

    def prompt(self, question: str) -> tuple[Message, ...]:
        """Return the chat turns of ``question``, as the task writes them."""
        return asking(question, system=self.system, template=self.template)


@dataclass(frozen=True, kw_only=True)
class Origin:
    """The base model that an export was made from; ``digest`` is of its tensors, ``settings`` of its other files.

    ``put_on`` is true where it was prompted through a chat template that is not its own; that one lies beside the weights.
    """

    name: str
    revision: str
    digest: str
    settings: str = ""
    put_on: bool = False


@dataclass(frozen=True, kw_only=True)
class AskCard:
    """What ``ftdojo.json`` holds: which weights lie here, what they were made from, and how they are prompted."""

    format: Literal[1]
    form: Form
    asked: AskedAs
    base: Origin
    run: str
    experiment: str
    versions: Mapping[str, str]


def asked_as(task: Task) -> AskedAs:
    """Return how ``task`` prompts a model.

    The columns of its question are those that a raw source has; braces around anything else are text.
    """
    known = {field for source in task.sources for field in source.fields}
    named = columns_of(task.question, known) or columns_of(task.question)
    return AskedAs(
        task=task.name,
        task_version=task.version,
        system=task.system,
        template=task.template,
        question=task.question,
        columns=named,
        max_new_tokens=task.max_new_tokens,
        stop=task.stop,
    )


def dump_asked(card: AskCard) -> str:
    """Return the text of ``ftdojo.json``."""
    return json.dumps(asdict(card), indent=2, ensure_ascii=False) + "\n"


def read_asked(folder: Path) -> AskCard:
    """Return what ``ftdojo.json`` in ``folder`` holds.

    Raises:
        ModelError: it is absent, too large, or not what an export writes; one line names the fault.
    """
    file = folder / FILE
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise ModelError(
            f"{file} cannot be read ({error.strerror}), so it is not known how to prompt this model; use the run "
            "it is from, or export it with this ftdojo."
        ) from error
    if len(content) > MAX_BYTES:
        raise ModelError(f"{file} has more than {MAX_BYTES} bytes; export the model again.")
    try:
        found = _adapter().validate_json(b"[" + content + b"]")
    except ValidationError as error:
        raise ModelError(
            f"{file} does not hold how to prompt a model: {_first(error)}; export the model again with this ftdojo."
        ) from error
    if len(found) != 1:
        raise ModelError(f"{file} holds {len(found)} records, not one; export the model again.")
    return found[0]


def _adapter() -> TypeAdapter[list[AskCard]]:
    """Return the adapter of a list of one: a list hands its settings on to every record inside."""
    return TypeAdapter(list[AskCard], config=ConfigDict(extra="forbid", strict=True))


def _first(error: ValidationError) -> str:
    first: Any = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"][1:])
    return f"{place or 'the whole'}: {first['msg']}"
