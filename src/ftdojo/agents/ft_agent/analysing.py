"""The fifth part: what an experiment taught. The tools measure, then a model reads; neither decides what is better."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ftdojo.agents.ft_agent.diagnosis import (
    Evidence,
    Prediction,
    findings,
    printed,
    with_interval,
)
from ftdojo.agents.ft_agent.notes import Analysed, Note, plan_of
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
    ) -> Analysed:
        """Return what ``made`` taught; ``outputs`` are validation outputs by experiment, those of its rival included.

        A model that says nothing usable costs the reading, not the findings.

        Raises:
            LlmError: the model cannot be asked.
        """
        if not self.options.has("analysis"):
            return Analysed(experiment=made.id, findings=(), effect=effect_of(made, seen))
        told = findings(evidence(seen, made, outputs, rows))
        if made.failure:
            told = (f"It failed at {made.failure.stage}: {made.failure.message}", *told)
        plain = Analysed(
            experiment=made.id,
            findings=tuple(cut(each, FINDING) for each in told),
            effect=effect_of(made, seen),
        )
        try:
            return self._read(seen, notes, made, plain)
        except LlmUnusable:
            return plain

    def _read(
        self, seen: Observation, notes: Sequence[Note], made: Experiment, plain: Analysed
    ) -> Analysed:
        messages = prompt(
            "analyse",
            **setting(seen),
            id=made.id,
            parent=made.parent,
            plan=plan_of(notes, made.id, seen),
            train_yaml=cut(made.submission.train, TEXT),
            printed=printed(made, PRINTED),
            findings=plain.findings,
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
