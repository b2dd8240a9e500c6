"""The tasks that ship with ftdojo, by name. Each is one declaration; nothing is imported before it is asked for."""

from ftdojo.errors import UsageError
from ftdojo.records import Task
from ftdojo.registry import Registry

tasks: Registry[Task] = Registry(
    "task",
    {
        "math/mini": "ftdojo.tasks.math_mini:task",
        "text/extract": "ftdojo.tasks.text_extract:task",
    },
)


def get(name: str) -> Task:
    """Return the task called ``name``.

    Raises:
        UnknownName: no task is called that.
        UsageError: ``module:attribute`` cannot be imported, or is no task.

    Example:
        >>> get("math/mini").metric
        'exact_match'
    """
    found = tasks.get(name)
    if not isinstance(found, Task):
        raise UsageError(
            f"{name!r} is of type {type(found).__name__}, not a Task; name the declaration itself."
        )
    return found


__all__ = ["get", "tasks"]
