"""A matrix as cells: one run each, with an id that another call of the same matrix finds again."""

import hashlib
import json
import re
from collections.abc import Sequence
from itertools import product
from math import ceil

from ftdojo.bench.words import Cell, Contender, Matrix
from ftdojo.records import BASE

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
        >>> from ftdojo.bench.words import Contender
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
