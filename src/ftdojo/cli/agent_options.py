"""The options of ``ftdojo run`` that say who plays, and how."""

from collections.abc import Sequence

import typer

from ftdojo.errors import UsageError

AGENT = typer.Option(
    "explorer",
    help="Who plays: explorer, random, base, ft-agent, react, script, human, or module:attribute.",
)
POLICY = typer.Option("", help="ft-agent's search policy: greedy, tree or best-of.")
WITHOUT = typer.Option(
    "", help="Parts of ft-agent to leave out: planning,checks,analysis,memory (any of them)."
)
OPTION = typer.Option(
    [], "--option", "-o", help="A further option of the agent, as name=value; may be repeated."
)


def agent_options(*, policy: str, without: str, more: Sequence[str]) -> dict[str, str]:
    """Return an agent's options as it reads them.

    Raises:
        UsageError: one of ``more`` is no ``name=value``.
    """
    given = {"policy": policy, "without": without}
    for each in more:
        name, equals, value = each.partition("=")
        if not equals or not name.strip():
            raise UsageError(f"--option {each!r} must be name=value, such as repairs=5.")
        given[name.strip()] = value.strip()
    return {name: value for name, value in given.items() if value}
