"""Export as folders that plain transformers loads: a standard PEFT adapter, small, beside the base model; or a full model.

Target folders are refused when something is in them, and filled whole or not at all.
"""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from ftdojo.errors import ModelError, UsageError
from ftdojo.export.card import ExportCard, write_card
from ftdojo.export.snippets import ask_adapter, ask_merged
from ftdojo.models import (
    TOKENIZER_FILES,
    LocalModel,
    disk_errors,
    hub_id,
    load_model,
    make_folder,
    quiet,
    tensor_digest,
)
from ftdojo.models.loading import AS_DATA

_REMEDY = "name a folder on another disk"
Kind = Literal["base", "adapter", "full"]


def kind_of(weights: Path | None) -> Kind:
    """Return what kind of weights an experiment left; None stands for the untouched base.

    Raises:
        ModelError: the folder holds neither an adapter nor a model.
    """
    if weights is None:
        return "base"
    if (weights / "adapter_config.json").is_file():
        if not (weights / "adapter_model.safetensors").is_file():
            raise ModelError(
                f"{weights} lacks adapter_model.safetensors; train the experiment again."
            )
        return "adapter"
    if (weights / "config.json").is_file():
        return "full"
    raise ModelError(
        f"{weights} holds no weights; an adapter (adapter_config.json) or a model (config.json) belongs there."
    )


@contextmanager
def writing(to: Path) -> Iterator[Path]:
    """Yield an empty folder that becomes ``to`` when the block ends well, and vanishes when it does not.

    Raises:
        UsageError: ``to`` is a file, or a folder with something in it.
        ModelError: the disk is full or cannot be written.
    """
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise UsageError(f"{to} exists and is not an empty folder; name another one, or delete it.")
    fresh = to.parent / f".{to.name}.{os.getpid()}.part"
    try:
        make_folder(fresh, remedy=_REMEDY, told=to)
        with disk_errors(to.parent, remedy=_REMEDY):
            yield fresh
            if to.exists():
                to.rmdir()
            fresh.replace(to)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def copy_tokenizer(source: Path, to: Path) -> None:
    """Copy tokenizer and chat template byte by byte: training changes neither."""
    for pattern in TOKENIZER_FILES:
        for file in source.glob(pattern):
            shutil.copyfile(file, to / file.name)


_ADAPTER_USAGE = """
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
        usage = _ADAPTER_USAGE.format(origin=_origin(base), script=ask_adapter())
        write_card(fresh, card, base, form="adapter", usage=usage)
    return to


def _config(weights: Path, base: LocalModel) -> dict[str, object]:
    file = weights / "adapter_config.json"
    try:
        config = dict(json.loads(file.read_text(encoding="utf8")))
    except (ValueError, TypeError, RecursionError) as error:
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


_MODEL_USAGE = """
With plain transformers, without ftdojo: save this as `ask.py` in this folder and run `python ask.py "your question"` there.

{script}

It computes in float32; a run on a machine that computes in bfloat16 may have written another word where two were nearly
as likely.

The adapter was added to the base in float32; the sum is stored in the base's own type, {dtype}.
"""


def export_merged(weights: Path | None, base: LocalModel, *, to: Path, card: ExportCard) -> Path:
    """Write the whole model with tokenizer, chat template and model card into the new folder ``to``; return ``to``.

    An adapter is added in float32, where the sum is exact to seven digits, and rounded once, to the type the base is
    stored in: a larger type would only make the files larger than those of the model they replace.

    Raises:
        UsageError: ``to`` is not empty.
        ModelError: the weights are damaged or not finite, or the disk refuses them.
    """
    with writing(to) as fresh:
        model, dtype = load_merged(weights, base)
        with quiet():
            model.to(dtype).save_pretrained(fresh)
        copy_tokenizer(base.path, fresh)
        usage = _MODEL_USAGE.format(dtype=str(dtype).removeprefix("torch."), script=ask_merged())
        write_card(fresh, card, base, form="merged", usage=usage)
    return to


def load_merged(weights: Path | None, base: LocalModel) -> tuple[Any, Any]:
    """Return the model in float32 with the adapter added, and the type the base is stored in.

    Raises:
        ModelError: the weights cannot be loaded, or a sum is not finite.
    """
    import torch
    from peft import PeftModel
    from safetensors import SafetensorError
    from transformers import AutoConfig

    adapter = kind_of(weights) == "adapter"
    source = base.path if adapter or weights is None else weights
    stored = AutoConfig.from_pretrained(base.path, **AS_DATA).dtype or torch.float32
    try:
        with quiet():
            model = load_model(source, dtype=torch.float32)
            if adapter:
                model = PeftModel.from_pretrained(model, weights).merge_and_unload(safe_merge=True)
    except (ModelError, ValueError, RuntimeError, OSError, SafetensorError) as error:
        reason = str(error).splitlines()[0]
        raise ModelError(
            f"The weights in {weights or source} do not fit {base.name} ({reason}); train the experiment again."
        ) from error
    return model.eval(), stored
