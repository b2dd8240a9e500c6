"""The check of a GGUF file turns red over whatever can be wrong in it, one fault at a time."""

import shutil

import numpy as np
import pytest
from gguf import GGUFReader
from transformers import AutoModelForCausalLM, AutoTokenizer

from ftdojo.errors import ModelError
from ftdojo.export import export_gguf
from ftdojo.export.gguf_check import check_tokenizer, check_weights

ASIDE = r"export it merged instead and report this\.$"


@pytest.fixture(scope="module")
def sound(tiny, card, tmp_path_factory):
    to = tmp_path_factory.mktemp("sound") / "out"
    return export_gguf(None, tiny, to=to, card=card).path


@pytest.fixture
def file(sound, tmp_path):
    """A sound file of one's own, to be damaged."""
    return shutil.copyfile(sound, tmp_path / "model-f16.gguf")


@pytest.fixture
def model(tiny):
    return AutoModelForCausalLM.from_pretrained(tiny.path).eval()


def tensors(file):
    return {each.name: each for each in GGUFReader(file, "r+").tensors}


def set_value(file, key, value):
    field = GGUFReader(file, "r+").get_field(key)
    field.parts[field.data[0]][...] = value


def test_a_sound_file_passes(file, model, tiny):
    check_tokenizer(file, tiny.path)
    cost = check_weights(file, model, narrow=True)
    assert 0 < cost.difference < 0.01 * cost.scale


@pytest.mark.parametrize("name", ["blk.0.attn_q.weight", "blk.2.attn_k.weight"])
def test_heads_in_another_order_are_seen(file, model, name):
    rows = tensors(file)[name].data
    rows[:] = np.concatenate([rows[len(rows) // 2 :], rows[: len(rows) // 2]])
    with pytest.raises(ModelError, match=rf"other values for the tensor .*self_attn.*{ASIDE}"):
        check_weights(file, model, narrow=True)


def test_rows_that_are_not_interleaved_are_seen(file, model):
    weights = model.model.layers[1].self_attn.q_proj.weight.detach().numpy()
    tensors(file)["blk.1.attn_q.weight"].data[:] = weights
    with pytest.raises(ModelError, match=r"other values for the tensor .*layers\.1\.self_attn\.q_"):
        check_weights(file, model, narrow=True)


def test_two_swapped_names_are_seen(file, model):
    found = tensors(file)
    one, other = (found[f"blk.0.attn_{part}.weight"].field.parts[1] for part in "kv")
    one[:], other[:] = other.copy(), one.copy()
    with pytest.raises(ModelError, match=r"other values for the tensor .*self_attn\.[kv]_proj"):
        check_weights(file, model, narrow=True)


def test_a_single_number_that_is_off_by_its_last_bit_is_seen(file, model):
    numbers = tensors(file)["token_embd.weight"].data
    numbers[7, 7] = np.nextafter(numbers[7, 7], np.float16(9))
    with pytest.raises(
        ModelError, match=r"other values for the tensor 'model.embed_tokens.weight'"
    ):
        check_weights(file, model, narrow=True)


def test_a_tensor_under_a_name_that_nobody_knows_is_seen(file, model):
    tensors(file)["blk.0.attn_norm.weight"].field.parts[1][-1] = ord("x")
    with pytest.raises(
        ModelError, match=r"lacks the tensor 'model.layers.0.input_layernorm.weight'"
    ):
        check_weights(file, model, narrow=True)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("llama.attention.layer_norm_rms_epsilon", 0.1, "gives other logits than the same weights"),
        ("llama.rope.freq_base", 100.0, "gives other logits than the same weights do"),
        ("llama.context_length", 77, r"max_position_embeddings = 77 .*1024"),
    ],
)
def test_a_wrong_shape_is_seen(file, model, key, value, said):
    set_value(file, key, value)
    with pytest.raises(ModelError, match=f"{said}.*{ASIDE}"):
        check_weights(file, model, narrow=True)


@pytest.mark.parametrize("changed", [{"special_tokens": True}, {}])
def test_a_missing_token_is_seen(file, tiny, tmp_path, changed):
    mine = shutil.copytree(tiny.path, tmp_path / "mine")
    tokenizer = AutoTokenizer.from_pretrained(mine)
    tokenizer.add_tokens(["<|more|>"], **changed)
    tokenizer.save_pretrained(mine)
    with pytest.raises(ModelError, match=rf"has another token 260 than '<|more|>'; {ASIDE}"):
        check_tokenizer(file, mine)


def test_two_swapped_tokens_are_seen(file, tiny):
    field = GGUFReader(file, "r+").get_field("tokenizer.ggml.tokens")
    one, other = field.parts[field.data[70]], field.parts[field.data[71]]
    one[:], other[:] = other.copy(), one.copy()
    with pytest.raises(ModelError, match=r"has another token 70 than '.'; "):
        check_tokenizer(file, tiny.path)


def test_a_special_token_that_is_marked_as_text_is_seen(file, tiny):
    field = GGUFReader(file, "r+").get_field("tokenizer.ggml.token_type")
    field.parts[field.data[2]][...] = 1
    with pytest.raises(ModelError, match=r"marks other tokens as special: \[2\]"):
        check_tokenizer(file, tiny.path)


@pytest.mark.parametrize(("role", "said"), [("eos", "eos"), ("bos", "bos"), ("padding", "pad")])
def test_a_wrong_special_number_is_seen(file, tiny, role, said):
    set_value(file, f"tokenizer.ggml.{role}_token_id", 2)
    with pytest.raises(ModelError, match=rf"has 2 for the {said} token .* \d"):
        check_tokenizer(file, tiny.path)


def test_another_chat_template_is_seen(file, tiny):
    set_value(file, "tokenizer.chat_template", ord("x"))
    with pytest.raises(ModelError, match="has another chat template"):
        check_tokenizer(file, tiny.path)


def test_text_that_is_cut_otherwise_is_seen(file, tiny):
    set_value(file, "tokenizer.ggml.add_bos_token", True)
    with pytest.raises(ModelError, match="into other tokens"):
        check_tokenizer(file, tiny.path)
