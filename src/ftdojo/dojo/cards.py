"""Task, sources and base model as an agent reads them, and what the model card of an export says of a run."""

from collections import Counter
from collections.abc import Sequence

from ftdojo.dojo.run import Run
from ftdojo.export import ExportCard, asked_as
from ftdojo.models.device import dtype_name
from ftdojo.records import BASE, EvaluationReport, Experiment, ModelCard, SourceCard, Task, TaskCard
from ftdojo.sources import card
from ftdojo.stats import can_show, open_items
from ftdojo.store import RunConfig

DECODING = "greedy"


def task_card(run: Run) -> TaskCard:
    """Return the task as an agent reads it."""
    task, items = run.task, run.task.items("validation")
    return TaskCard(
        name=task.name,
        version=task.version,
        domain=task.domain,
        summary=task.summary,
        answer_format=task.answer_format,
        system=task.system,
        template=task.template,
        metric=task.metric,
        direction=str(task.direction),
        unit=task.unit,
        max_new_tokens=task.max_new_tokens,
        stop=task.stop,
        decoding=DECODING,
        validation_items=len(items),
        shown_items=len(open_items(task, [item.id for item in items])),
        detectable=can_show(task, items),
        aggregate=task.aggregate.words,
        secondary=task.secondary,
        slices=task.slices,
    )


def source_cards(run: Run) -> tuple[SourceCard, ...]:
    """Return the raw sources as an agent reads them."""
    return tuple(
        card(source, run.data.stored[source.name], path=f"/data/{source.name}.jsonl")
        for source in run.task.sources
    )


def model_card(run: Run) -> ModelCard:
    """Return the base model as an agent reads it."""
    model = run.model
    return ModelCard(
        name=model.name,
        digest=model.identity,
        params=model.params,
        dtype=dtype_name(),
        context=model.context,
        licence=model.licence,
        chat_template=model.chat_template,
    )


def export_card(
    config: RunConfig,
    task: Task,
    chosen: Experiment | None,
    *,
    base: EvaluationReport,
    ours: EvaluationReport,
    experiments: Sequence[Experiment] = (),
) -> ExportCard:
    """Return what the model card of ``chosen`` (None for the base) says; both passes are over one split.

    ``experiments`` are those of its run: the rows of all that its weights went on from are in the card.
    """
    chain = _chain(chosen, experiments) if chosen else []
    used = Counter[str]()
    for each in chain:
        data = each.feedback.check.data if each.feedback else None
        used.update(data.lineage if data else {})
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
        used=used,
        chain=tuple(each.id for each in chain[:-1]),
    )


def _chain(chosen: Experiment, experiments: Sequence[Experiment]) -> list[Experiment]:
    """Return the experiments whose trainings made the weights of ``chosen``, in their order, itself at the end."""
    made, earlier = [chosen], {each.id: each for each in experiments}
    while found := earlier.pop(made[0].start_from, None):
        made.insert(0, found)
    return made
