"""Every target by its name; a room's targets are made when one of them is wanted."""

from importlib import import_module

from benchmarks.fuzz.contract import Target

_ROOMS = {
    "files": (
        *("train-yaml", "plan", "data-script", "training-rows"),
        *("raw-rows", "tasks-new", "task-folder"),
    ),
    "talk": ("reply-forms", "reply-http", "gateway", "session"),
    "models": ("model-folder",),
    "stored": ("records",),
    "scored": ("scorers",),
}
NAMES = tuple(name for names in _ROOMS.values() for name in names)


def target_named(name: str) -> Target:
    """Return one target with its seeds."""
    room = next(room for room, names in _ROOMS.items() if name in names)
    made = import_module(f"benchmarks.fuzz.{room}").targets()
    return next(each for each in made if each.name == name)
