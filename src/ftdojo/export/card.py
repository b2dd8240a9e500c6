"""The model card: what was trained, from what, what it scored with which interval, and how to load it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ftdojo.models import LocalModel, hub_id
from ftdojo.records import Estimate


@dataclass(frozen=True, kw_only=True)
class ExportCard:
    """What a model card says beyond the files.

    ``base`` and ``test`` are the scores of the base model and of this one on the same test items. ``sources`` maps each
    raw source that was on offer to its licence; ``versions`` maps packages to versions.
    """

    task: str
    metric: str
    unit: str
    base: Estimate
    test: Estimate
    run: str
    experiment: str
    seed: int
    versions: Mapping[str, str]
    sources: Mapping[str, str]


def render_card(card: ExportCard, base: LocalModel, *, library: str, usage: str) -> str:
    """Return the README.md of an export.

    Args:
        card: the scores and where they come from.
        base: the model that was started from.
        library: ``peft``, ``transformers`` or ``gguf``, as the hub spells them.
        usage: the Markdown of the section that says how to load the files.
    """
    import yaml

    front = yaml.safe_dump(_front_matter(card, base, library), sort_keys=False)
    return f"---\n{front}---\n\n{_body(card, base)}\n## Use\n\n{usage.strip()}\n"


def _front_matter(card: ExportCard, base: LocalModel, library: str) -> dict[str, Any]:
    origin = hub_id(base)
    known = base.licence not in ("", "unknown")
    front: dict[str, Any] = {"base_model": origin} if origin else {}
    front |= {
        "library_name": library,
        "license": base.licence if known else "other",
        "pipeline_tag": "text-generation",
        "tags": ["ftdojo", card.task],
        "model-index": [{"name": f"{card.run}-{card.experiment}", "results": [_result(card)]}],
    }
    return front


def _result(card: ExportCard) -> dict[str, Any]:
    interval = {"n": card.test.n, "low": card.test.low, "high": card.test.high}
    return {
        "task": {"type": "text-generation"},
        "dataset": {"name": card.task, "type": card.task, "split": "test"},
        "metrics": [
            {"type": card.metric, "name": card.metric, "value": card.test.score, "args": interval}
        ],
    }


def _body(card: ExportCard, base: LocalModel) -> str:
    sources = "\n".join(f"- {name}: {licence}" for name, licence in card.sources.items())
    versions = ", ".join(f"{name} {version}" for name, version in card.versions.items())
    return f"""# {card.run}, experiment {card.experiment}

{base.name} fine-tuned on the task {card.task} in an ftdojo run with seed {card.seed}.

| model | {card.metric} ({card.unit}) | 95 % interval | n |
|---|---|---|---|
| base, {base.name} | {card.base.score:.4g} | {card.base.low:.4g} to {card.base.high:.4g} | {card.base.n} |
| this model | {card.test.score:.4g} | {card.test.low:.4g} to {card.test.high:.4g} | {card.test.n} |

Both rows are scores on the same held-out test items, which were read once, after the choice was made.

## Base model

- name: {base.name}
- revision: {base.revision or "a local folder"}
- tensor digest: {base.digest}
- licence: {base.licence}
- chat template: {"put on by ftdojo, and found here beside the weights" if base.put_on else "its own"}

`ftdojo models pull {base.name}` fetches exactly these weights and says in which folder they lie.

## Raw sources on offer

{sources or "none"}

## Versions

{versions or "not recorded"}
"""
