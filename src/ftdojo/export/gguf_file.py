"""Export as a GGUF file for llama.cpp and its kin, checked by reading it back.

Only the Llama architecture with a byte-level BPE tokenizer is written: what is written is proven, the rest is refused.

The tokenizer's part is vocabulary, merges, special tokens and chat template.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ftdojo.errors import UsageError
from ftdojo.export.card import ExportCard, write_card
from ftdojo.export.folders import load_merged, writing
from ftdojo.export.gguf_check import check_tokenizer, check_weights
from ftdojo.export.snippets import gguf_usage
from ftdojo.models import LocalModel, load_tokenizer


def write_tokenizer(writer: Any, folder: Path, *, vocabulary: int) -> None:
    """Copy the tokenizer in ``folder`` into ``writer``, filled up with unused tokens to ``vocabulary`` entries.

    Raises:
        UsageError: it is not a byte-level BPE whose way of splitting text has a name in GGUF.
    """
    from gguf import GGUFValueType

    loaded = load_tokenizer(folder)
    content = json.loads(loaded.backend_tokenizer.to_str())
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(splitter(content))
    writer.add_add_space_prefix(False)
    writer.add_add_bos_token(loaded("x")["input_ids"][:1] == [loaded.bos_token_id])
    tokens, types = _tokens(content, vocabulary)
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    # Its own method leaves an empty list out, and llama.cpp refuses a file without the key.
    key, merges = "tokenizer.ggml.merges", _merges(content)
    writer.add_key_value(key, merges, GGUFValueType.ARRAY, GGUFValueType.STRING)
    for role in ("bos", "eos", "unk", "pad"):
        if (number := getattr(loaded, f"{role}_token_id")) is not None:
            getattr(writer, f"add_{role}_token_id")(number)
    if loaded.chat_template:
        writer.add_chat_template(loaded.chat_template)


def open_writer(file: Path) -> Any:
    """Return a writer of a Llama model's GGUF file that writes empty lists, too."""
    from gguf import GGUFValueType, GGUFWriter

    class Writer(GGUFWriter):  # type: ignore[misc]  # the library has no types
        def _pack_val(self, val: Any, vtype: Any, add_vtype: bool, sub_type: Any = None) -> bytes:
            if vtype != GGUFValueType.ARRAY or val:
                return bytes(super()._pack_val(val, vtype, add_vtype, sub_type))
            kinds = (vtype, sub_type) if add_vtype else (sub_type,)
            return bytes(b"".join(self._pack("I", kind) for kind in kinds) + self._pack("Q", 0))

    return Writer(file, "llama")


def splitter(content: dict[str, Any]) -> str:
    """Return GGUF's name for the way the tokenizer in ``content`` (a tokenizer.json) splits text before merging.

    Raises:
        UsageError: it has none that is known here.
    """
    step = content["pre_tokenizer"] or {}
    steps = step.get("pretokenizers", [step])
    kinds = [each.get("type") for each in steps]
    digits = kinds == ["Digits", "ByteLevel"] and steps[0]["individual_digits"]
    whole = not content["model"].get(
        "merges"
    )  # without merges every byte is a token, however text is split
    known = (kinds == ["ByteLevel"] or digits) and (whole or steps[-1].get("use_regex", True))
    if content["model"]["type"] != "BPE" or not known or content["normalizer"]:
        raise UsageError(
            f"A {content['model']['type']} tokenizer that splits text by {kinds} cannot be written as GGUF; supported "
            "are the byte-level BPE of GPT-2 and that of SmolLM2. Export it merged, and convert that with llama.cpp."
        )
    return "smollm" if digits else "gpt-2"


def _tokens(content: dict[str, Any], vocabulary: int) -> tuple[list[str], list[int]]:
    """Return tokens by number, and their types as GGUF counts them."""
    from gguf import TokenType

    by_number = {number: token for token, number in content["model"]["vocab"].items()}
    types = dict.fromkeys(by_number, TokenType.NORMAL)
    for added in content["added_tokens"]:
        by_number[added["id"]] = added["content"]
        types[added["id"]] = TokenType.CONTROL if added["special"] else TokenType.USER_DEFINED
    numbers = range(max(vocabulary, max(by_number) + 1))
    tokens = [by_number.get(number, f"[UNUSED{number}]") for number in numbers]
    return tokens, [int(types.get(number, TokenType.UNUSED)) for number in numbers]


def _merges(content: dict[str, Any]) -> list[str]:
    pairs = content["model"]["merges"]
    return [pair if isinstance(pair, str) else " ".join(pair) for pair in pairs]


Precision = Literal["f16", "f32"]
_USAGE = """
`{file}` runs in llama.cpp and its kin. Its weights are those of the merged float32 model{rounded}: read back, every one
of them was compared, and so was every token. Over a probe text its logits differ by at most {cost.difference:.2g} from
those of the float32 model, where their standard deviation is {cost.scale:.2g}.
"""

