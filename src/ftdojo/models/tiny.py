"""``tiny``: a random-weight Llama of a third of a million parameters with a byte-level tokenizer, for tests and first steps.

It is written with numpy alone, so it is there in a fraction of a second. The numbers come from integer-based uniform
draws with a fixed seed, hence the same digest on every machine. It knows nothing and can be taught simple things.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NAME = "tiny"
LICENCE = "apache-2.0"
REVISION = "made-by-ftdojo-v1"
SEED = 20240229
SPECIALS = ("<|pad|>", "<|endoftext|>", "<|im_start|>", "<|im_end|>")
VOCABULARY = len(SPECIALS) + 256
HIDDEN, INNER, LAYERS, HEADS, KV_HEADS = 96, 256, 3, 4, 2
CONTEXT = 1024
PARAMS = 329_760
CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)


def make(folder: Path) -> None:
    """Write the model, its tokenizer and its chat template into ``folder``."""
    from safetensors.numpy import save_file

    save_file(_weights(), folder / "model.safetensors", metadata={"format": "pt"})
    _write(folder / "config.json", _config())
    _write(folder / "generation_config.json", _special_ids())
    _write(folder / "tokenizer_config.json", _tokenizer_config())
    (folder / "chat_template.jinja").write_text(CHAT_TEMPLATE, encoding="utf8")
    _save_tokenizer(folder / "tokenizer.json")


def _weights() -> "dict[str, NDArray[np.float32]]":
    """Draw all weights; a layer's input is normed, so a scale of 1/sqrt(inputs) keeps every signal near one."""
    import numpy as np

    rng = np.random.Generator(np.random.PCG64(SEED))
    head = HIDDEN // HEADS

    def draw(rows: int, columns: int, scale: float = 1.0) -> "NDArray[np.float32]":
        side = (
            scale * (3.0 / columns) ** 0.5
        )  # a uniform draw of this half-width has the variance scale²/columns
        drawn: NDArray[np.float32] = ((rng.random((rows, columns)) * 2 - 1) * side).astype(
            np.float32
        )
        return drawn

    ones = np.ones(HIDDEN, dtype=np.float32)
    found = {"model.embed_tokens.weight": draw(VOCABULARY, HIDDEN), "model.norm.weight": ones}
    for layer in range(LAYERS):
        at = f"model.layers.{layer}."
        found[at + "input_layernorm.weight"] = ones
        found[at + "post_attention_layernorm.weight"] = ones
        found[at + "self_attn.q_proj.weight"] = draw(HEADS * head, HIDDEN)
        found[at + "self_attn.k_proj.weight"] = draw(KV_HEADS * head, HIDDEN)
        found[at + "self_attn.v_proj.weight"] = draw(KV_HEADS * head, HIDDEN)
        found[at + "self_attn.o_proj.weight"] = draw(HIDDEN, HEADS * head, _BRANCH)
        found[at + "mlp.gate_proj.weight"] = draw(INNER, HIDDEN)
        found[at + "mlp.up_proj.weight"] = draw(INNER, HIDDEN)
        found[at + "mlp.down_proj.weight"] = draw(HIDDEN, INNER, _BRANCH)
    return found


_BRANCH = 0.1
"""What leaves a layer is scaled down to the size of an embedding row, or random layers would drown the token."""


def _special_ids() -> dict[str, Any]:
    return {
        "bos_token_id": SPECIALS.index("<|endoftext|>"),
        "eos_token_id": SPECIALS.index("<|im_end|>"),
        "pad_token_id": SPECIALS.index("<|pad|>"),
    }


def _config() -> dict[str, Any]:
    return _special_ids() | {
        "architectures": ["LlamaForCausalLM"],
        "attention_bias": False,
        "attention_dropout": 0.0,
        "dtype": "float32",
        "hidden_act": "silu",
        "hidden_size": HIDDEN,
        "initializer_range": 0.02,
        "intermediate_size": INNER,
        "max_position_embeddings": CONTEXT,
        "mlp_bias": False,
        "model_type": "llama",
        "num_attention_heads": HEADS,
        "num_hidden_layers": LAYERS,
        "num_key_value_heads": KV_HEADS,
        "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0,
        "tie_word_embeddings": True,
        "use_cache": True,
        "vocab_size": VOCABULARY,
    }


def _tokenizer_config() -> dict[str, Any]:
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": "<|endoftext|>",
        "eos_token": "<|im_end|>",
        "pad_token": "<|pad|>",
        "clean_up_tokenization_spaces": False,
        "model_max_length": CONTEXT,
    }


def _save_tokenizer(file: Path) -> None:
    """Write a tokenizer whose tokens are the 256 bytes and the special ones: no merges."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: index for index, token in enumerate((*SPECIALS, *alphabet))}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in SPECIALS])
    tokenizer.save(str(file))


def _write(file: Path, content: dict[str, Any]) -> None:
    file.write_text(json.dumps(content, indent=2) + "\n", encoding="utf8")
