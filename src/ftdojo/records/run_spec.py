"""Everything a run can be told, declared once; its options, its record and the command that does it again come from here."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ftdojo.errors import UsageError
from ftdojo.records.budget import Budget
from ftdojo.records.options import Option, optional, options_of, pairs, value_at

OUTSIDE = "outside"
"""The agent of a run that is played verb by verb from outside (``ftdojo play``)."""

Role = Literal["planner", "strong", "weak", "judge"]
"""Whom a question to a language model is for; a role without a model of its own is the planner's."""
ROLES: tuple[Role, ...] = ("planner", "strong", "weak", "judge")

LLM = "PROVIDER/MODEL"
MAX_REPLY_TOKENS = 8192
"""Tokens of one reply of a language model, where a run says nothing else and the server has room for them."""


def _whole(path: str) -> str:
    return str(Path(path).expanduser().absolute())


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for each in text.split(",") if (name := each.strip()))


def _model(flag: str, entry: Role, text: str) -> Option:
    return Option(flag=flag, entry=entry, help=text, metavar=LLM, scope="agent")


@dataclass(frozen=True, kw_only=True)
class LlmChoice:
    """Which language models a user asked for. It goes into ``run.json`` and holds no secret.

    ``models`` maps roles to ``provider/model``; ``planner`` must be there unless ``replay`` is. ``base_url`` is the
    address of the server of ``openai/...`` (before ``OPENAI_BASE_URL``). ``replay`` is the folder of a run whose
    exchanges answer instead of a model, ``prices`` a file of prices, ``timeout_s`` how long one request may take,
    ``max_reply_tokens`` how long a reply may be, thoughts included.
    """

    models: Mapping[Role, str] = optional(
        dict,
        _model("--llm", "planner", "The language model that agent and scripts ask."),
        _model("--llm-strong", "strong", "Another one for `strong` in scripts."),
        _model("--llm-weak", "weak", "Another one for `weak` in scripts."),
        _model("--llm-judge", "judge", "Another one that judges."),
    )
    base_url: str = optional(
        "",
        Option(
            flag="--base-url",
            help="The server of openai/MODEL, such as http://localhost:8000/v1.",
            scope="agent",
        ),
    )
    replay: str = optional(
        "",
        Option(
            flag="--replay",
            help="Answer from that run's record; no model is asked.",
            metavar="RUN",
            scope="agent",
        ),
    )
    prices: str = optional(
        "",
        Option(
            flag="--prices",
            help="Prices of models that the built-in table lacks.",
            metavar="FILE",
            read=_whole,
            scope="agent",
        ),
    )
    timeout_s: float = optional(
        300.0,
        Option(
            flag="--llm-timeout",
            help="Seconds that one request to a language model may take.",
            kind=float,
            least=0.0,
            above=True,
            scope="agent",
        ),
    )
    max_reply_tokens: int = optional(
        MAX_REPLY_TOKENS,
        Option(
            flag="--max-reply-tokens",
            help="Most tokens of one reply of a language model, thoughts included; less where its server has less room.",
            kind=int,
            least=1,
            scope="agent",
        ),
    )


