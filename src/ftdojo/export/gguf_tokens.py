"""The tokenizer's part of a GGUF file: vocabulary, merges, special tokens and chat template."""

import json
from pathlib import Path
from typing import Any

from ftdojo.errors import UsageError


def write_tokenizer(writer: Any, folder: Path, *, vocabulary: int) -> None:
    """Copy the tokenizer in ``folder`` into ``writer``, filled up with unused tokens to ``vocabulary`` entries.

    Raises:
        UsageError: it is not a byte-level BPE whose way of splitting text has a name in GGUF.
    """
    from gguf import GGUFValueType
    from transformers import AutoTokenizer

    loaded = AutoTokenizer.from_pretrained(folder, local_files_only=True)
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
