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
    finish: bool = False
    """There is nothing worth planning: the run ends with the best so far."""


@dataclass(frozen=True, kw_only=True)
class Drafted:
    """Files were written for a plan; ``attempt`` 0 is the first draft, later ones are repairs.

    ``plan`` is the plan as it stands after a repair; None where it is as it was.
    """

    turn: int
    candidate: int
    attempt: int
    submission: Submission
    note: str
    plan: Planned | None = None


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A draft was checked; ``failure`` is None where it passed. ``forecast_s`` is what training its ``steps`` would take.

    ``outcome`` is the number of the action that checked it; 0 where the agent itself saw that it would fail.
    """

    turn: int
    candidate: int
    attempt: int
    failure: Failure | None = None
    forecast_s: float | None = None
    outcome: int = 0
    steps: int | None = None


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


@dataclass(frozen=True, kw_only=True)
class Scouted:
    """The language model called for looks, before the first plan; a step is ``shell COMMAND`` or ``look WHAT NAME ...``."""

    at: int
    thought: str
    steps: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Sighted:
    """What one look of call ``at`` brought (0: the check before the first call), by action number ``outcome``.

    ``outcome`` is 0 where the step spelt no look. ``left_s`` is the time that was left then.
    """

    at: int
    text: str
    outcome: int
    left_s: float


@dataclass(frozen=True, kw_only=True)
class Dossier:
    """What exploring found, as the language model wrote it down; ``unusable`` says why there is none."""

    sources: tuple[str, ...]
    combine: str = ""
    base_faults: str = ""
    answer: str = ""
    unusable: str = ""


@dataclass(frozen=True, kw_only=True)
class Probing:
    """The candidates of a turn are compared by short trainings: their numbers, and what is trained of each.

    ``items`` is how many validation items each is scored on; None for all.
    """

    turn: int
    candidates: tuple[int, ...]
    submissions: tuple[Submission, ...]
    items: int | None


Step = Planned | Drafted | Checked | Dropped | Probing
"""A note that belongs to a turn."""
Note = Step | Analysed | Scouted | Sighted | Dossier
KINDS: dict[str, type[Note]] = {
    "planned": Planned,
    "drafted": Drafted,
    "checked": Checked,
    "dropped": Dropped,
    "analysed": Analysed,
    "scouted": Scouted,
    "sighted": Sighted,
    "dossier": Dossier,
    "probing": Probing,
}


@dataclass
class Candidate:
    """One plan of a turn with all that was done about it; ``plan`` is as its latest draft carries it out."""

    plan: Planned
    drafts: list[Drafted] = field(default_factory=list)
    checks: list[Checked] = field(default_factory=list)
    probe: Submission | None = None
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

    def trained(self, seen: Observation) -> Experiment | None:
        """Return the experiment that came of this plan, a short training included, once there is one."""
        mine = [draft.submission for draft in self.drafts]
        mine += [self.probe] if self.probe else []
        return next((each for each in seen.experiments if each.submission in mine), None)

    @property
    def settled(self) -> bool:
        """Return whether nothing more is to be done before training."""
        return bool(self.dropped) or self.passed is not None


@dataclass
class Turn:
    """One iteration: a place to go on from, one or more candidates, one experiment or a short one of each candidate."""

    number: int
    candidates: list[Candidate] = field(default_factory=list)
    probing: Probing | None = None

    def trained(self, seen: Observation) -> Experiment | None:
        """Return the first experiment that came of this turn, once there is one."""
        return next(filter(None, (each.trained(seen) for each in self.candidates)), None)

    def unprobed(self, seen: Observation) -> list[Candidate]:
        """Return the candidates whose short training is still to be made."""
        return [each for each in self.candidates if each.probe and not each.trained(seen)]

    def over(self, seen: Observation) -> bool:
        """Return whether the turn has led to what it was to lead to, or all its plans were given up."""
        if self.probing:
            return not self.unprobed(seen)
        if self.trained(seen):
            return True
        wanted = self.candidates[0].plan.candidates if self.candidates else 1
        return len(self.candidates) >= wanted and all(each.dropped for each in self.candidates)


def turns(notes: Sequence[Note]) -> list[Turn]:
    """Return the turns that ``notes`` tell of, in order."""
    found: dict[int, Turn] = {}
    for note in notes:
        if not isinstance(note, Step):
            continue
        turn = found.setdefault(note.turn, Turn(note.turn))
        if isinstance(note, Planned):
            turn.candidates.append(Candidate(note))
            continue
        if isinstance(note, Probing):
            turn.probing = note
            for at, submission in zip(note.candidates, note.submissions, strict=True):
                turn.candidates[at - 1].probe = submission
            continue
        candidate = turn.candidates[note.candidate - 1]
        match note:
            case Drafted():
                candidate.drafts.append(note)
                candidate.plan = note.plan or candidate.plan
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
    made = (each for turn in turns(notes) for each in turn.candidates)
    found = ((each.trained(seen), each.plan) for each in made)
    return next((plan for trained, plan in found if trained and trained.id == experiment), None)


def dossier_of(notes: Sequence[Note]) -> Dossier | None:
    """Return what exploring found, if it did."""
    return next((note for note in notes if isinstance(note, Dossier) and not note.unusable), None)
