"""Making a base model trainable and giving it back untouched: LoRA by PEFT, or every weight."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from ftdojo.errors import SubmissionRefused
from ftdojo.models import load_model
from ftdojo.records import Weights
from ftdojo.submissions import TrainConfig


@contextmanager
def refusals() -> Iterator[None]:
    """Take a ``ValueError`` for a refusal of the configuration; to be put around nothing but the call that judges it.

    Raises:
        SubmissionRefused: the library refuses; the message is the first line of its own.
    """
    try:
        yield
    except ValueError as error:
        said = str(error).strip().splitlines() or [type(error).__name__]
        raise SubmissionRefused(said[0]) from error


def lora_config(config: TrainConfig) -> Any:
    """Translate a submission's options to PEFT's ``LoraConfig``."""
    from peft import LoraConfig

    modules, layers = config.target_modules, config.layers_to_transform
    return LoraConfig(
        r=config.r,
        lora_alpha=config.lora_alpha,
        lora_dropout=config.lora_dropout,
        target_modules=modules if isinstance(modules, str) else list(modules),
        layers_to_transform=list(layers) if layers else None,
        use_rslora=config.use_rslora,
        use_dora=config.use_dora,
        task_type="CAUSAL_LM",
    )


@contextmanager
def trainable(
    base: Any, config: TrainConfig, *, folder: Path, start: Weights | None = None
) -> Iterator[Any]:
    """Yield a model to train; afterwards ``base`` is as it was, to the bit.

    LoRA wraps the warm base, whose own weights stay frozen; the adapter's are float32. ``full`` trains a fresh float32
    copy read from ``folder``, because bfloat16 weights lose small updates. With ``start`` the weights to train are those of
    an earlier training of this kind, to the bit.

    Raises:
        SubmissionRefused: ``target_modules`` or ``layers_to_transform`` name nothing in this model, or what no adapter fits;
            ``start`` is of another shape.
    """
    torch.manual_seed(config.seed)
    if config.method == "full":
        found = start.path if start else folder
        yield load_model(found, dtype=torch.float32).to(base.device)
        return
    from peft import get_peft_model

    base.requires_grad_(False)
    _refuse_tied(base, config)
    try:
        with refusals():
            wrapped = get_peft_model(base, lora_config(config))
        for weight in wrapped.parameters():
            if weight.requires_grad:
                weight.data = weight.data.float()
        if start:
            _go_on(wrapped, start)
        yield wrapped
    finally:
        release(base)


def _go_on(model: Any, start: Weights) -> None:
    """Give the new adapter the numbers of an earlier one; each of them has to have its place."""
    from peft import get_peft_model_state_dict, set_peft_model_state_dict
    from safetensors.torch import load_file

    kept = load_file(start.path / "adapter_model.safetensors")
    own = get_peft_model_state_dict(model, save_embedding_layers=False)
    if {name: each.shape for name, each in kept.items()} != {
        name: each.shape for name, each in own.items()
    }:
        raise SubmissionRefused(
            "start_from: its adapter has other layers or another rank; leave out r and target_modules, or start from base."
        )
    set_peft_model_state_dict(model, kept)


def release(base: Any) -> None:
    """Take an adapter's layers out of ``base``, their updates unused.

    PEFT's own ``unload`` needs the wrapped model, which is never returned where PEFT refuses a layer half-way.
    """
    from peft.tuners.tuners_utils import BaseTunerLayer

    for name, module in list(base.named_modules()):
        if isinstance(module, BaseTunerLayer):
            parent, _, last = name.rpartition(".")
            setattr(base.get_submodule(parent), last, module.base_layer)
    if hasattr(base, "peft_config"):
        del base.peft_config


def _refuse_tied(base: Any, config: TrainConfig) -> None:
    """Refuse an adapter on a weight that two layers share: merging it would change the other layer as well."""
    inner, outer = base.get_input_embeddings(), base.get_output_embeddings()
    if config.target_modules == "all-linear" or outer is None or inner.weight is not outer.weight:
        return
    names = {
        name.rpartition(".")[2] for name, each in base.named_modules() if each in (inner, outer)
    }
    tied = sorted(name for name in config.target_modules if name.rpartition(".")[2] in names)
    if tied:
        raise SubmissionRefused(
            f"target_modules names {tied[0]}, whose weights this model shares between its first and its last layer; "
            "leave it out."
        )


def save(model: Any, to: Path, *, tokenizer: Any, base_name: str) -> None:
    """Write an adapter (or, after full training, a model) that plain PEFT or transformers load; safetensors only."""
    if not hasattr(model, "peft_config"):
        model.save_pretrained(to)
        tokenizer.save_pretrained(to)
        return
    for each in model.peft_config.values():
        each.base_model_name_or_path = base_name
    model.save_pretrained(to, save_embedding_layers=False)  # or PEFT asks the hub about the base
    (to / "README.md").unlink(missing_ok=True)  # PEFT's empty model card; export writes a true one
