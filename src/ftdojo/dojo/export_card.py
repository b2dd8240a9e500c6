"""What the model card of an export says, from the records of its run."""

from ftdojo.export import ExportCard, asked_as
from ftdojo.records import BASE, Estimate, Experiment, Task
from ftdojo.store import RunConfig


def export_card(
    config: RunConfig,
    task: Task,
    chosen: Experiment | None,
    *,
    base: Estimate,
    test: Estimate,
    metric: str,
) -> ExportCard:
    """Return what the model card of ``chosen`` (None for the base) says; the scores are in ``metric``."""
    data = chosen.feedback.check.data if chosen and chosen.feedback else None
    return ExportCard(
        asked=asked_as(task),
        metric=metric,
        unit=task.unit,
        base=base,
        test=test,
        run=config.id,
        experiment=chosen.id if chosen else BASE,
        seed=config.seed,
        versions=config.versions,
        sources={source.name: source.licence for source in task.sources},
        used=data.lineage if data else {},
    )
