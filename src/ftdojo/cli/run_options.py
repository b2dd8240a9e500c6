"""The options of a run as the program takes them, made from what `RunSpec` declares; and what is looked up before its clock starts."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ftdojo.errors import SourceError
from ftdojo.records import OPTIONS, Option, run_spec

if TYPE_CHECKING:
    from ftdojo.records import RunSpec, Source, Task


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


def checked(spec: "RunSpec", runs: Path | None) -> "RunSpec":
    """Return ``spec`` with whole paths, once all is known of its language models that can be without asking them.

    A name or a key that is wrong is told before the first download.

    Raises:
        UsageError: a model cannot be asked as it is named.
        UnknownName: there is no such provider, or no such run to replay.
    """
    from ftdojo.config import runs_dir
    from ftdojo.dojo import resolve
    from ftdojo.llm import open_models

    spec = resolve(spec, root=runs or runs_dir())
    if spec.llm:
        open_models(spec.llm)
    return spec


def fetch(name: str) -> None:
    """Get what a task reads before the clock is shown, so that a long download is seen for what it is."""
    from ftdojo import tasks
    from ftdojo.cli.sources import shown_downloads

    with shown_downloads():
        task = tasks.get(name)
        for split in ("validation", "confirm", "test"):
            task.items(split)
        for source in task.sources:
            _touch(source, hint=_way(name, task, source))


def _touch(source: "Source", *, hint: str) -> None:
    try:
        next(source.rows(), None)
    except SourceError as error:
        raise SourceError(f"{error}{hint}") from error


def _way(name: str, task: "Task", source: "Source") -> str:
    """Return how to do without ``source``, where that can be done."""
    from ftdojo import tasks

    if len(task.sources) == 1 or tasks.folder_of(name):
        return ""
    return f" Or do without it: {name}@{tasks.WITHOUT}{source.name}."
