"""A run as a story in Markdown: for each experiment what was expected, done, measured, decided and learnt."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ftdojo.agents.ft_agent.notes import KINDS, Analysed, Candidate, Note, Turn, analyses, turns
from ftdojo.agents.notebook import Notebook
from ftdojo.records import BASE, Comparison, Experiment, Feedback
from ftdojo.records.shown import visible
from ftdojo.report.evidence import RunEvidence, body_of, cut
from ftdojo.report.templates import environment
from ftdojo.store import RunFolder, write_atomic

STORY = "story.md"
TEXT = 1200


@dataclass(frozen=True, kw_only=True)
class Chapter:
    """One experiment, or one turn that led to none. ``troubles`` are drafts that failed and how they were repaired."""

    title: str
    experiment: Experiment | None = None
    plan: str = ""
    troubles: Sequence[str] = ()
    learnt: Analysed | None = None
    verdicts: Mapping[str, Comparison] = field(default_factory=dict)

    @property
    def feedback(self) -> Feedback | None:
        """Return what the experiment got back, if there was one and it got that far."""
        return self.experiment.feedback if self.experiment else None


def write_story(folder: RunFolder) -> str:
    """Write the story into the run folder as ``story.md`` and return its text.

    Raises:
        StoreError: the run is damaged, or the file cannot be written.
    """
    evidence = RunEvidence.read(folder)
    made = environment(escape=False).get_template("story.md.j2")
    text = visible(made.render(e=evidence, chapters=chapters(evidence), scale=evidence.scale))
    write_atomic(folder.path / STORY, text)
    return text


def learnt(folder: RunFolder) -> dict[str, Analysed]:
    """Return FT-Agent's analysis of each experiment; empty for other agents."""
    return analyses(_notes(folder))


def chapters(evidence: RunEvidence) -> list[Chapter]:
    """Return the run's chapters in order."""
    notes = _notes(evidence.folder)
    known = analyses(notes)
    drafts = {id(turn): turn for turn in turns(notes)}
    found: list[Chapter] = []
    for each in evidence.experiments:
        turn = next((turn for turn in drafts.values() if _led_to(turn, each)), None)
        found += [_given_up(drafts.pop(id(old))) for old in _before(turn, list(drafts.values()))]
        if turn:
            drafts.pop(id(turn), None)
        found.append(_chapter(each, turn, known.get(each.id)))
    return found + [_given_up(turn) for turn in drafts.values() if turn.candidates]


def _notes(folder: RunFolder) -> list[Note]:
    if folder.config.spec.agent != "ft-agent":
        return []
    book: Notebook[Note] = Notebook(folder.path / "agent" / "notes.jsonl", KINDS)
    return book.notes()


def _before(turn: Turn | None, waiting: Sequence[Turn]) -> list[Turn]:
    """Return the turns that were given up before ``turn``."""
    return [each for each in waiting if turn and each.number < turn.number and each.candidates]


def _led_to(turn: Turn, experiment: Experiment) -> bool:
    return any(
        draft.submission == experiment.submission
        for each in turn.candidates
        for draft in each.drafts
    )


def _chapter(each: Experiment, turn: Turn | None, known: Analysed | None) -> Chapter:
    comparisons = each.feedback.comparisons if each.feedback else {}
    return Chapter(
        title=f"{each.id}, from {each.parent}{_start(each)}",
        experiment=each,
        plan=cut(body_of(each.submission.plan)[1].strip(), TEXT),
        troubles=[line for made in turn.candidates for line in _troubles(made)] if turn else [],
        learnt=known,
        verdicts={found.against: found for found in comparisons.values()},
    )


def _start(each: Experiment) -> str:
    return f", with the weights of {each.start_from}" if each.start_from != BASE else ""


def _given_up(turn: Turn) -> Chapter:
    return Chapter(
        title=f"An abandoned plan (turn {turn.number})",
        plan="\n\n".join(cut(each.plan.hypothesis, TEXT) for each in turn.candidates),
        troubles=[line for each in turn.candidates for line in _troubles(each)],
    )


def _troubles(candidate: Candidate) -> list[str]:
    notes = {draft.attempt: draft.note for draft in candidate.drafts}
    lines = []
    for draft, failure in candidate.failures:
        line = f"Draft {draft.attempt + 1} failed at {failure.stage} ({failure.kind}): {cut(failure.message, 300)}"
        if note := notes.get(draft.attempt + 1):
            line += f" Repaired: {cut(note, 200)}"
        lines.append(line)
    if candidate.dropped:
        lines.append(f"Dropped: {cut(candidate.dropped, 300)}")
    return lines
