"""The options of ``ftdojo run`` as keys of a matrix file, for every run or for one agent, and the words they become."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import AllowInfNan, Field

from ftdojo.records import OPTIONS, Option

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
