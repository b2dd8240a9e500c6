"""Who stands where on validation: scores by item for the base and every experiment, and who is best so far."""

from collections.abc import Mapping, Sequence

from ftdojo.evaluation import scores
from ftdojo.records import BASE, Comparison, Graded, Task
from ftdojo.stats import Choice, compare, select, total


class Standing:
    """Validation scores of one run. ``best`` is the choice that ``stats.select`` would make now."""

    def __init__(self, task: Task, base: Sequence[Graded]) -> None:
        self._direction, self._aggregate = task.direction, task.aggregate
        self._graded: dict[str, Sequence[Graded]] = {BASE: base}
        self._choice = Choice(chosen=BASE, why="Nothing else was validated.")

    @property
    def best(self) -> str:
        """Return the experiment to stand by, or ``base``."""
        return self._choice.chosen

    @property
    def choice(self) -> Choice:
        """Return the best with the reason for it."""
        return self._choice

    def graded(self, name: str) -> Sequence[Graded]:
        """Return the validation outputs of an experiment or the base; none if it has no weights."""
        return self._graded.get(name, ())

    def add(self, name: str, graded: Sequence[Graded]) -> None:
        """Take an experiment's validation outputs into account."""
        self._graded[name] = graded
        scored = {each: self._scores(found) for each, found in self._graded.items()}
        others, base = {each: scored[each] for each in scored if each != BASE}, scored[BASE]
        self._choice = select(others, base, direction=self._direction)

    def compared(
        self, graded: Sequence[Graded], *, parent: str, predicted: float | None
    ) -> dict[str, Comparison]:
        """Compare new outputs with the base, the parent and the best so far.

        ``predicted`` is the validation score that was announced; it is turned into an effect on each rival.
        """
        rivals = {"base": BASE, "parent": parent, "best": self.best}
        look = len(self._graded)
        found: dict[str, Comparison] = {}
        for role, name in rivals.items():
            theirs = self._graded.get(name)
            if not theirs:
                continue
            rival = self._scores(theirs)
            found[role] = compare(
                self._scores(graded),
                rival,
                against=name,
                direction=self._direction,
                look=look,
                predicted=None if predicted is None else predicted - total(rival).score,
            )
        return found

    def _scores(self, graded: Sequence[Graded]) -> Mapping[str, float]:
        return scores(graded, self._aggregate)
