"""A matrix of runs: its file, read strictly so that a slip is an error and not a default; its options; its cells."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from math import ceil
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AllowInfNan, BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic_core import ErrorDetails

from ftdojo.bench.types import Cell, Contender, Matrix
from ftdojo.errors import UsageError
from ftdojo.records import BASE, OPTIONS, Option, RunSpec, seconds, size_bytes
from ftdojo.submissions.dialects import nearest
from ftdojo.submissions.strict_yaml import YamlFault, read_mapping
from ftdojo.submissions.texts import short

Text = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f|]+$")]
Name = Annotated[str, Field(pattern=r"^[A-Za-z_]\w{0,39}$")]
OWN = frozenset({"agent", "model", "seed", "budget"})
"""What a matrix varies, or sets by a key of its own."""
_OPTIONS = {each.key: each for each in OPTIONS if each.key not in OWN}
AGENT_KEYS = tuple(_OPTIONS)
"""The options that an agent's mapping may set; what it sets goes before what the matrix says."""
RUN_KEYS = tuple(key for key, each in _OPTIONS.items() if each.scope != "agent")
"""The options that the matrix itself may set, for all of its runs."""
LLM_KEYS = tuple(key for key, each in _OPTIONS.items() if each.scope == "llm")
"""Those among them that hold for the runs that name a language model, and that the others refuse."""


def fields_of(keys: Sequence[str]) -> dict[str, Any]:
    """Return the options ``keys`` as fields of a pydantic model, none of which has to be there."""
    return {key: (_kind(_OPTIONS[key]) | None, None) for key in keys}


def words(values: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the options among ``values`` as words of a command line, in the order of ``--help``; None is left out.

    Example:
        >>> words({"without": ["planning", "memory"], "llm": None, "options": {"repairs": 5}})
        ('--without', 'planning,memory', '--option', 'repairs=5')
    """
    given = ((option, values.get(key)) for key, option in _OPTIONS.items())
    return tuple(word for option, value in given for word in _words(option, value))


def own_options(values: Mapping[str, Any]) -> dict[str, str]:
    """Return what ``values`` say about the agent itself, as it reads its options."""
    named = (each for each in _OPTIONS.values() if each.path[0] == "agent_options" and each.entry)
    given = {each.entry: _text(values.get(each.key)) for each in named}
    more = {name: _text(value) for name, value in (values.get("options") or {}).items()}
    return {name: text for name, text in (given | more).items() if text}


def _words(option: Option, value: Any) -> list[str]:
    if value is None or value is False:
        return []
    if isinstance(value, Mapping):
        return [word for name, each in value.items() for word in (option.flag, f"{name}={each}")]
    return [option.flag] if value is True else [option.flag, _text(value)]


def _text(value: Any) -> str:
    if value is None:
        return ""
    return ",".join(value) if isinstance(value, list) else str(value)


def _kind(option: Option) -> Any:
    """Return what a matrix file may say for ``option``."""
    if option.choices:
        return Literal[option.choices]
    if option.commas:
        return Annotated[list[Text], Field(min_length=1)]
    if option.kind is list:
        return dict[Name, Text | int | float]
    if option.kind in (int, float):
        bounds: dict[str, Any] = {"gt" if option.above else "ge": option.least}
        return Annotated[option.kind, Field(**bounds), AllowInfNan(False)]
    return bool if option.kind is bool else Text


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
    models: Annotated[list[Text], Field(min_length=1)] = [RunSpec.model]
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
        arguments=("--budget", said.budget, *(() if said.isolated else ("--charge-cached",))),
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


DIGITS = 8
MAX_STEM = 78
"""A run's id has up to 100 characters: this, ``-s4294967295-`` and the digest."""


def cells(matrix: Matrix) -> list[Cell]:
    """Return the cells of ``matrix``: seed by seed, so that a bench that is ended early holds whole comparisons."""
    places = product(matrix.seeds, matrix.tasks, matrix.models)
    return [
        _cell(matrix, contender, seed, task, model)
        for seed, task, model in places
        for contender in matrix.contenders
    ]


def base_cells(matrix: Matrix) -> list[Cell]:
    """Return a run of the base alone for each task and model: what it scores is then there for all cells alike."""
    alone = Contender(label=BASE, agent=BASE)
    return [_cell(matrix, alone, 0, *place) for place in product(matrix.tasks, matrix.models)]


def most_s(waiting: int, matrix: Matrix, *, jobs: int) -> float:
    """Return the wall time that ``waiting`` cells take at most, ``jobs`` at a time.

    Example:
        >>> from ftdojo.bench.types import Contender
        >>> facts = dict(name="m", tasks=("t",), models=("m",), seeds=(0,), baseline="a")
        >>> most_s(5, Matrix(contenders=(Contender(label="a", agent="a"),), budget_s=60.0, **facts), jobs=2)
        180.0
    """
    return ceil(waiting / jobs) * matrix.budget_s


def require_names(matrix: Matrix) -> None:
    """Look up every task, agent and option of an agent that the matrix names, before anything is spent.

    Raises:
        UnknownName: one is not known.
        UsageError: one cannot be used as it is named, or an agent lacks the language model it asks.
    """
    from ftdojo import tasks
    from ftdojo.agents import enlist

    for task in matrix.tasks:
        tasks.get(task)
    for contender in matrix.contenders:
        enlisted = enlist(contender.agent, seed=0, options=contender.options)
        enlisted.require(llm=contender.asks_models)


def _cell(matrix: Matrix, contender: Contender, seed: int, task: str, model: str) -> Cell:
    asked_for = {"--agent": contender.agent, "--model": model, "--seed": str(seed)}
    named = (word for pair in asked_for.items() for word in pair)
    arguments = (task, *named, *matrix.arguments, *contender.arguments)
    return Cell(
        id=_id(matrix, contender.agent, seed, arguments),
        task=task,
        model=model,
        contender=contender.label,
        seed=seed,
        arguments=arguments,
    )


def _id(matrix: Matrix, agent: str, seed: int, arguments: Sequence[str]) -> str:
    """Name a cell for people, and by a digest for what it is: other options are another run."""
    decides = json.dumps([*arguments, matrix.isolated])
    digest = hashlib.sha256(decides.encode()).hexdigest()[:DIGITS]
    words = f"{matrix.name} {arguments[0]} {agent}".lower()
    stem = re.sub(r"[^a-z0-9.]+", "-", words).strip("-.")
    return f"{stem[:MAX_STEM]}-s{seed}-{digest}"
