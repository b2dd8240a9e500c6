"""Export as a full model folder, which plain transformers loads without peft."""

from pathlib import Path
from typing import Any

from ftdojo.errors import ModelError
from ftdojo.export.card import ExportCard, write_card
from ftdojo.export.folders import copy_tokenizer, kind_of, writing
from ftdojo.export.snippets import ask_merged
from ftdojo.models import LocalModel, quiet

_USAGE = """
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
        usage = _USAGE.format(dtype=str(dtype).removeprefix("torch."), script=ask_merged())
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
    from transformers import AutoConfig, AutoModelForCausalLM

    adapter = kind_of(weights) == "adapter"
    source = base.path if adapter or weights is None else weights
    stored = AutoConfig.from_pretrained(base.path, local_files_only=True).dtype or torch.float32
    try:
        with quiet():
            model = AutoModelForCausalLM.from_pretrained(
                source, dtype=torch.float32, local_files_only=True
            )
            if adapter:
                model = PeftModel.from_pretrained(model, weights).merge_and_unload(safe_merge=True)
    except (ValueError, RuntimeError, OSError, SafetensorError) as error:
        reason = str(error).splitlines()[0]
        raise ModelError(
            f"The weights in {weights or source} do not fit {base.name} ({reason}); train the experiment again."
        ) from error
    return model.eval(), stored
