"""What a training row should be, decided by trial: several designs are written at once, checked, and trained for a short time.

Only the design that ranks first is built on. What is compared is what the same seconds of training teach, so a design
whose rows are long has to earn its tokens.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ftdojo.agents import ranking
from ftdojo.agents.ft_agent.changes import data_of
from ftdojo.agents.ft_agent.means import fits
from ftdojo.agents.ft_agent.notes import (
    Candidate,
    Dossier,
    Note,
    Planned,
    Probing,
    Turn,
    turns,
)
from ftdojo.agents.ft_agent.options import Options
from ftdojo.agents.ft_agent.prompting import DesignReply, FilesReply, prompt
from ftdojo.agents.showing import cut, line, setting
from ftdojo.llm import Ask, Llm
from ftdojo.records import BASE, Experiment, Observation, Submission
from ftdojo.submissions import TrainConfig, read_train, write_train

MOST, FEWEST = 3, 2
SHARE = 0.3
"""Designs may take this share of the time left, their checks and validations included."""
PROBE_S, LEAST_PROBE_S = 60.0, 20.0
TELLING, LEAST_TELLING = 8_000, 4_000
"""Seconds of a short training and the least of them, and tokens that it sees, some hundred rows, where that takes longer:
after fewer rows only the form of an answer is learnt, and designs look alike."""
LEAST_ITEMS, VALIDATION = 32, 0.5
"""A short training is scored on so many items at least; more may take this share of its seconds."""
TEXT = 1200
DESIGN = "design"
"""What a plan says it changes whose turn compares designs of a row."""


@dataclass(frozen=True, kw_only=True)
class Designer:
    """Asks for designs."""

    llm: Llm
    options: Options

    def count(self, seen: Observation) -> int:
        """Return how many designs the time and the experiments left allow to compare; 0 if there is no sense in it."""
        if not (self.options.has("design") and self.options.has("checks")) or seen.experiments:
            return 0
        left = seen.outlook.experiments_left
        for count in range(MOST, FEWEST - 1, -1):
            enough = left is None or left > 2 * count
            if enough and probe_s(seen, count):
                return count
        return 0

    def designs(
        self, seen: Observation, dossier: Dossier | None, turn: Turn, count: int
    ) -> list[tuple[Planned, FilesReply]]:
        """Return up to ``count`` candidates of ``turn`` with the replies that hold their files.

        Raises:
            LlmError: no usable designs are to be had.
        """
        messages = prompt(
            "design",
            **setting(seen),
            fits=fits(seen),
            dossier=dossier,
            count=count,
            seconds=probe_s(seen, count) or PROBE_S,
        )
        ask = Ask(purpose=f"design/{turn.number}", messages=messages)
        reply = self.llm.ask_for(ask, DesignReply)
        wanted = reply.designs[:count]
        return [
            (
                _planned(
                    turn,
                    at,
                    of=len(wanted),
                    idea=each.idea,
                    rows=each.rows,
                    score=each.predicted_score,
                ),
                FilesReply(
                    data_py=each.data_py,
                    train_yaml=reply.train_yaml,
                    edits=[],
                    note=line(each.idea, 300),
                ),
            )
            for at, each in enumerate(wanted, 1)
        ]


def designs_in(turn: Turn) -> int:
    """Return how many designs a turn compares; 0 for a turn that plans an experiment, or has not begun."""
    first = turn.candidates[0].plan if turn.candidates else None
    return first.candidates if first and first.changes == DESIGN else 0


def probe_s(seen: Observation, count: int) -> float:
    """Return the seconds that each of ``count`` short trainings may take; 0 if that is too short to tell anything."""
    outlook = seen.outlook
    token_s = 1 / outlook.train_tokens_per_s if outlook.train_tokens_per_s else 0.0
    beside_s = 2 * (outlook.check_s or 0.0) + _validation_s(seen, LEAST_ITEMS)
    room_s = SHARE * outlook.left_s / count - beside_s
    least_s = max(LEAST_PROBE_S, LEAST_TELLING * token_s)
    return min(room_s, max(PROBE_S, TELLING * token_s)) if room_s >= least_s else 0.0


def probing(seen: Observation, turn: Turn, options: Options) -> Probing | None:
    """Return the short trainings that compare the designs of ``turn``; None if there are no two, or no time for them."""
    passed = [each for each in turn.candidates if each.passed]
    seconds = probe_s(seen, len(passed)) if len(passed) >= FEWEST else 0.0
    if not (options.has("probes") and seconds):
        return None
    return Probing(
        turn=turn.number,
        candidates=tuple(each.plan.candidate for each in passed),
        submissions=tuple(shortened(each, seconds) for each in passed),
        items=_items(seen, seconds),
    )


def shortened(candidate: Candidate, seconds: float) -> Submission:
    """Return the latest draft of ``candidate`` with as many steps as its check says fit into ``seconds``."""
    whole, checked = candidate.drafts[-1].submission, candidate.passed
    config = read_train(whole.train)
    if not (checked and checked.forecast_s and checked.steps and isinstance(config, TrainConfig)):
        return whole
    steps = max(1, int(checked.steps * seconds / checked.forecast_s))
    if steps >= checked.steps:
        return whole
    given = config.model_dump(exclude_unset=True, exclude={"num_train_epochs", "fit"})
    short = TrainConfig(**given | {"max_steps": steps})
    return Submission(plan=whole.plan, data=whole.data, train=write_train(short))


def choices(seen: Observation, notes: Sequence[Note], turn: Turn) -> list[Experiment]:
    """Return the designs that ``turn`` may build on, the best first; none unless it follows their short trainings.

    Which is best after a minute is measured; which gains most from an hour is for the planner to say.
    """
    before = next((each for each in turns(notes) if each.number == turn.number - 1), None)
    ranked = _ranked(seen, before) if before and before.probing else []
    return [made for made in map(seen.experiment, ranked) if made]


def winner(seen: Observation, turn: Turn) -> str:
    """Return the experiment that ranks first among the short trainings of ``turn``; ``base`` if none was scored."""
    return next(iter(_ranked(seen, turn)), BASE)


def comparison(seen: Observation, turn: Turn) -> list[str]:
    """Return a sentence for each design of ``turn`` that was trained for a short time, the best first."""
    made = {each.id: (each, plan) for each, plan in _probes(seen, turn)}
    order = _ranked(seen, turn)
    rest = [name for name in made if name not in order]
    return [line(". ".join(_sentences(seen, *made[name])), TEXT) for name in (*order, *rest)]


def compared(seen: Observation, turn: Turn) -> list[str]:
    """Return the experiments that are short trainings of ``turn``'s designs."""
    return [made.id for made, _ in _probes(seen, turn)]


