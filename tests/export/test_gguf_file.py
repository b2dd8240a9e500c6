"""A GGUF export is read back and compared; what cannot be proven is refused."""

import pytest
import torch
from gguf import GGUFReader
from transformers import AutoModelForCausalLM, LlamaConfig

from ftdojo.errors import UsageError
from ftdojo.export import export_gguf, gguf_file
from ftdojo.export.gguf_file import splitter

BYTES = {"type": "ByteLevel", "use_regex": True}
DIGITS = {"type": "Digits", "individual_digits": True}


@pytest.fixture
def said_by(adapter, tiny, card, tmp_path, logits):
    """Export in a precision; return the record and the logits that plain transformers reads from the file."""

    def said(precision):
        found = export_gguf(adapter, tiny, to=tmp_path / "out", card=card, precision=precision)
        model = AutoModelForCausalLM.from_pretrained(
            found.path.parent, gguf_file=found.path.name, dtype=torch.float32
        )
        return found, logits(model)

    return said


def test_in_f32_it_says_what_the_adapter_says(said_by, trained, logits):
    found, said = said_by("f32")
    torch.testing.assert_close(said, logits(trained), atol=1e-4, rtol=1e-4)
    assert found.logit_difference < 1e-4


def test_in_f16_it_differs_by_rounding_and_says_by_how_much(said_by, trained, logits):
    found, said = said_by("f16")
    torch.testing.assert_close(said, logits(trained), atol=1e-2, rtol=1e-2)
    assert 0 < found.logit_difference < 0.01 * found.logit_scale
    page = (found.path.parent / "README.md").read_text()
    assert "matrices rounded to half precision" in page
    assert f"at most {found.logit_difference:.2g} from" in page


def test_what_rounding_costs_is_no_reason_to_refuse(trained, tiny, card, tmp_path):
    model = AutoModelForCausalLM.from_pretrained(tiny.path)
    for name, weight in model.named_parameters():
        if "norm" not in name:
            weight.data *= 8  # saturates attention and activations: small differences grow
    model.save_pretrained(tmp_path / "full")
    found = export_gguf(tmp_path / "full", tiny, to=tmp_path / "out", card=card)
    assert found.logit_difference > 0.05 * found.logit_scale


def test_tokens_template_and_shape_are_in_the_file(tiny, card, tmp_path):
    found = export_gguf(None, tiny, to=tmp_path / "out", card=card)
    reader = GGUFReader(found.path)
    read = {key: reader.get_field(key).contents() for key in reader.fields}
    assert read["tokenizer.ggml.tokens"][:4] == [
        "<|pad|>",
        "<|endoftext|>",
        "<|im_start|>",
        "<|im_end|>",
    ]
    assert read["tokenizer.ggml.token_type"][:5] == [3, 3, 3, 3, 1]
    assert (read["tokenizer.ggml.eos_token_id"], read["llama.context_length"]) == (3, 1024)
    assert read["tokenizer.chat_template"] == (tiny.path / "chat_template.jinja").read_text()


@pytest.mark.parametrize("tied", [True, False])
def test_a_head_of_its_own_is_written_too(tiny, card, tmp_path, tied, logits):
    model = AutoModelForCausalLM.from_pretrained(tiny.path, tie_word_embeddings=tied)
    if not tied:
        torch.nn.init.normal_(model.lm_head.weight, std=0.1)
    model.save_pretrained(tmp_path / "full")
    found = export_gguf(tmp_path / "full", tiny, to=tmp_path / "out", card=card, precision="f32")
    again = AutoModelForCausalLM.from_pretrained(
        found.path.parent, gguf_file=found.path.name, dtype=torch.float32
    )
    torch.testing.assert_close(logits(again), logits(model.eval()), atol=1e-5, rtol=1e-5)


def test_weights_too_large_for_f16_are_refused(tiny, card, tmp_path):
    model = AutoModelForCausalLM.from_pretrained(tiny.path)
    torch.nn.init.constant_(model.model.layers[0].mlp.down_proj.weight, 1e5)
    model.save_pretrained(tmp_path / "full")
    with pytest.raises(UsageError, match=r"mlp.down_proj.weight' does not fit into f16; export"):
        export_gguf(tmp_path / "full", tiny, to=tmp_path / "out", card=card)


@pytest.mark.parametrize(
    "changed",
    [
        {"model_type": "qwen2"},
        {"attention_bias": True},
        {"hidden_act": "gelu"},
        {"rope_parameters": {"rope_type": "linear", "factor": 2.0, "rope_theta": 1e4}},
    ],
)
def test_other_architectures_are_told_what_is_supported(changed):
    config = LlamaConfig(**{key: value for key, value in changed.items() if key != "model_type"})
    config.model_type = changed.get("model_type", "llama")
    with pytest.raises(
        UsageError, match=r"cannot be written as GGUF; supported is the plain Llama"
    ):
        gguf_file.refuse_unsupported(config)


def tokenizer(*steps, merges=("a b",), kind="BPE", normalizer=None):
    one = steps[0] if len(steps) == 1 else {"type": "Sequence", "pretokenizers": list(steps)}
    model = {"type": kind, "merges": list(merges)}
    return {"model": model, "pre_tokenizer": one, "normalizer": normalizer}


def test_ways_of_splitting_text_have_names():
    assert splitter(tokenizer(BYTES)) == "gpt-2"
    assert splitter(tokenizer(DIGITS, BYTES)) == "smollm"
    assert splitter(tokenizer(BYTES | {"use_regex": False}, merges=())) == "gpt-2"


@pytest.mark.parametrize(
    "content",
    [
        tokenizer(BYTES, kind="Unigram"),
        tokenizer({"type": "Metaspace"}),
        tokenizer(BYTES | {"use_regex": False}),
        tokenizer(DIGITS | {"individual_digits": False}, BYTES),
        tokenizer(BYTES, normalizer={"type": "NFC"}),
        tokenizer(BYTES) | {"pre_tokenizer": None},
    ],
)
def test_other_tokenizers_are_told_what_is_supported(content):
    with pytest.raises(UsageError, match="supported are the byte-level BPE of GPT-2 and that of"):
        splitter(content)
