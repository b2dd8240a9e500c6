"""The second part: a plan becomes files, whole or as edits to the parent's; after a failed check they are fixed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ftdojo.agents.ft_agent.history import history, parent_files
from ftdojo.agents.ft_agent.notes import Candidate, Drafted, Note, Planned
from ftdojo.agents.ft_agent.options import Options
from ftdojo.agents.ft_agent.prompting import Edit, FilesReply, prompt
from ftdojo.agents.showing import cut, line, setting
from ftdojo.llm import Ask, Llm
from ftdojo.records import Failure, Message, Observation, Submission
from ftdojo.submissions import Plan, write_plan

LOG_CHARS, FILE_CHARS, EARLIER = 1500, 12_000, 4


class BadEdit(Exception):
    """An edit that cannot be applied; never leaves this module."""


@dataclass(frozen=True, kw_only=True)
class Writer:
    """Asks for files."""

    llm: Llm
    options: Options

    def draft(self, seen: Observation, notes: Sequence[Note], plan: Planned) -> Drafted:
        """Return the first draft of ``plan``.

        Raises:
            LlmError: no usable files are to be had.
        """
        past = history(notes, seen, parent=plan.parent, remembers=self.options.has("memory"))
        messages = prompt(
            "write",
            **setting(seen),
            past=past,
            plan=plan if self.options.has("planning") else None,
            parent=plan.parent,
        )
        purpose = f"write/{plan.turn}/{plan.candidate}"
        before = dict(zip(("data.py", "train.yaml"), parent_files(seen, plan.parent), strict=True))
        return self._files(purpose, messages, plan, before, attempt=0)

    def repair(self, seen: Observation, candidate: Candidate, failure: Failure) -> Drafted:
        """Return the next draft of a candidate whose latest draft failed with ``failure``.

        Raises:
            LlmError: no usable files are to be had.
        """
        last, plan = candidate.drafts[-1], candidate.plan
        before = {"data.py": last.submission.data, "train.yaml": last.submission.train}
        messages = prompt(
            "repair",
            **setting(seen),
            plan=plan,
            failure=failure,
            log=cut(failure.log_tail[-LOG_CHARS:], LOG_CHARS),
            data_py=cut(before["data.py"], FILE_CHARS),
            train_yaml=cut(before["train.yaml"], FILE_CHARS),
            earlier=_earlier(candidate),
        )
        purpose = f"repair/{plan.turn}/{plan.candidate}/{last.attempt + 1}"
        return self._files(purpose, messages, plan, before, attempt=last.attempt + 1)

    def _files(
        self,
        purpose: str,
        messages: tuple[Message, ...],
        plan: Planned,
        before: Mapping[str, str],
        *,
        attempt: int,
    ) -> Drafted:
        ask = Ask(purpose=purpose, messages=messages, schema_name="files")
        reply = self.llm.ask_for(ask, FilesReply)
        try:
            files = _applied(reply, before)
        except BadEdit as fault:
            files, note = dict(before), f"The edits could not be applied: {fault}"
        else:
            note = cut(reply.note, 300)
        if plan.reuse_data and attempt == 0:
            files["data.py"] = before["data.py"]
        submission = Submission(
            plan=plan_text(plan, note), data=files["data.py"], train=files["train.yaml"]
        )
        return Drafted(
            turn=plan.turn,
            candidate=plan.candidate,
            attempt=attempt,
            submission=submission,
            note=note,
        )


def plan_text(plan: Planned, note: str) -> str:
    """Return ``plan.md`` for a plan: what the dojo and a reader of the report see of it."""
    lines = [
        plan.hypothesis,
        "",
        f"- Data: {plan.data_change or 'as in the parent'}",
        f"- Training: {plan.training_change or 'as in the parent'}",
        f"- Stays: {plan.kept or 'nothing in particular'}",
        f"- From {plan.parent}: {plan.why_parent}",
    ]
    if plan.exploring:
        lines.append("- An exploration: to learn from, not to win at once.")
    if plan.predicted_seconds is not None:
        lines.append(f"- Expected to take {plan.predicted_seconds:.0f} s.")
    lines += ["", note]
    recipe = {"agent": "ft-agent", "turn": plan.turn, "candidate": plan.candidate}
    return write_plan(
        Plan(
            body="\n".join(lines).strip() + "\n",
            parent=plan.parent,
            predicted=plan.predicted_score,
            recipe=recipe,
        )
    )


def _earlier(candidate: Candidate) -> list[str]:
    """Return what earlier repairs did and how they failed, the latest few."""
    repairs = [
        f"{draft.note}: {failure.kind}: {line(failure.message, 300)}"
        for draft, failure in candidate.failures[:-1]
    ]
    return repairs[-EARLIER:]


def _applied(reply: FilesReply, before: Mapping[str, str]) -> dict[str, str]:
    files = {
        "data.py": reply.data_py.strip("\n") or before["data.py"],
        "train.yaml": reply.train_yaml.strip("\n") or before["train.yaml"],
    }
    for at, edit in enumerate(reply.edits, 1):
        files[edit.file] = _edited(files[edit.file], edit, at)
    return {name: unfenced(text) for name, text in files.items()}


def _edited(text: str, edit: Edit, at: int) -> str:
    count = text.count(edit.find)
    if count != 1:
        raise BadEdit(
            f"edit {at} looks for {cut(edit.find, 80)!r}, which occurs {count} times in {edit.file}; it must occur once."
        )
    return text.replace(edit.find, edit.replace)


def unfenced(text: str) -> str:
    r"""Return ``text`` without a Markdown fence around it, which models add out of habit.

    Example:
        >>> unfenced("```yaml\nr: 8\n```")
        'r: 8\n'
    """
    lines = text.strip().split("\n")
    if len(lines) > 1 and lines[0].startswith("```") and lines[-1].strip() == "```":
        lines = lines[1:-1]
    return "\n".join(lines) + "\n"