_LARGEST_F16 = 65504.0

_BLOCK = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
_OUTER = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}


@dataclass(frozen=True, kw_only=True)
class GgufExport:
    """A written GGUF file that holds the model's weights, rounded to its format, and the model's tokenizer exactly.

    ``logit_difference`` is what that rounding costs: the largest absolute difference between the logits of the file and
    those of the float32 model, over a probe text; ``logit_scale`` is the standard deviation of the latter.
    """

    path: Path
    logit_difference: float
    logit_scale: float


def export_gguf(
    weights: Path | None,
    base: LocalModel,
    *,
    to: Path,
    card: ExportCard,
    precision: Precision = "f16",
) -> GgufExport:
    """Write ``model-<precision>.gguf`` and a model card into the new folder ``to``, and read the file back.

    Raises:
        UsageError: ``to`` is not empty, or the architecture or the tokenizer is not supported.
        ModelError: the file read back holds other weights or another tokenizer, or the disk refuses it.
    """
    with writing(to) as fresh:
        model, _ = load_merged(weights, base)
        refuse_unsupported(model.config)
        file = fresh / f"model-{precision}.gguf"
        _write(file, model, base, precision)
        check_tokenizer(file, base.path)
        cost = check_weights(file, model, narrow=precision == "f16")
        rounded = ", matrices rounded to half precision" if precision == "f16" else ""
        usage = _USAGE.format(file=file.name, rounded=rounded, cost=cost)
        asking = gguf_usage(file.name, card.asked)
        write_card(fresh, card, base, form="gguf", usage=f"{usage}\n\n{asking}")
    return GgufExport(path=to / file.name, logit_difference=cost.difference, logit_scale=cost.scale)


def refuse_unsupported(config: Any) -> None:
    """Refuse every architecture whose layout in GGUF is not written here.

    Raises:
        UsageError: it is none we write; the message names what is.
    """
    head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    rope = (getattr(config, "rope_parameters", None) or {}).get("rope_type", "default")
    plain = (
        config.model_type == "llama"
        and config.hidden_act == "silu"
        and rope == "default"
        and not config.attention_bias
        and not config.mlp_bias
        and head * config.num_attention_heads == config.hidden_size
    )
    if not plain:
        raise UsageError(
            f"A {config.model_type!r} model with {rope!r} rotary embeddings and {config.hidden_act!r} activations cannot "
            "be written as GGUF; supported is the plain Llama architecture (SmolLM2 and its like). Export it merged, and convert that with llama.cpp."
        )


def _write(file: Path, model: Any, base: LocalModel, precision: Precision) -> None:
    from gguf import LlamaFileType

    writer = open_writer(file)
    writer.add_type("model")
    writer.add_name(base.name)
    writer.add_license(base.licence)
    writer.add_file_type(LlamaFileType.MOSTLY_F16 if precision == "f16" else LlamaFileType.ALL_F32)
    _write_shape(writer, model.config)
    write_tokenizer(writer, base.path, vocabulary=model.config.vocab_size)
    for name, values in _tensors(model, precision):
        writer.add_tensor(name, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _write_shape(writer: Any, config: Any) -> None:
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)
    writer.add_rope_dimension_count(config.hidden_size // config.num_attention_heads)


def _tensors(model: Any, precision: Precision) -> Iterator[tuple[str, Any]]:
    """Yield each weight under its GGUF name; matrices in ``precision``, vectors in float32 as llama.cpp wants them."""
    import numpy as np

    config = model.config
    heads = {"attn_q": config.num_attention_heads, "attn_k": config.num_key_value_heads}
    for name, tensor in model.state_dict().items():
        if name == "lm_head.weight" and config.tie_word_embeddings:
            continue
        new, values = _rename(name.removesuffix(".weight")), tensor.float().numpy()
        if part := heads.get(new.rpartition(".")[2]):
            values = _interleave(values, part)
        narrow = precision == "f16" and values.ndim > 1
        if narrow and float(np.abs(values).max()) > _LARGEST_F16:
            raise UsageError(f"The tensor {name!r} does not fit into f16; export it as f32.")
        yield f"{new}.weight", values.astype(np.float16 if narrow else np.float32)


def _rename(name: str) -> str:
    if name in _OUTER:
        return _OUTER[name]
    _, _, layer, part = name.split(".", 3)
    return f"blk.{layer}.{_BLOCK[part]}"


def _interleave(values: Any, heads: int) -> Any:
    """Reorder the rows of each head: GGUF's llama rotates neighbouring rows, transformers rotates row i with i + d/2."""
    halves = values.reshape(heads, 2, -1, values.shape[1])
    return halves.swapaxes(1, 2).reshape(values.shape)
