"""Loading base models and tokenizers with transformers: from this disk, as data. No code of a model is ever run."""

from pathlib import Path
from typing import Any

from ftdojo.errors import ModelError
from ftdojo.models.device import out_of_memory, quiet
from ftdojo.models.local import read_config

AS_DATA: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
_FAULTS = (
    OSError,
    ValueError,
    ImportError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RuntimeError,
)
"""What transformers raises for files that it does not take."""


def load_tokenizer(folder: Path) -> Any:
    """Return the tokenizer in ``folder``.

    Raises:
        ModelError: it cannot be loaded.
    """
    from transformers import AutoTokenizer

    try:
        with quiet():
            return AutoTokenizer.from_pretrained(folder, **AS_DATA)
    except _FAULTS as error:
        raise ModelError(
            f"The tokenizer in {folder} cannot be loaded ({_reason(error)}); get the model again, tokenizer included."
        ) from error


def load_model(folder: Path, *, dtype: Any) -> Any:
    """Return the causal language model in ``folder``, held in ``dtype``.

    Raises:
        ModelError: it cannot be loaded.
    """
    from transformers import AutoModelForCausalLM

    try:
        with quiet():
            return AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, **AS_DATA)
    except _FAULTS as error:
        if out_of_memory(error):
            raise
        raise ModelError(
            f"The model in {folder} cannot be loaded ({_reason(error)}); get it again, or choose another."
        ) from error


def require_loadable(folder: Path, name: str) -> None:
    """Refuse a model that transformers cannot load from its weights alone.

    Raises:
        ModelError: an architecture that transformers does not know or that writes no text, a model with code of its own,
            or a folder in which an adapter lies beside the model: transformers would load what the adapter names.
    """
    from transformers import CONFIG_MAPPING
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

    config = read_config(folder)
    kind = config.get("model_type")
    known = kind if isinstance(kind, str) else ""  # a list has no place in a mapping
    if known not in CONFIG_MAPPING and "auto_map" in config:
        raise ModelError(
            f"{name} runs only with code of its own (model_type {kind!r}), which ftdojo never runs; "
            "choose a model that transformers knows."
        )
    if known not in CONFIG_MAPPING:
        raise ModelError(
            f"transformers does not know the model_type {kind!r} of {name}; choose a model that it knows, or install a "
            "newer transformers."
        )
    if known not in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES:
        raise ModelError(
            f"{name} is not a causal language model (model_type {kind!r}); choose one that continues text."
        )
    if (folder / "adapter_config.json").is_file():
        raise ModelError(
            f"{folder} holds an adapter (adapter_config.json) beside a model; merge the two, or move the adapter away."
        )


def _reason(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
