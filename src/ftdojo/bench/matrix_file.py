"""The matrix file: read strictly, so that a slip is an error and not a default."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic_core import ErrorDetails

from ftdojo.bench.options import AGENT_KEYS, LLM_KEYS, RUN_KEYS, Text, fields_of, own_options, words
from ftdojo.bench.words import Contender, Matrix
from ftdojo.errors import UsageError
from ftdojo.records import seconds, size_bytes
from ftdojo.submissions.dialects import nearest
from ftdojo.submissions.strict_yaml import YamlFault, read_mapping
from ftdojo.submissions.texts import short

Word = Annotated[str, Field(pattern=r"^[A-Za-z0-9][\w.-]{0,39}$")]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
STRICT = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Agent(BaseModel):
    model_config = STRICT

    name: Text
    label: Text = ""


class _Matrix(BaseModel):
    model_config = STRICT

    name: Word
    tasks: Annotated[list[Text], Field(min_length=1)]
    models: Annotated[list[Text], Field(min_length=1)] = ["smollm2-135m"]
    seeds: Annotated[list[Seed], Field(min_length=1)] = [0]
    budget: Text
    baseline: Text = ""
    isolated: bool = True


AgentEntry = create_model("AgentEntry", __base__=_Agent, **fields_of(AGENT_KEYS))
"""An agent of the file, with options."""
MatrixFile = create_model(
    "MatrixFile",
    __base__=_Matrix,
    agents=(Annotated[list[AgentEntry], Field(min_length=1)], ...),
    **fields_of(RUN_KEYS),
)
"""What a matrix file may say: its own keys, and options for every run."""


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


def _matrix(said: Any) -> Matrix:
    contenders = tuple(_contender(each, said) for each in said.agents)
    labels = [each.label for each in contenders]
    for what, values in (("task", said.tasks), ("model", said.models), ("seed", said.seeds)):
        _once(what, values)
    _once("agent", labels, ", and give one of the two a label of its own")
    _once("agent with its options", [(each.agent, each.arguments) for each in contenders])
    baseline = said.baseline or labels[0]
    if baseline not in labels:
        raise UsageError(f"the baseline {nearest(baseline, labels)}; agents: {', '.join(labels)}.")
    idle = [key for key in LLM_KEYS if getattr(said, key) is not None]
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
        arguments=("--budget", said.budget),
        isolated=said.isolated,
    )


def _contender(entry: Any, matrix: Any) -> Contender:
    """Return an agent with its options; what it leaves open, the matrix says."""
    asks_models = bool(entry.llm or entry.replay)
    general = {key: getattr(matrix, key) for key in RUN_KEYS if asks_models or key not in LLM_KEYS}
    own = {key: value for key, value in entry.model_dump().items() if value is not None}
    values = general | own
    if values.get("max_disk"):
        size_bytes(values["max_disk"])
    return Contender(
        label=entry.label or entry.name,
        agent=entry.name,
        asks_models=asks_models,
        options=own_options(values),
        arguments=words(values),
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