def _ranked(seen: Observation, turn: Turn) -> list[str]:
    return ranking.ranked({each.id: each for each, _ in _probes(seen, turn)}, seen)


def _probes(seen: Observation, turn: Turn) -> list[tuple[Experiment, Planned]]:
    found = ((each.trained(seen), each.plan) for each in turn.candidates if each.probe)
    return [(made, plan) for made, plan in found if made]


def _sentences(seen: Observation, made: Experiment, plan: Planned) -> Iterator[str]:
    yield f"{made.id}: {line(plan.hypothesis, 300).rstrip('.')}"
    if data := data_of(made):
        yield f"{data.tokens.mean:.0f} tokens a row, {data.label_tokens.mean:.0f} of them learnt"
    if training := (made.feedback.training if made.feedback else None):
        yield (
            f"{training.steps} steps in {training.seconds:.0f} s, loss {training.loss_first:.2f} to {training.loss_last:.2f}"
        )
    if made.failure:
        yield f"Failed at {made.failure.stage}: {line(made.failure.message, 200)}"
    if found := made.evaluation:
        score = found.score
        yield f"Score {score.score:.3f} [{score.low:.3f}, {score.high:.3f}], n = {score.n}"
        yield from (f"{name} {each.score:.3f}" for name, each in found.secondary.items())
        yield f"{found.unreadable_share:.0%} unreadable, {found.unfinished_share:.0%} cut by the cap"
        yield from (f"A wrong answer: {line(each.output, 120)!r}" for each in found.wrong[:1])


def _items(seen: Observation, seconds: float) -> int | None:
    """Return how many validation items a short training is scored on; None for all."""
    whole_s, count = seen.outlook.validation_s, seen.task.validation_items
    if not whole_s:
        return None
    items = max(LEAST_ITEMS, int(VALIDATION * seconds * count / whole_s))
    return items if items < count else None


def _validation_s(seen: Observation, items: int) -> float:
    return (seen.outlook.validation_s or 0.0) * min(1.0, items / seen.task.validation_items)


def _planned(turn: Turn, at: int, *, of: int, idea: str, rows: str, score: float) -> Planned:
    return Planned(
        turn=turn.number,
        candidate=at,
        candidates=of,
        parent=BASE,
        why_parent="one of several designs of a row that are compared.",
        hypothesis=cut(idea, TEXT),
        data_change=cut(rows, TEXT),
        training_change="",
        kept="",
        changes=DESIGN,
        reuse_data=False,
        exploring=False,
        predicted_score=score,
        predicted_seconds=None,
    )
