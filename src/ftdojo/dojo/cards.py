"""Task, sources and base model as an agent reads them."""

from ftdojo.dojo.run import Run
from ftdojo.models.device import dtype_name
from ftdojo.records import ModelCard, SourceCard, TaskCard
from ftdojo.sources import card
from ftdojo.stats import detectable, effective

DECODING = "greedy"


def task_card(run: Run) -> TaskCard:
    """Return the task as an agent reads it."""
    task, count = run.task, run.vault.count("validation")
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
        validation_items=count,
        detectable=detectable(effective(_groups(run))),
        aggregate=task.aggregate.words,
        secondary=task.secondary,
        slices=task.slices,
    )


def _groups(run: Run) -> list[str]:
    """Return the slice that each validation item counts in, where the score is a mean over slices."""
    how, items = run.task.aggregate, run.task.items("validation")
    return [item.slices.get(how.over, "") if how.kind == "mean-of-slices" else "" for item in items]


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
