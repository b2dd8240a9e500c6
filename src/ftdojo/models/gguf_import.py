"""A GGUF file turned into a plain model folder: safetensors, tokenizer and chat template.

Weights are stored in float32. The dequantised values of Q4_1 and Q8_0 are ``scale * integer (+ minimum)`` with 16-bit
scales, which need up to 19 bits of significand: float32 holds all of them, bfloat16 (8 bits) would round nearly all a second time.
"""

from pathlib import Path
from typing import Any

from ftdojo.errors import ModelError
from ftdojo.models.device import quiet

_PROBE = "Sum  12 and 345?\n\n7 Tabs\tand\u00a0caf\u00e9 \u4f60\u597d <|im_end|>"


def convert(gguf: Path, folder: Path) -> None:
    """Write the model in ``gguf`` into ``folder`` such that plain transformers loads it, offline.

    Raises:
        ModelError: the saved tokenizer does not split a probe text as the loaded one did.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = read_tokenizer(gguf)
    with quiet():
        model = AutoModelForCausalLM.from_pretrained(
            gguf.parent, gguf_file=gguf.name, dtype=torch.float32, local_files_only=True
        )
    # transformers takes a model that was read from GGUF for a quantised one, and refuses to save it.
    model.hf_quantizer = None
    model.is_quantized = False
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    tokenizer.model_max_length = model.config.max_position_embeddings
    with quiet():
        model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    again = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    if again(_PROBE)["input_ids"] != tokenizer(_PROBE)["input_ids"]:
        raise ModelError(
            f"The tokenizer of {gguf.name} did not survive saving; install transformers as in constraints.txt."
        )


def read_tokenizer(gguf: Path) -> Any:
    """Return the tokenizer in ``gguf`` as one of transformers that cuts text as the file says."""
    from transformers import AutoTokenizer

    with quiet():
        tokenizer = AutoTokenizer.from_pretrained(
            gguf.parent, gguf_file=gguf.name, local_files_only=True
        )
    _split_digits(tokenizer, gguf)
    return tokenizer


def _split_digits(tokenizer: Any, gguf: Path) -> None:
    """Make every digit a token of its own before anything else is split, where the GGUF says ``smollm``.

    transformers ignores ``tokenizer.ggml.pre``; without this, white space in front of a number is cut up differently
    than it was when the model was trained.
    """
    from gguf import GGUFReader
    from tokenizers import pre_tokenizers

    stated = GGUFReader(gguf).get_field("tokenizer.ggml.pre")
    if stated is None or stated.contents() != "smollm":
        return
    digits = pre_tokenizers.Digits(individual_digits=True)
    words = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence([digits, words])
