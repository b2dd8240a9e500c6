"""Export as a standard PEFT adapter: small, and loaded by plain transformers and peft beside the base model."""

import json
import shutil
from pathlib import Path

from ftdojo.errors import ModelError, UsageError
from ftdojo.export.card import ExportCard, write_card
from ftdojo.export.folders import copy_tokenizer, kind_of, writing
from ftdojo.export.snippets import ask_adapter
from ftdojo.models import LocalModel, hub_id, tensor_digest

_USAGE = """
With plain transformers and peft, without ftdojo: save this as `ask.py` in this folder and run
`python ask.py BASE "your question"` there. `BASE` is the folder of the base model named above; {origin}

{script}

It computes in float32; a run on a machine that computes in bfloat16 may have written another word where two were nearly
as likely.
"""


def export_adapter(weights: Path | None, base: LocalModel, *, to: Path, card: ExportCard) -> Path:
    """Write the adapter in ``weights`` with tokenizer and model card into the new folder ``to``, and return ``to``.

    ``base_model_name_or_path`` becomes the hub's id of the base where it has one, its name otherwise.

    Raises:
        UsageError: ``to`` is not empty, or ``weights`` is not an adapter.
        ModelError: the adapter is damaged, or the disk refuses it.
    """
    if weights is None or kind_of(weights) != "adapter":
        what = "the untouched base model" if weights is None else f"the full model in {weights}"
        raise UsageError(f"There is no adapter to export from {what}; export it merged instead.")
    tensor_digest(weights)  # refuses a damaged file
    with writing(to) as fresh:
        config = json.dumps(_config(weights, base), indent=2)
        (fresh / "adapter_config.json").write_text(config + "\n", encoding="utf8")
        shutil.copyfile(weights / "adapter_model.safetensors", fresh / "adapter_model.safetensors")
        copy_tokenizer(base.path, fresh)
        usage = _USAGE.format(origin=_origin(base), script=ask_adapter())
        write_card(fresh, card, base, form="adapter", usage=usage)
    return to


def _config(weights: Path, base: LocalModel) -> dict[str, object]:
    file = weights / "adapter_config.json"
    try:
        config = dict(json.loads(file.read_text(encoding="utf8")))
    except (ValueError, TypeError) as error:
        raise ModelError(
            f"{file} does not hold a JSON object; train the experiment again."
        ) from error
    config["base_model_name_or_path"] = hub_id(base) or base.name
    config["revision"] = base.revision if hub_id(base) == base.name.partition("@")[0] else None
    config["inference_mode"] = True
    return config


def _origin(base: LocalModel) -> str:
    origin = hub_id(base)
    if not origin:
        return "the scores hold for exactly those weights."
    if origin == base.name.partition("@")[0]:
        return f"its hub id `{origin}` is right, too."
    return f"`{origin}` on the hub is the same model before it was rounded to four bits, so its scores differ a little."