@dataclass(frozen=True, kw_only=True)
class RunSpec:
    """Everything a run can be told.

    ``task`` is a task's name, the path of a folder, or ``module:attribute``; ``agent_options`` are the agent's own;
    ``trainer`` and ``engine`` are names or ``module:attribute``; ``chat_template`` is ``chatml`` or the path of a Jinja file, in place of the model's
    own; with ``judge`` the judge among the language models gives a second reference score where the published evaluator
    has one. Where a run is kept and what it is called is not part of it.
    """

    task: str
    agent: str = optional(
        "explorer",
        Option(
            flag="--agent",
            help="Who plays: explorer, random, base, ft-agent, react, script, human, or module:attribute.",
            pinned=True,
        ),
    )
    agent_options: Mapping[str, str] = optional(
        dict,
        Option(
            flag="--policy",
            entry="policy",
            help="ft-agent's search policy: greedy, tree or best-of.",
            scope="agent",
        ),
        Option(
            flag="--without",
            entry="without",
            help="Parts of ft-agent to leave out, comma-separated: exploration, design, probes, planning, checks, analysis, memory.",
            commas=True,
            scope="agent",
        ),
        Option(
            flag="--option",
            other_flags=("-o",),
            help="A further option of the agent, as name=value; may be repeated.",
            kind=list,
            metavar="NAME=VALUE",
            read=pairs,
            scope="agent",
        ),
    )
    model: str = optional(
        "smollm2-135m",
        Option(
            flag="--model",
            help="The base model: a known name, a folder, or a hub id org/name[@revision].",
            pinned=True,
        ),
    )
    budget: Budget = field(default=Budget(wall_s=600.0), metadata={"part": Budget})
    llm: LlmChoice | None = field(default=None, metadata={"part": LlmChoice})
    judge: bool = optional(
        False,
        Option(
            flag="--with-judge",
            help="Let the judge look at what the published rule calls wrong, where the published evaluator does "
            "(math/aime25).",
            kind=bool,
            scope="agent",
        ),
    )
    seed: int = optional(
        0,
        Option(
            flag="--seed",
            help="Decides the agent's choices, never the questions.",
            kind=int,
            least=0,
            pinned=True,
        ),
    )
    sandbox: str = optional(
        "auto",
        Option(
            flag="--sandbox",
            help="auto (bubblewrap) or unsafe (no protection).",
            choices=("auto", "unsafe"),
        ),
    )
    trainer: str = optional(
        "loop",
        Option(
            flag="--trainer",
            help="loop, trl (the slower reference, for comparison), or module:attribute.",
        ),
    )
    objective: str = optional(
        "sft",
        Option(
            flag="--objective",
            help="What trainings learn where train.yaml does not say: sft, dpo, orpo or module:attribute.",
        ),
    )
    engine: str = optional(
        "worker",
        Option(flag="--engine", help="What answers the questions: worker, or module:attribute."),
    )
    charge_cached: bool = optional(
        False,
        Option(
            flag="--charge-cached",
            help="Charge trainings found in the cache with the seconds they took, so that equal budgets are equal.",
            kind=bool,
        ),
    )
    listeners: tuple[str, ...] = optional(
        (),
        Option(
            flag="--listener",
            help="Plugins that receive the run's events, such as a tracker: names or module:attribute, comma-separated.",
            read=_names,
            write=",".join,
            commas=True,
        ),
    )
    chat_template: str = optional(
        "",
        Option(
            flag="--chat-template",
            metavar="chatml|FILE",
            help="Put this chat template on the model, in place of its own; FILE is Jinja. A model without one gets "
            "chatml.",
        ),
    )


OPTIONS: tuple[Option, ...] = tuple(options_of(RunSpec))
"""Every option of a run, in the order of ``--help``."""


def run_spec(values: Mapping[str, Any]) -> RunSpec:
    """Return the run that ``values`` describe: the task under ``task``, and what was given by each option's ``key``.

    What is None, empty or missing is the default.

    Raises:
        UsageError: a value cannot be read, or an option has nothing to work on.

    Example:
        >>> run_spec({"task": "math/mini", "budget": "8m", "policy": "tree"}).agent_options
        {'policy': 'tree'}
    """
    found: dict[str, Any] = {"task": values["task"]}
    for option in OPTIONS:
        value = values.get(option.key)
        if _is_given(value):
            _put(found, option.path, option.read(value))
    _require_llm(found, values)
    budget = {"wall_s": RunSpec.budget.wall_s} | found.pop("budget", {})
    llm = found.pop("llm", None)
    return RunSpec(**found, budget=Budget(**budget), llm=LlmChoice(**llm) if llm else None)


def words(spec: RunSpec) -> list[str]:
    """Return the command that asks for ``spec``, as words: ``ftdojo run`` or, for an agent outside, ``play start``."""
    outside = spec.agent == OUTSIDE
    verb = ["play", "start"] if outside else ["run"]
    named = [each for each in OPTIONS if not (outside and each.path[0] == "agent")]
    given = (word for option in named for word in option.words(_value(spec, option)))
    return ["ftdojo", *verb, spec.task, *given]


def command(spec: RunSpec) -> str:
    """Return the command that asks for ``spec``, as a shell takes it."""
    return shlex.join(words(spec))


def _value(spec: RunSpec, option: Option) -> Any:
    """Return what ``option`` says in ``spec``; the mapping behind ``--option`` less what has an option of its own."""
    value = value_at(spec, option.path)
    if option.kind is not list:
        return value
    named = {each.entry for each in OPTIONS if each.path[:-1] == option.path}
    return {name: each for name, each in value.items() if name not in named}


def _is_given(value: Any) -> bool:
    """Return whether a parser found something; 0 is something."""
    return value is not None and value is not False and value != "" and value != []


def _put(found: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    *above, last = path
    for name in above:
        found = found.setdefault(name, {})
    if isinstance(value, dict):
        found.setdefault(last, {}).update(value)
    else:
        found[last] = value


def _require_llm(found: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Refuse options that say something about a language model where none was named."""
    llm = found.get("llm", {})
    if llm.get("replay") or "planner" in llm.get("models", {}):
        return
    for option in OPTIONS:
        about = option.path[0] == "llm" or option.scope == "llm" or option.path == ("judge",)
        value = values.get(option.key)
        if about and _is_given(value):
            shown = option.flag if value is True else f"{option.flag} {value}"
            raise UsageError(
                f"{shown}: no language model is named; add --llm provider/model, such as --llm openai/gpt-5-mini."
            )
