"""The fifth part: what an experiment taught. The tools measure, then a model reads; neither decides what is better."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ftdojo.agents.ft_agent.changes import differences
from ftdojo.agents.ft_agent.diagnosis import (
    Evidence,
    Prediction,
    findings,
    printed,
    with_interval,
)
from ftdojo.agents.ft_agent.mistakes import alike, beside_gold, by_slice
from ftdojo.agents.ft_agent.notes import Analysed, Note, Planned, plan_of
from ftdojo.agents.ft_agent.options import Options
from ftdojo.agents.ft_agent.prompting import ReadingReply, prompt
from ftdojo.agents.showing import cut, line, setting
from ftdojo.errors import LlmUnusable
from ftdojo.llm import Ask, Llm
from ftdojo.records import BASE, EvaluationReport, Experiment, Observation

FINDING, TEXT, PRINTED = 420, 1200, 1500


@dataclass(frozen=True, kw_only=True)
class Analyst:
    """Makes sense of experiments."""

    llm: Llm
    options: Options

    def analyse(
        self,
        seen: Observation,
        notes: Sequence[Note],
        made: Experiment,
        outputs: Mapping[str, Mapping[str, Prediction]],
        rows: Sequence[str] = (),
        *,
        brief: bool = False,
    ) -> Analysed:
        """Return what ``made`` taught; ``outputs`` are validation outputs by experiment, those of its rival included.

        A ``brief`` experiment is measured and not read. A model that says nothing usable costs the reading, not the findings.

        Raises:
            LlmError: the model cannot be asked.
        """
        if not self.options.has("analysis"):
            return Analysed(experiment=made.id, findings=(), effect=effect_of(made, seen))
        plan = plan_of(notes, made.id, seen)
        told = [differences(made, seen.experiment(made.parent)), *_took(made, plan)]
        if made.failure:
            told.insert(0, f"It failed at {made.failure.stage}: {made.failure.message}")
        found = evidence(seen, made, outputs, rows)
        told += (*findings(found), *alike(found), *by_slice(found))
        plain = Analysed(
            experiment=made.id,
            findings=tuple(cut(each, FINDING) for each in told if each),
            effect=effect_of(made, seen),
        )
        if brief:
            return plain
        try:
            return self._read(seen, plan, found, plain)
        except LlmUnusable:
            return plain

    def _read(
        self, seen: Observation, plan: Planned | None, found: Evidence, plain: Analysed
    ) -> Analysed:
        made = found.experiment
        messages = prompt(
            "analyse",
            **setting(seen),
            id=made.id,
            parent=made.parent,
            plan=plan,
            train_yaml=cut(made.submission.train, TEXT),
            printed=printed(made, PRINTED),
            findings=plain.findings,
            wrong=beside_gold(found),
        )
        ask = Ask(purpose=f"analyse/{made.id}", messages=messages, schema_name="reading")
        reading = self.llm.ask_for(ask, ReadingReply)
        return Analysed(
            experiment=made.id,
            findings=plain.findings,
            effect=plain.effect,
            diagnosis=cut(reading.diagnosis, TEXT),
            evidence=cut(reading.evidence, TEXT),
            confidence=reading.confidence,
            attribution=reading.attribution,
            lesson=line(reading.lesson, TEXT // 2),
        )


def _took(made: Experiment, plan: Planned | None) -> Iterator[str]:
    """Yield what an experiment took, beside what was predicted."""
    training = made.feedback.training if made.feedback else None
    if training is None:
        return
    parts = f"{made.seconds:.0f} s in all, of them {training.seconds:.0f} s of training"
    if plan is None or plan.predicted_seconds is None:
        yield f"Time: it took {parts}."
    else:
        yield f"Time: predicted {plan.predicted_seconds:.0f} s, it took {parts}."


def evidence(
    seen: Observation,
    made: Experiment,
    outputs: Mapping[str, Mapping[str, Prediction]],
    rows: Sequence[str] = (),
) -> Evidence:
    """Return what the tools are to look at."""
    name, rival = rival_of(seen, made)
    return Evidence(
        experiment=made,
        rival=rival,
        rival_name=name,
        sign=1.0 if seen.task.direction == "higher" else -1.0,
        unit=seen.task.unit,
        outputs=outputs.get(made.id, {}),
        rival_outputs=outputs.get(name, {}),
        rows=rows,
    )


def rival_of(seen: Observation, made: Experiment) -> tuple[str, EvaluationReport]:
    """Return whom an experiment is read against: its parent where that was scored, else the base."""
    parent = seen.experiment(made.parent)
    if parent and parent.evaluation:
        return parent.id, parent.evaluation
    return BASE, seen.base


def effect_of(made: Experiment, seen: Observation) -> str:
    """Return what an experiment brought, in one clause with its interval."""
    if made.failure:
        return f"failed ({made.failure.kind})"
    parent = made.feedback.comparisons.get("parent") if made.feedback else None
    if parent is None or made.evaluation is None:
        return "not compared"
    found = with_interval(parent.difference, seen.task.unit)
    score = made.evaluation.score.score
    return f"{score:.3f}, {found} against {parent.against}, {parent.verdict}"
