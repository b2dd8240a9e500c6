"""What a person said to a run, as the dojo takes it up: put on record once, and held against every experiment."""

from ftdojo.dojo.run import Run
from ftdojo.records import Guidance, GuidanceHeard, broken
from ftdojo.store.said import said


class Guided:
    """The guidance of one run; what an earlier controller had heard is not put on record again."""

    def __init__(self, run: Run) -> None:
        self._run, self._recorded = run, -1

    def heard(self) -> tuple[Guidance, ...]:
        """Return all that was said so far; what is new goes on record."""
        found = said(self._run.folder)
        if found and self._recorded < 0:
            events = self._run.folder.events()
            self._recorded = sum(isinstance(each, GuidanceHeard) for each in events)
        for each in found[max(0, self._recorded) :]:
            self._run.emit(GuidanceHeard(guidance=each))
        self._recorded = len(found) or self._recorded
        return found

    def breaking(self) -> dict[str, str]:
        """Return the validated experiments that break a condition, each with the condition."""
        heard = said(self._run.folder)
        reports = {each.id: each.evaluation for each in self._run.folder.ended()}
        why = {name: broken(heard, each) for name, each in reports.items() if each}
        return {name: each for name, each in why.items() if each}
