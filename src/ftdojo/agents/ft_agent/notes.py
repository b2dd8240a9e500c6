"""FT-Agent's notes: every step it took, as records. What it does next is read from them alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ftdojo.records import Experiment, Failure, Observation, Submission


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A plan was made. ``candidates`` is how many the turn is to have; ``title`` is its headline."""

    turn: int
    candidate: int
    candidates: int
    parent: str
    why_parent: str
    hypothesis: str
    data_change: str
    training_change: str
    kept: str
    changes: str
    reuse_data: bool
    exploring: bool
    predicted_score: float | None
    predicted_seconds: float | None


@dataclass(frozen=True, kw_only=True)
class Drafted:
    """Files were written for a plan; ``attempt`` 0 is the first draft, later ones are repairs."""

    turn: int
    candidate: int
    attempt: int
    submission: Submission
    note: str


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A draft was checked; ``failure`` is None where it passed. ``forecast_s`` is what training it would take.

    ``outcome`` is the number of the action that checked it; 0 where the agent itself saw that it would fail.
    """

    turn: int
    candidate: int
    attempt: int
    failure: Failure | None = None
    forecast_s: float | None = None
    outcome: int = 0


@dataclass(frozen=True, kw_only=True)
class Dropped:
    """A plan was given up; with ``unusable`` because the language model said nothing usable."""

    turn: int
    candidate: int
    why: str
    unusable: bool = False


@dataclass(frozen=True, kw_only=True)
class Analysed:
    """An experiment was understood, as far as it can be. ``findings`` are the tools', the rest is the model's."""

    experiment: str
    findings: tuple[str, ...]
    effect: str
    diagnosis: str = ""
    evidence: str = ""
    confidence: float = 0.0
    attribution: str = ""
    lesson: str = ""


Note = Planned | Drafted | Checked | Dropped | Analysed
KINDS: dict[str, type[Note]] = {
    "planned": Planned,
    "drafted": Drafted,
    "checked": Checked,
    "dropped": Dropped,
    "analysed": Analysed,
}


@dataclass
class Candidate:
    """One plan of a turn with all that was done about it."""

    plan: Planned
    drafts: list[Drafted] = field(default_factory=list)
    checks: list[Checked] = field(default_factory=list)
    dropped: str = ""
    unusable: bool = False

    @property
    def failures(self) -> list[tuple[Drafted, Failure]]:
        """Return each draft that failed its check, with how."""
        drafts = {each.attempt: each for each in self.drafts}
        return [(drafts[each.attempt], each.failure) for each in self.checks if each.failure]

    @property
    def passed(self) -> Checked | None:
        """Return the check that the latest draft passed, if it did."""
        last = self.checks[-1] if self.checks else None
        current = last and self.drafts and last.attempt == self.drafts[-1].attempt
        return last if last and current and last.failure is None else None

    @property
    def settled(self) -> bool:
        """Return whether nothing more is to be done before training."""
        return bool(self.dropped) or self.passed is not None


@dataclass
class Turn:
    """One iteration: a place to go on from, one or more candidates, at most one experiment."""

    number: int
    candidates: list[Candidate] = field(default_factory=list)

    def trained(self, seen: Observation) -> Experiment | None:
        """Return the experiment that came of this turn, once there is one."""
        drafts = [draft.submission for each in self.candidates for draft in each.drafts]
        return next((each for each in seen.experiments if each.submission in drafts), None)

    def over(self, seen: Observation) -> bool:
        """Return whether the turn has led to an experiment, or all its plans were given up."""
        if self.trained(seen):
            return True
        wanted = self.candidates[0].plan.candidates if self.candidates else 1
        return len(self.candidates) >= wanted and all(each.dropped for each in self.candidates)


def turns(notes: Sequence[Note]) -> list[Turn]:
    """Return the turns that ``notes`` tell of, in order."""
    found: dict[int, Turn] = {}
    for note in notes:
        if isinstance(note, Analysed):
            continue
        turn = found.setdefault(note.turn, Turn(note.turn))
        if isinstance(note, Planned):
            turn.candidates.append(Candidate(note))
            continue
        candidate = turn.candidates[note.candidate - 1]
        match note:
            case Drafted():
                candidate.drafts.append(note)
            case Checked():
                candidate.checks.append(note)
            case Dropped():
                candidate.dropped, candidate.unusable = note.why, note.unusable
    return list(found.values())


def analyses(notes: Sequence[Note]) -> dict[str, Analysed]:
    """Return what was made of each experiment."""
    return {note.experiment: note for note in notes if isinstance(note, Analysed)}


def plan_of(notes: Sequence[Note], experiment: str, seen: Observation) -> Planned | None:
    """Return the plan that led to ``experiment``."""
    for turn in turns(notes):
        trained = turn.trained(seen)
        if trained and trained.id == experiment:
            mine = [
                each
                for each in turn.candidates
                if trained.submission in [draft.submission for draft in each.drafts]
            ]
            return mine[0].plan
    return None
