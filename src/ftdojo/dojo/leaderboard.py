"""Who stands where on validation: scores by item for the base and every experiment, and who is best so far.

Only items that no agent is shown count here (``stats.open_items``): what is seen can be learned by heart.
"""

from collections.abc import Iterable, Mapping, Sequence

from ftdojo.evaluation import scores
from ftdojo.records import BASE, Comparison, Graded, Task
from ftdojo.stats import Choice, compare, open_items, select, total


class Leaderboard:
    """Validation scores of one run. ``best`` is the choice that ``stats.select`` would make now."""

    def __init__(self, task: Task, base: Sequence[Graded]) -> None:
        self._direction, self._aggregate = task.direction, task.aggregate
        self._open = open_items(task, [each.item for each in base])
        self._graded: dict[str, Sequence[Graded]] = {}
        self._scored: dict[str, Mapping[str, float]] = {}
        self._left_out: frozenset[str] = frozenset()
        self.add(BASE, base)
        self._choice: Choice | None = Choice(chosen=BASE, why="Nothing else was validated.")

    @property
    def best(self) -> str:
        """Return the experiment to stand by, or ``base``."""
        return self.choice.chosen

    @property
    def choice(self) -> Choice:
        """Return the best with the reason for it."""
        if self._choice is None:
            out = {BASE, *self._left_out}
            others = {name: found for name, found in self._scored.items() if name not in out}
            self._choice = select(others, self._scored[BASE], direction=self._direction)
        return self._choice

    def leave_out(self, names: Iterable[str]) -> None:
        """Choose none of ``names``, which break what is required, and any other again."""
        if self._left_out != (out := frozenset(names)):
            self._left_out, self._choice = out, None

    def graded(self, name: str) -> Sequence[Graded]:
        """Return the validation outputs that count, of an experiment or the base; none if it has no weights."""
        return self._graded.get(name, ())

    def add(self, name: str, graded: Sequence[Graded]) -> None:
        """Take an experiment's validation outputs into account."""
        self._graded[name] = self._counted(graded)
        self._scored[name] = scores(self._graded[name], self._aggregate)
        self._choice = None  # made anew when it is next asked for

    def compared(
        self, graded: Sequence[Graded], *, parent: str, predicted: float | None
    ) -> dict[str, Comparison]:
        """Compare new outputs with the base, the parent and the best so far.

        ``predicted`` is the validation score that was announced; it is turned into an effect on each rival.
        """
        rivals = {"base": BASE, "parent": parent, "best": self.best}
        ours, look = scores(self._counted(graded), self._aggregate), len(self._graded)
        found: dict[str, Comparison] = {}
        for role, name in rivals.items():
            rival = self._scored.get(name)
            if not rival:
                continue
            found[role] = compare(
                ours,
                rival,
                against=name,
                direction=self._direction,
                look=look,
                predicted=None if predicted is None else predicted - total(rival).score,
            )
        return found

    def _counted(self, graded: Sequence[Graded]) -> Sequence[Graded]:
        return [each for each in graded if each.item not in self._open]
