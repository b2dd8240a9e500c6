"""The matrix file: read strictly, so that a slip is an error and not a default."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from ftdojo.bench.options import AGENT_OPTIONS, LLM_CAPS, RUN_OPTIONS, texts, words
from ftdojo.bench.words import Contender, Matrix
from ftdojo.config import seconds, size_bytes
from ftdojo.errors import UsageError
from ftdojo.submissions.dialects import nearest
from ftdojo.submissions.strict_yaml import YamlFault, read_mapping
from ftdojo.submissions.texts import short

Text = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f|]+$")]
Word = Annotated[str, Field(pattern=r"^[A-Za-z0-9][\w.-]{0,39}$")]
Some = Annotated[int, Field(ge=1)]
Above0 = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
STRICT = ConfigDict(extra="forbid", strict=True, frozen=True)
Name = Annotated[str, Field(pattern=r"^[A-Za-z_]\w{0,39}$")]


class AgentEntry(BaseModel):
    """An agent of the file, with options: the keys of ``AGENT_OPTIONS``."""

    model_config = STRICT

    name: Text
    label: Text = ""
    policy: Text | None = None
    without: Annotated[list[Text], Field(min_length=1)] | None = None
    llm: Text | None = None
    llm_strong: Text | None = None
    llm_weak: Text | None = None
    llm_judge: Text | None = None
    base_url: Text | None = None
    prices: Text | None = None
    data_cap: Some | None = None
    options: dict[Name, Text | int | float] | None = None


class MatrixFile(BaseModel):
    """What a matrix file may say; beside its own keys those of ``RUN_OPTIONS``."""

    model_config = STRICT

    name: Word
    tasks: Annotated[list[Text], Field(min_length=1)]
    agents: Annotated[list[AgentEntry], Field(min_length=1)]
    models: Annotated[list[Text], Field(min_length=1)] = ["smollm2-135m"]
    seeds: Annotated[list[Seed], Field(min_length=1)] = [0]
    budget: Text
    baseline: Text = ""
    data_cap: Some | None = None
    isolated: bool = True
    max_experiments: Some | None = None
    max_train_seconds: Above0 | None = None
    max_disk: Text | None = None
    max_llm_calls: Some | None = None
    max_llm_tokens: Some | None = None
    max_llm_usd: Above0 | None = None
    sandbox: Literal["auto", "unsafe"] | None = None
    trainer: Text | None = None
    chat_template: Text | None = None


def read_matrix(path: Path) -> Matrix:
    """Return the matrix that the file at ``path`` declares.

    Raises:
        UsageError: it cannot be read, or something in it is wrong; one line says what.
    """
    try:
        said = read_mapping(path.read_text("utf8"))
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "no UTF-8"
        raise UsageError(
            f"{path} cannot be read ({why}); give the path of a matrix file."
        ) from error
    except YamlFault as fault:
        raise UsageError(f"{path}: {fault}.") from fault
    agents = said.get("agents")
    if isinstance(agents, list):  # a plain name is an agent without options
        said["agents"] = [{"name": each} if isinstance(each, str) else each for each in agents]
    if isinstance(said.get("budget"), int | float):  # the unit is missing, and is asked for
        said["budget"] = str(said["budget"])
    try:
        return _matrix(MatrixFile.model_validate(said))
    except ValidationError as error:
        raise UsageError(f"{path}: {_first(error)}") from error
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from error


def _matrix(said: MatrixFile) -> Matrix:
    contenders = tuple(_contender(each, said) for each in said.agents)
    labels = [each.label for each in contenders]
    for what, values in (("task", said.tasks), ("model", said.models), ("seed", said.seeds)):
        _once(what, values)
    _once("agent", labels, ", and give one of the two a label of its own")
    _once("agent with its options", [(each.agent, each.arguments) for each in contenders])
    baseline = said.baseline or labels[0]
    if baseline not in labels:
        raise UsageError(f"the baseline {nearest(baseline, labels)}; agents: {', '.join(labels)}.")
    if said.max_disk:
        size_bytes(said.max_disk)
    idle = [key for key in LLM_CAPS if getattr(said, key) is not None]
    if idle and not any(each.asks_models for each in contenders):
        raise UsageError(
            f"{idle[0]} caps language models, and no agent here names one; leave it out, or give an agent `llm`."
        )
    return Matrix(
        name=said.name,
        tasks=tuple(said.tasks),
        contenders=contenders,
        models=tuple(said.models),
        seeds=tuple(said.seeds),
        budget_s=seconds(said.budget),
        baseline=baseline,
        arguments=("--budget", said.budget, *words(said.model_dump(), RUN_OPTIONS)),
        isolated=said.isolated,
    )


def _contender(entry: AgentEntry, matrix: MatrixFile) -> Contender:
    said = entry.model_dump() | {"data_cap": entry.data_cap or matrix.data_cap}
    caps = words(matrix.model_dump(), LLM_CAPS) if entry.llm else ()
    named = {"policy": entry.policy, "without": entry.without, **(entry.options or {})}
    return Contender(
        label=entry.label or entry.name,
        agent=entry.name,
        asks_models=entry.llm is not None,
        options={name: text for name, value in named.items() for text in texts(value)},
        arguments=(*words(said, AGENT_OPTIONS), *caps),
    )


def _once(what: str, values: Sequence[Any], advice: str = "") -> None:
    for at, value in enumerate(values):
        if value in values[:at]:
            shown = value[0] if isinstance(value, tuple) else value
            raise UsageError(f"the {what} {shown!r} is listed twice; keep one{advice}.")


def _first(error: ValidationError) -> str:
    """Say the first fault; an unknown key goes before a missing one, which may be the same key misspelt."""
    errors = error.errors(include_url=False)
    return _clause(min(errors, key=lambda each: each["type"] != "extra_forbidden"))


def _clause(found: ErrorDetails) -> str:
    *above, last = found["loc"] or ("",)
    where = "".join(_steps(above))
    known = AgentEntry.model_fields if above else MatrixFile.model_fields
    if found["type"] == "extra_forbidden":
        return f"{where}{nearest(str(last), known)}; known: {', '.join(known)}."
    if found["type"] == "missing":
        return f"{where}{last} is missing; add a line {last}: ..."
    key = where + (f"entry {last + 1}" if isinstance(last, int) else str(last))
    if found["type"] == "literal_error":
        return f"{key} is {short(found['input'])}, it must be {found['ctx']['expected']}."
    if found["type"] == "string_pattern_mismatch":
        return f"{key} is {short(found['input'])}: {_ALLOWED[last == 'name' and not above]}."
    return f"{key} is {short(found['input'])}: {_sentence(found['msg'])}."


_ALLOWED = {
    True: "up to 40 letters, digits, dots, dashes and underscores are right, the first a letter or digit",
    False: "one line without a vertical bar is right",
}


def _steps(above: Sequence[int | str]) -> Iterator[str]:
    for each in above:
        yield f"entry {each + 1}: " if isinstance(each, int) else f"{each}, "


def _sentence(text: str) -> str:
    return text[:1].lower() + text[1:].rstrip(".")
