"""The records of the room: a matrix and its cells, how a cell ended, and what the cells make up together."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ftdojo.records import Direction, Estimate, Spend


@dataclass(frozen=True, kw_only=True)
class Contender:
    """An agent with its options, under the label that tables call it by.

    ``options`` are the agent's own; ``arguments`` are the words that these and all others become on the command line of
    ``ftdojo run``. ``asks_models`` says whether a language model is named.
    """

    label: str
    agent: str
    options: Mapping[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    asks_models: bool = False


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """What is to be compared. ``baseline`` is the label of the contender that the others are compared with.

    ``arguments`` hold for every run. ``isolated`` cells share neither what they build and train nor what they learn.
    """

    name: str
    tasks: tuple[str, ...]
    contenders: tuple[Contender, ...]
    models: tuple[str, ...]
    seeds: tuple[int, ...]
    budget_s: float
    baseline: str
    arguments: tuple[str, ...] = ()
    isolated: bool = True


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One run of a matrix. ``id`` depends on all that decides how the run ends, and on nothing else.

    ``arguments`` are the words after ``ftdojo run``, task first.
    """

    id: str
    task: str
    model: str
    contender: str
    seed: int
    arguments: tuple[str, ...]

    @property
    def words(self) -> str:
        """The cell as people call it."""
        return f"{self.task}, {self.contender}, {self.model}, seed {self.seed}"


class State(StrEnum):
    """How far a cell came. ``failed``: its last process ended without a result."""

    FINISHED = "finished"
    FAILED = "failed"
    UNFINISHED = "unfinished"
    MISSING = "missing"


@dataclass(frozen=True, kw_only=True)
class Finished:
    """What a sealed run says, as far as runs are compared by it.

    ``played`` pins task version and model; runs that differ in it do not compare. ``items`` are the test scores by
    item. ``found`` is the best validation score of the run, base included, ``kept`` that of the model it stood by.
    """

    played: str
    metric: str
    unit: str
    direction: Direction
    test: float
    base: float
    found: float
    kept: float
    items: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class CellOutcome:
    """A cell as its folder shows it. ``reason`` is one line on a failure, or on why its agent gave up; ``spent`` is known once it has begun."""

    cell: Cell
    state: State
    reason: str = ""
    spent: Spend | None = None
    run: Finished | None = None


@dataclass(frozen=True, kw_only=True)
class RunCost:
    """What runs cost, each figure a mean or a sum as its holder says. ``usd`` is ``None`` where a price was unknown."""

    runs: int
    experiments: float
    seconds: float
    llm_calls: float
    llm_tokens: float
    usd: float | None


@dataclass(frozen=True, kw_only=True)
class Against:
    """A contender against the baseline, paired by task, model and seed; positive is better.

    ``n`` pairs, each a win, a tie or a loss by test score. ``over_runs`` and ``over_items`` are the same mean
    difference with two intervals; the latter is ``None`` where the pairs were not tested on the same items.
    """

    baseline: str
    n: int
    wins: int
    ties: int
    losses: int
    over_runs: Estimate | None = None
    over_items: Estimate | None = None


@dataclass(frozen=True, kw_only=True)
class ResultRow:
    """A contender on one task with one model.

    ``cells`` is how many runs the matrix asks for. Scores and ``cost`` are means over finished runs; ``spent`` is the
    sum over all that began, failures included. ``gain`` is over the base, positive when better. ``stood_by_best`` is
    the share of runs that kept the model with the best validation score.
    """

    task: str
    model: str
    contender: str
    cells: int
    finished: int
    failed: int
    metric: str = ""
    unit: str = ""
    direction: Direction | None = None
    test: Estimate | None = None
    gain: Estimate | None = None
    found: float | None = None
    kept: float | None = None
    stood_by_best: float | None = None
    cost: RunCost | None = None
    spent: RunCost | None = None
    against: Against | None = None


@dataclass(frozen=True, kw_only=True)
class Overall:
    """A contender over all tasks and models.

    ``ranked`` fields (a field is a task with a model) have at least one seed that every contender finished; within a
    field, contenders are ranked by their mean test score over those seeds. ``wins`` are first places held alone,
    ``shared`` those held with others. ``cost`` is a mean over finished runs, ``spent`` the sum over all that began.
    """

    contender: str
    cells: int
    finished: int
    failed: int
    ranked: int
    mean_rank: float | None
    wins: int
    shared: int
    cost: RunCost | None = None
    spent: RunCost | None = None


@dataclass(frozen=True, kw_only=True)
class BenchResult:
    """What a bench folder shows. ``unranked`` names the fields that could not be ranked."""

    matrix: Matrix
    rows: tuple[ResultRow, ...]
    overall: tuple[Overall, ...]
    outcomes: tuple[CellOutcome, ...]
    unranked: tuple[str, ...] = ()
