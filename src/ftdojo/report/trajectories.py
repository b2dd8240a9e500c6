"""A run as rows for agents that learn: what was observed, what was done, what came of it, and a reward.

Rewards come from validation, as it was known during the run; nothing of the test is in a row. A step is rewarded with what it
added to the validation score of the model that the dojo held to be the best, and the last one is corrected to the model that
was handed in, so the rewards of a run sum to the validated gain of that model over the base. The shape is that of potential-based
rewards (Ng et al., 1999), which leave the best course what it was. Unlike the reward at the end of a run, the sum is not unbiased:
the best of many is partly luck.
"""

import json
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, Literal

from ftdojo.errors import StoreError, UsageError
from ftdojo.gateway.wire import PURPOSE
from ftdojo.llm import Exchange, Exchanges
from ftdojo.records import BASE, ActionTaken, Direction, EvaluationReport, Experiment, Transition
from ftdojo.records.events import kind_of
from ftdojo.store import RunFolder, codec, trajectory, write_atomic
from ftdojo.store.files import read_lines

Rows = Literal["steps", "chat"]


def write_rows(folder: RunFolder, to: Path, form: Rows = "steps") -> int:
    """Write the rows of a run into the new file ``to``, one JSON object a line, and return how many there are.

    Raises:
        UsageError: there is such a file already, or ``chat`` of a run whose agent asked no language model.
        StoreError: the run has no steps, its record is damaged, or the file cannot be written.
    """
    if to.exists():
        raise UsageError(f"{to} is there already; name a file that is not.")
    rows = [*(chats(folder) if form == "chat" else steps(folder))]
    write_atomic(to, "".join(codec.dump_object(row) + "\n" for row in rows))
    return len(rows)


def steps(folder: RunFolder) -> Iterator[dict[str, Any]]:
    """Yield each step: ``observation`` before it, ``action``, ``outcome``, ``reward`` and how the run stood after it.

    The action is spelt as ``records.parse_action`` reads it. ``outcome`` is ``records.Outcome`` without the action, with the
    ``validation`` score of the experiment it became. Pages of looks are told by their digest, as in the record.

    Raises:
        StoreError: the run has no steps, or its record is damaged.
    """
    taken, ended = _taken(folder), folder.ended()
    validated = {each.id: each.evaluation for each in ended if each.evaluation}
    rewards = _rewards(folder, taken)
    before: Transition | None = None
    for made, reward in zip(taken, rewards, strict=True):
        yield {
            "run": folder.config.id,
            "step": made.outcome.number,
            "observation": _observed(folder, ended, before),
            "action": json.loads(codec.dump_action(made.outcome.action)),
            "outcome": _outcome(made, validated.get(made.outcome.experiment)),
            "reward": reward,
            "terminated": made.terminated,
            "truncated": made.truncated,
            "stopped_by": made.stopped_by,
        }
        before = made


def chats(folder: RunFolder) -> Iterator[dict[str, Any]]:
    """Yield each request of the agent to its language model with the reply as the last message.

    ``step`` is the number of the action that followed it, None after the last; ``reward`` is that action's, ``return`` the sum
    of the rewards from there on. ``finish`` tells replies that were cut or refused. What data scripts and judges asked is left out.

    Raises:
        UsageError: the agent asked none.
        StoreError: the run has no steps, or its record is damaged.
    """
    asked = [each for each in Exchanges(folder.path / "llm").all() if _is_the_agents(each)]
    if not asked:
        raise UsageError(
            f"The agent of {folder.config.id} ({folder.config.spec.agent}) asked no language model, so there is no chat; "
            "export its steps."
        )
    taken = _taken(folder)
    rewards = _rewards(folder, taken)
    left = [*accumulate(reversed(rewards))][::-1]
    times = _times(folder)
    for each in asked:
        at = bisect_left(times, each.t)
        last = at >= len(taken)
        reply = {"role": "assistant", "content": each.reply.text}
        yield {
            "run": folder.config.id,
            "purpose": each.purpose,
            "model": each.model,
            "messages": [*each.messages, reply],
            "finish": each.reply.finish,
            "step": None if last else taken[at].outcome.number,
            "reward": 0.0 if last else rewards[at],
            "return": 0.0 if last else left[at],
        }


def _taken(folder: RunFolder) -> list[Transition]:
    found = trajectory(folder)
    if not found:
        raise StoreError(f"The run {folder.config.id} has no steps yet, so there is no trajectory.")
    return found


def _rewards(folder: RunFolder, taken: Sequence[Transition]) -> list[float]:
    """Return what each step added to the validation score of the best model, in the metric's unit, positive when better."""
    base, result = folder.scored_base(), folder.result()
    sign = -1.0 if base.direction is Direction.LOWER else 1.0
    worth = {each.id: each.evaluation.score.score for each in folder.ended() if each.evaluation}
    worth[BASE] = base.score.score
    best = [each.best for each in taken]
    if result:
        best[-1] = result.proposed
    values = [sign * worth[name] for name in (BASE, *best)]
    return [after - before for before, after in pairwise(values)]


def _observed(
    folder: RunFolder, ended: Sequence[Experiment], before: Transition | None
) -> dict[str, Any]:
    """Return what was known before a step; ``before`` is the step that led there."""
    spec = folder.config.spec
    known = ended[: before.experiments] if before else ()
    last = before.outcome if before else None
    return {
        "task": spec.task,
        "model": spec.model,
        "seed": spec.seed,
        "budget": asdict(spec.budget),
        "base": _score(folder.scored_base()),
        "experiments": [_line(each) for each in known],
        "best": before.best if before else BASE,
        "spent": asdict(before.spent) if before else None,
        "outlook": asdict(before.outlook) if before else None,
        "last": {"step": last.number, "notice": last.notice} if last else None,
    }


def _line(each: Experiment) -> dict[str, Any]:
    """Return an experiment in short; its submission and reports are in the step that made it."""
    return {
        "id": each.id,
        "parent": each.parent,
        "status": each.status,
        "validation": _score(each.evaluation),
        "failure": each.failure.kind if each.failure else None,
    }


def _outcome(made: Transition, report: EvaluationReport | None) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(codec.dump(made.outcome))
    fields.pop("action")
    return fields | {"validation": _score(report)}


def _score(report: EvaluationReport | None) -> dict[str, Any] | None:
    return asdict(report.score) | {"metric": report.metric} if report else None


def _is_the_agents(each: Exchange) -> bool:
    return each.role != "judge" and not each.purpose.startswith(f"{PURPOSE}/")


def _times(folder: RunFolder) -> list[str]:
    """Return when each step ended, UTC in ISO 8601, which sorts as text."""
    where = folder.path / "events.jsonl"
    lines = (codec.load_object(line, where=where) for line in read_lines(where))
    return [str(line["t"]) for line in lines if line["kind"] == kind_of(ActionTaken)]
