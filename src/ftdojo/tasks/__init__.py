"""The tasks that ship with ftdojo, by name. Each is one declaration; nothing is imported before it is needed."""

from collections.abc import Callable
from dataclasses import replace
from functools import reduce
from importlib.util import find_spec
from pathlib import Path

from ftdojo.errors import UnknownName, UsageError
from ftdojo.records import Task
from ftdojo.registry import Registry

tasks: Registry[Task] = Registry(
    "task",
    {
        "math/mini": "ftdojo.tasks.math.mini:task",
        "math/aime25": "ftdojo.tasks.math.aime:aime25",
        "math/aime24": "ftdojo.tasks.math.aime:aime24",
        "math/gsm8k": "ftdojo.tasks.math.gsm8k:task",
        "tables/mini": "ftdojo.tasks.tables.mini:task",
        "tables/data-analysis": "ftdojo.tasks.tables.data_analysis:task",
        "tables/fact-checking": "ftdojo.tasks.tables.short_answers:fact_checking",
        "tables/numerical-reasoning": "ftdojo.tasks.tables.short_answers:numerical_reasoning",
        "tables/visualization": "ftdojo.tasks.tables.visualization:task",
        "chemistry/mini": "ftdojo.tasks.chemistry.mini:task",
        "chemistry/mol-und": "ftdojo.tasks.chemistry.chemcotbench:mol_und",
        "chemistry/mol-edit": "ftdojo.tasks.chemistry.chemcotbench:mol_edit",
        "chemistry/mol-opt": "ftdojo.tasks.chemistry.chemcotbench:mol_opt",
        "chemistry/reaction": "ftdojo.tasks.chemistry.chemcotbench:reaction",
        "finance/mini": "ftdojo.tasks.finance.mini:task",
        "finance/financeiq": "ftdojo.tasks.finance.financeiq:task",
        "finance/banking77": "ftdojo.tasks.finance.banking77:task",
        "patent/mini": "ftdojo.tasks.patent.mini:task",
        "patent/par4pc": "ftdojo.tasks.patent.par4pc:task",
        "patent/pi4pc": "ftdojo.tasks.patent.pi4pc:task",
        "patent/noc4pc": "ftdojo.tasks.patent.noc4pc:task",
        "biology/protocol-qa": "ftdojo.tasks.biology.protocol_qa:task",
        "biology/protocol-ordering": "ftdojo.tasks.biology.protocol_ordering:task",
        "biology/protocol-error": "ftdojo.tasks.biology.protocol_error:task",
        "biology/protocol-generation": "ftdojo.tasks.biology.protocol_generation:task",
        "biology/pubmedqa": "ftdojo.tasks.biology.pubmedqa:task",
        "text/extract": "ftdojo.tasks.text.extract:task",
        "text/sst2": "ftdojo.tasks.text.labelled:sst2",
        "text/agnews": "ftdojo.tasks.text.labelled:agnews",
    },
)


FAMILIES = {"reasoning-gym": "ftdojo.tasks.reasoning_gym:family"}
"""What stands before the slash of tasks that are made by name -> the function that makes one."""

WITHOUT = "without="
"""Before the name of a source that is left out of a task."""


def get(name: str) -> Task:
    """Return the task called ``name``.

    ``NAME@reference`` has the published splits, where they differ from ours. ``NAME@without=SOURCE`` offers all raw sources
    but that one; more may follow (``NAME@reference@without=ONE@without=OTHER``). A path such as ``./folder`` is a task of
    your own (``ftdojo tasks new``).

    Raises:
        UnknownName: no task, or no source of it, is called that.
        UsageError: ``module:attribute`` cannot be imported, is not a task, has no such splits, or would have no source left.

    Example:
        >>> get("math/mini").metric
        'exact_match'
    """
    if folder := folder_of(name):
        from ftdojo.tasks.own.folder import load

        return load(folder)
    plain, *ways = name.split("@")
    found = _of_family(plain) or tasks.get(plain)
    if not isinstance(found, Task):
        raise UsageError(
            f"{plain!r} is of type {type(found).__name__}, not a Task; name the declaration itself."
        )
    return reduce(_varied, ways, found)


def folder_of(name: str) -> Path | None:
    """Return the folder that ``name`` is the path of, whole; None for the name of a registered task.

    Example:
        >>> folder_of("math/mini") is None, folder_of("./mine").is_absolute()
        (True, True)
    """
    return Path(name).expanduser().resolve() if name.startswith((".", "/", "~")) else None


def homes(name: str) -> tuple[Path, ...]:
    """Return the files and folders in which the items of a task may lie, to be kept from scripts: its folder or its package.

    Raises:
        UnknownName: no task is called that.

    Example:
        >>> [each.name for each in homes("./mine")], [each.name for each in homes("math/mini")]
        (['mine'], ['ftdojo'])
    """
    if folder := folder_of(name):
        return (folder,)
    plain = name.partition("@")[0]
    family = plain.partition("/")[0]
    home = FAMILIES[family] if family in FAMILIES else tasks.home(plain)
    found = find_spec(home.partition(":")[0].partition(".")[0])
    if found is None:
        return ()
    places = found.submodule_search_locations or [found.origin or ""]
    return tuple(Path(each) for each in places if each)


def same_items(name: str) -> str:
    """Return the task that has the items and the scorer of ``name``, and every source.

    Example:
        >>> same_items("tables/mini@without=remarks"), same_items("math/gsm8k@reference")
        ('tables/mini', 'math/gsm8k@reference')
    """
    if folder_of(name):
        return name
    return "@".join(part for part in name.split("@") if not part.startswith(WITHOUT))


def _of_family(name: str) -> Task | None:
    family, _, member = name.partition("/")
    if not member or family not in FAMILIES:
        return None
    make: Callable[[str], Task] = Registry("task family", FAMILIES).get(family)
    return make(member)


def _varied(task: Task, way: str) -> Task:
    if way.startswith(WITHOUT):
        return _without(task, way.removeprefix(WITHOUT))
    return _with_splits(task, way)


def _without(task: Task, source: str) -> Task:
    names = [each.name for each in task.sources]
    if source not in names:
        raise UnknownName(f"source of {task.name}", source, names)
    if names == [source]:
        raise UsageError(f"{task.name} has no source but {source!r}; leave it in.")
    left = tuple(each for each in task.sources if each.name != source)
    return replace(task, name=f"{task.name}@{WITHOUT}{source}", sources=left)


def _with_splits(task: Task, splits: str) -> Task:
    published = task.replication.items if task.replication else None
    if splits != "reference" or published is None:
        known = f"{task.name!r} alone or {task.name + '@reference'!r}"
        only = known if published else f"{task.name!r} alone"
        raise UsageError(f"{task.name} has no splits called {splits!r}; write {only}.")
    return replace(task, name=f"{task.name}@reference", items=published)


__all__ = ["FAMILIES", "folder_of", "get", "homes", "same_items", "tasks"]
