"""Prompts as Jinja2 files. Only our own files are templates; what an agent, a model or a row wrote is only ever filled in."""

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from ftdojo.records import Message

if TYPE_CHECKING:
    from jinja2 import Environment


def prompt(name: str, **values: Any) -> tuple[Message, ...]:
    """Return the system turn and the user turn ``name`` as the files ``system.md.j2`` and ``<name>.md.j2`` make them."""
    made = _environment()
    return (
        Message(role="system", content=made.get_template("system.md.j2").render(**values).strip()),
        Message(role="user", content=made.get_template(f"{name}.md.j2").render(**values).strip()),
    )


@cache
def _environment() -> "Environment":
    from jinja2 import FunctionLoader, StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    return SandboxedEnvironment(
        loader=FunctionLoader(_text),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # Markdown for a model, not HTML
    )


def _text(name: str) -> str:
    return resources.files("ftdojo.agents.ft_agent.prompts").joinpath(name).read_text("utf8")
