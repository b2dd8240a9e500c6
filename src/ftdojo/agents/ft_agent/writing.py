"""The second part: a reply becomes files, whole or as edits to the parent's; after a failed check they are fixed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ftdojo.agents.ft_agent.history import parent_files
from ftdojo.agents.ft_agent.means import fits
from ftdojo.agents.ft_agent.notes import Candidate, Drafted, Planned
from ftdojo.agents.ft_agent.prompting import Edit, FilesReply, RepairReply, prompt
from ftdojo.agents.showing import cut, line, setting
from ftdojo.llm import Ask, Llm
from ftdojo.records import Failure, FailureKind, Observation, Submission
from ftdojo.submissions import Plan, write_plan

LOG_CHARS, FILE_CHARS, EARLIER, TEXT = 1500, 12_000, 4, 1200

NEWER = "The check that failed measured the speed once more: its figures count, not those above."


class BadEdit(Exception):
    """An edit that cannot be applied; never leaves this module."""


@dataclass(frozen=True, kw_only=True)
class Writer:
    """Makes drafts of replies, and asks for repairs."""

    llm: Llm

    def draft(self, seen: Observation, plan: Planned, reply: FilesReply) -> Drafted:
        """Return the first draft of ``plan``, whose files came in ``reply``."""
        before = dict(zip(("data.py", "train.yaml"), parent_files(seen, plan.parent), strict=True))
        return _drafted(reply, plan, before, attempt=0)

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
            fits=(NEWER,) if failure.kind is FailureKind.TOO_SLOW else fits(seen),
            lean=failure.file == "train.yaml",
            log=cut(failure.log_tail[-LOG_CHARS:], LOG_CHARS),
            data_py=cut(before["data.py"], FILE_CHARS),
            train_yaml=cut(before["train.yaml"], FILE_CHARS),
            earlier=_earlier(candidate),
        )
        attempt = last.attempt + 1
        purpose = f"repair/{plan.turn}/{plan.candidate}/{attempt}"
        ask = Ask(purpose=purpose, messages=messages, schema_name="files")
        reply = self.llm.ask_for(ask, RepairReply)
        now = _revised(plan, reply)
        return replace(_drafted(reply, now, before, attempt=attempt), plan=now)


def _revised(plan: Planned, reply: RepairReply) -> Planned:
    """Return the plan as it stands after a repair: what was said of the files that failed is not true of these."""
    return replace(
        plan,
        data_change=cut(reply.data_change, TEXT),
        training_change=cut(reply.training_change, TEXT),
        predicted_score=reply.predicted_score,
        predicted_seconds=reply.predicted_seconds,
    )


def _drafted(
    reply: FilesReply, plan: Planned, before: Mapping[str, str], *, attempt: int
) -> Drafted:
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
