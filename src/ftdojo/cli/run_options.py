"""The options of a run as the program takes them, made from what ``RunSpec`` declares."""

import inspect
from collections.abc import Callable
from typing import Any

import typer

from ftdojo.records import OPTIONS, Option, run_spec

TASK = typer.Argument(
    help="A task's name; `ftdojo tasks list` shows them. NAME@without=SOURCE leaves a raw source out."
)
_BY_KEY = {each.key: each for each in OPTIONS}


def run_option(key: str) -> Any:
    """Return the option ``key`` of a run for a command that takes a few of them by itself."""
    return _parameter(_BY_KEY[key]).default


def takes_a_run(
    *, without: tuple[str, ...] = ()
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the task and the options of a run; it is called with the ``RunSpec`` that they make, then its own.

    Args:
        without: fields of ``RunSpec`` whose options it does not have.
    """
    taken = [each for each in OPTIONS if each.path[0] not in without]

    def taking(command: Callable[..., None]) -> Callable[..., None]:
        def called(**given: Any) -> None:
            values = {each.key: given.pop(each.key) for each in taken}
            command(run_spec({"task": given.pop("task")} | values), **given)

        _, *own = inspect.signature(command).parameters.values()
        task = inspect.Parameter(
            "task", inspect.Parameter.KEYWORD_ONLY, default=TASK, annotation=str
        )
        shown = [task, *map(_parameter, taken)]
        called.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # what typer reads
            [*shown, *(each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own)]
        )
        called.__annotations__ = {each.name: each.annotation for each in (*shown, *own)}
        called.__name__, called.__doc__ = command.__name__, command.__doc__
        return called

    return taking


def _parameter(option: Option) -> inspect.Parameter:
    """Return ``option`` as typer takes it. What is left out is None, so that defaults are declared in one place."""
    annotations: dict[type, Any] = {bool: bool, list: list[str]}
    empty: dict[type, Any] = {bool: False, list: []}
    least = None if option.least is None else option.kind(option.least)
    default = typer.Option(
        empty.get(option.kind),
        option.flag,
        *option.other_flags,
        metavar=option.metavar,
        min=least,
        help=option.help,
        show_default=option.write(option.default) if option.default else False,
    )
    return inspect.Parameter(
        option.key,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=annotations.get(option.kind, option.kind | None),
    )
