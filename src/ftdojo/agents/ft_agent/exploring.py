"""Before the first plan: a bounded look around, at rows and in the sandbox, that ends in a dossier.

First a check of a few rows of every source as they stand: how fast training is here, how long rows are, whose answers the
scorer can read. Then the language model looks where it wants to, several looks a call, and writes down what it found.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ftdojo.agents.ft_agent.means import fits
from ftdojo.agents.ft_agent.notes import Dossier, Note, Planned, Scouted, Sighted
from ftdojo.agents.ft_agent.options import Options
from ftdojo.agents.ft_agent.prompting import ScoutReply, prompt
from ftdojo.agents.notebook import Notebook
from ftdojo.agents.recipes import Recipe, submission
from ftdojo.agents.showing import cut, line, setting
from ftdojo.errors import LlmUnusable, UsageError
from ftdojo.llm import Ask, Llm
from ftdojo.records import BASE, Action, Check, Observation, Outcome, Shell, Submission, parse_look

MOST_CALLS, MOST_STEPS = 6, 4
SHARE = 0.12
"""Exploring may take this share of the time that is left when it begins; a call that was begun is ended."""
STEP_S = 60.0
TEXT, ENTRY, SHORT, WHOLE = 2500, 700, 200, 2
"""Characters of a result, of one entry of a look, and of a result of all but the latest ``WHOLE`` calls."""
FIELD, SOURCES = 900, 12
SAMPLE_ROWS = 24


@dataclass(frozen=True, kw_only=True)
class Scout:
    """Looks around. What was looked at is in the notes, so a run that was killed looks at nothing twice."""

    llm: Llm
    options: Options

    def next(self, seen: Observation, book: Notebook[Note]) -> Action | None:
        """Return the next look, or None once there is a dossier, or nothing is to be explored.

        Raises:
            LlmError: the language model cannot be asked.
        """
        if not self._explores(seen, book):
            return None
        while not any(isinstance(note, Dossier) for note in book.notes()):
            notes = book.notes()
            try:
                if action := self._waiting(seen, notes):
                    return action
            except UsageError as refusal:  # the step spells no look; the model reads why
                book.add(_sighted(seen, notes, f"refused: {refusal}", outcome=0))
                continue
            self._ask(seen, book)
        return None

    def take_in(self, seen: Observation, last: Outcome, book: Notebook[Note]) -> None:
        """Note what a look brought, if ``last`` is the one that is waited for and was not noted yet."""
        if not self._explores(seen, book):
            return
        notes = book.notes()
        known = {note.outcome for note in notes if isinstance(note, Sighted)}
        try:
            wanted = self._waiting(seen, notes)
        except UsageError:
            return
        if last.action == wanted and last.number not in known:
            book.add(_sighted(seen, notes, result(last), outcome=last.number))

    def _explores(self, seen: Observation, book: Notebook[Note]) -> bool:
        planned = any(isinstance(note, Planned) for note in book.notes())
        return self.options.has("exploration") and not (planned or seen.experiments)

    def _waiting(self, seen: Observation, notes: Sequence[Note]) -> Action | None:
        """Return the look whose result is not noted yet; the first is a check of every source's rows as they stand.

        Raises:
            UsageError: the model called for something that is no look.
        """
        calls = [note for note in notes if isinstance(note, Scouted)]
        done = [note for note in notes if isinstance(note, Sighted)]
        if not calls:
            measures = self.options.has("checks") and not done
            return Check(submission=_as_they_stand(seen)) if measures else None
        found = sum(note.at == calls[-1].at for note in done)
        return action_of(calls[-1].steps[found]) if found < len(calls[-1].steps) else None

    def _ask(self, seen: Observation, book: Notebook[Note]) -> None:
        notes = book.notes()
        at = 1 + sum(isinstance(note, Scouted) for note in notes)
        last = at >= MOST_CALLS or is_over(seen, notes)
        messages = prompt(
            "explore",
            **setting(seen),
            fits=fits(seen),
            sights=tuple(sights(notes)),
            last=last,
            at=at,
            most=MOST_CALLS,
            steps=MOST_STEPS,
        )
        try:
            reply = self.llm.ask_for(Ask(purpose=f"explore/{at}", messages=messages), ScoutReply)
        except LlmUnusable as fault:
            book.add(Dossier(sources=(), unusable=str(fault)))
            return
        if last or not reply.steps:
            book.add(_dossier(reply))
            return
        steps = tuple(f"{each.tool} {each.command}" for each in reply.steps[:MOST_STEPS])
        book.add(Scouted(at=at, thought=cut(reply.thought, FIELD), steps=steps))


def action_of(step: str) -> Action:
    """Return the action that a step spells: ``shell COMMAND``, or ``look`` and what to look at.

    Raises:
        UsageError: it spells none.
    """
    tool, _, rest = step.partition(" ")
    return Shell(command=rest, wall_s=STEP_S) if tool == "shell" else parse_look(rest)


def is_over(seen: Observation, notes: Sequence[Note]) -> bool:
    """Return whether exploring had its share of the time."""
    began_s = next((note.left_s for note in notes if isinstance(note, Sighted)), None)
    return began_s is not None and seen.outlook.left_s < (1 - SHARE) * began_s


def sights(notes: Sequence[Note]) -> Iterator[tuple[str, str]]:
    """Yield each look with what it brought: those of the latest calls whole, of earlier ones the beginning."""
    calls = {note.at: note for note in notes if isinstance(note, Scouted)}
    steps: dict[int, int] = {}
    for note in notes:
        if not isinstance(note, Sighted):
            continue
        step = steps[note.at] = steps.get(note.at, 0) + 1
        asked = calls[note.at].steps[step - 1] if note.at in calls else "check of all sources"
        whole = not note.at or note.at > len(calls) - WHOLE
        yield cut(asked, FIELD if whole else SHORT), cut(note.text, TEXT if whole else SHORT)


def result(last: Outcome) -> str:
    """Return what a look brought, in words that a model can read without escapes."""
    if last.notice:
        return f"refused: {last.notice}"
    if isinstance(last.action, Check):
        return "\n".join(_measured(last))
    if isinstance(last.action, Shell):
        ended = last.found[0]
        return f"exit code {ended['exit_code']} after {ended['seconds']:.0f} s\n{ended['output'][-TEXT:]}"
    entries = (cut(json.dumps(each, ensure_ascii=False, default=str), ENTRY) for each in last.found)
    return cut("\n".join(entries) or "nothing is there", TEXT)


def _measured(last: Outcome) -> Iterator[str]:
    """Yield what a check of all sources measured."""
    if last.failure:
        yield f"It failed at {last.failure.stage}: {line(last.failure.message, FIELD)}"
    data = last.checked.data if last.checked else None
    if data:
        yield (
            f"{data.rows} rows, asked as the task asks and answered as they stand: {data.tokens.mean:.0f} tokens on average, "
            f"at most {data.tokens.high:.0f}; {data.label_tokens.mean:.0f} of them are learnt."
        )
        read = ", ".join(f"{name} {share:.0%}" for name, share in data.readable.items())
        yield f"Answers that the scorer can read, right or wrong: {read}."
        yield from data.notes
    fit = last.checked.fit if last.checked else None
    if fit:
        yield f"Training runs at about {fit.tokens_per_s:.0f} tokens a second, by one step."


def _as_they_stand(seen: Observation) -> Submission:
    cap = seen.budget.max_rows or SAMPLE_ROWS * len(seen.sources)
    names = [card.name for card in seen.sources][:cap]
    rows = min(SAMPLE_ROWS, cap // len(names)) * len(names)
    recipe = Recipe(phase="look", sources=dict.fromkeys(names, 1 / len(names)), rows=rows)
    why = "A few rows of every source as they stand: speed, length, and whose answers can be read."
    return submission(recipe, seen, parent=BASE, why=why, predicted=None)


def _sighted(seen: Observation, notes: Sequence[Note], text: str, *, outcome: int) -> Sighted:
    at = sum(isinstance(note, Scouted) for note in notes)
    return Sighted(at=at, text=text, outcome=outcome, left_s=seen.outlook.left_s)


def _dossier(reply: ScoutReply) -> Dossier:
    return Dossier(
        sources=tuple(
            f"{line(each.name, 80)}: {line(each.quality, FIELD)} Verified: {line(each.verified, 300)}"
            for each in reply.sources[:SOURCES]
        ),
        combine=cut(reply.combine, FIELD),
        base_faults=cut(reply.base_faults, FIELD),
        answer=cut(reply.answer, FIELD),
    )
