"""What the model card of an export says, from the records of its run."""

from ftdojo.export import ExportCard, asked_as
from ftdojo.records import BASE, EvaluationReport, Experiment, Task
from ftdojo.store import RunConfig


def export_card(
    config: RunConfig,
    task: Task,
    chosen: Experiment | None,
    *,
    base: EvaluationReport,
    ours: EvaluationReport,
) -> ExportCard:
    """Return what the model card of ``chosen`` (None for the base) says; both passes are over one split."""
    data = chosen.feedback.check.data if chosen and chosen.feedback else None
    return ExportCard(
        asked=asked_as(task),
        metric=task.metric,
        unit=task.unit,
        split=ours.split,
        base=base.score,
        score=ours.score,
        run=config.id,
        experiment=chosen.id if chosen else BASE,
        seed=config.spec.seed,
        versions=config.versions,
        sources={source.name: source.licence for source in task.sources},
        used=data.lineage if data else {},
    )
