"""Every architecture writes and learns what it does row by row in plain transformers, by whatever shortcut it stands.

The models are tiny and random, with weights large enough for attention to matter. Windows are shorter than the rows.
"""

from typing import get_args

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM, BertConfig, BertLMHeadModel

from ftdojo.errors import ModelError
from ftdojo.inference.engine import AHEAD, generate
from ftdojo.records import Answering, Decoding, Shortcuts
from ftdojo.training.encode import Encoded, pack
from ftdojo.training.forward import collate, loss_sum, shared_start
from ftdojo.worker.shortcuts import rotation_limit, shortcuts_of, window_of

torch.set_num_threads(1)  # a second thread only waits at so small a size
VOCABULARY, CAP = 64, 6
WIDE = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
OLD = WIDE | {"intermediate_size": 64, "max_position_embeddings": 256}
NEW = OLD | {"num_key_value_heads": 2}
HEAD = NEW | {"head_dim": 8}
GPT = {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 256}
ROTARY = GPT | {"rotary_dim": 4}
WINDOW = {"sliding_window": 16}
MIXED = WINDOW | {"layer_types": ["sliding_attention", "full_attention"]}
EXPERTS = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 32}
SHARED_EXPERTS = EXPERTS | {"shared_expert_intermediate_size": 32}
LOCAL = {"num_local_experts": 4, "num_experts_per_tok": 2}
STATE = {"mamba_n_heads": 8, "mamba_d_head": 8, "mamba_d_state": 8}
LINEAR = {
    "layer_types": ["linear_attention", "full_attention"],
    "linear_num_key_heads": 2,
    "linear_num_value_heads": 4,
    "linear_key_head_dim": 8,
    "linear_value_head_dim": 8,
}
LONG = {
    "rope_type": "longrope",
    "rope_theta": 10000.0,
    "long_factor": [4.0] * 4,
    "short_factor": [1.0] * 4,
    "original_max_position_embeddings": 32,
}
SHARED, WINDOWED = Shortcuts(), Shortcuts(answering="batched", window=16)
UNPACKED, HYBRID = (
    Shortcuts(packing=False),
    Shortcuts(answering="batched", shared_start=False, packing=False),
)
PLAIN, SINGLE = (
    Shortcuts(answering=way, shared_start=False, packing=False) for way in ("plain", "single")
)

QUICK = {
    "mistral with a window": ("mistral", NEW | WINDOW, WINDOWED),
    "mpt": (
        "mpt",
        {"d_model": 32, "n_heads": 4, "n_layers": 2},
        Shortcuts(answering="batched", packing=False),
    ),
    "qwen3.5": ("qwen3_5_text", HEAD | LINEAR, HYBRID),
    "mamba": ("mamba", {"hidden_size": 32, "num_hidden_layers": 2, "state_size": 8}, PLAIN),
    "rwkv": ("rwkv", {"hidden_size": 32, "num_hidden_layers": 2, "context_length": 256}, SINGLE),
}
SLOW = {
    "llama": ("llama", NEW, SHARED),
    "mistral": ("mistral", NEW | {"sliding_window": None}, SHARED),
    "qwen2": ("qwen2", NEW, SHARED),
    "qwen3": ("qwen3", HEAD, SHARED),
    "phi3": ("phi3", NEW, SHARED),
    "smollm3": ("smollm3", NEW, SHARED),
    "gemma": ("gemma", HEAD, SHARED),
    "gpt2": ("gpt2", GPT, SHARED),
    "gpt-neox": ("gpt_neox", OLD, SHARED),
    "gpt-j": ("gptj", ROTARY, SHARED),
    "codegen": ("codegen", ROTARY, SHARED),
    "gpt-bigcode": ("gpt_bigcode", GPT, SHARED),
    "phi": ("phi", OLD, SHARED),
    "persimmon": ("persimmon", OLD, SHARED),
    "stablelm": ("stablelm", NEW, SHARED),
    "olmo": ("olmo", NEW, SHARED),
    "olmo2": ("olmo2", NEW, SHARED),
    "cohere": ("cohere", NEW, SHARED),
    "granite": ("granite", NEW | {"logits_scaling": 8.0, "embedding_multiplier": 12.0}, SHARED),
    "starcoder2": ("starcoder2", NEW | {"sliding_window": None}, SHARED),
    "qwen2-moe": ("qwen2_moe", NEW | SHARED_EXPERTS, SHARED),
    "qwen3-moe": ("qwen3_moe", HEAD | EXPERTS, SHARED),
    "mixtral": ("mixtral", NEW | LOCAL, SHARED),
    "ctrl": ("ctrl", GPT | {"dff": 64}, SHARED),
    "opt": ("opt", WIDE | {"ffn_dim": 64, "word_embed_proj_dim": 32}, UNPACKED),
    "falcon": ("falcon", WIDE, UNPACKED),
    "falcon with alibi": ("falcon", WIDE | {"alibi": True}, UNPACKED),
    "bloom": ("bloom", {"hidden_size": 32, "n_layer": 2, "n_head": 4}, UNPACKED),
    "xglm": (
        "xglm",
        {"d_model": 32, "ffn_dim": 64, "num_layers": 2, "attention_heads": 4},
        UNPACKED,
    ),
    "biogpt": ("biogpt", OLD, UNPACKED),
    "qwen2 with its window": (
        "qwen2",
        NEW | WINDOW | {"use_sliding_window": True, "max_window_layers": 0},
        WINDOWED,
    ),
    "gemma2": ("gemma2", HEAD | WINDOW, WINDOWED),
    "gemma3": ("gemma3_text", HEAD | WINDOW, WINDOWED),
    "gemma4": ("gemma4_text", HEAD | WINDOW, WINDOWED),
    "ministral": ("ministral", HEAD | MIXED, WINDOWED),
    "olmo3": ("olmo3", NEW | MIXED, WINDOWED),
    "cohere2": ("cohere2", NEW | MIXED, WINDOWED),
    "gpt-oss": (
        "gpt_oss",
        HEAD | LOCAL | MIXED,
        Shortcuts(answering="batched", window=16, packing=False),
    ),
    "gpt-neo": (
        "gpt_neo",
        {
            "hidden_size": 32,
            "num_layers": 2,
            "num_heads": 4,
            "attention_types": [[["global", "local"], 1]],
            "window_size": 16,
        },
        WINDOWED,
    ),
    "llama4": (
        "llama4_text",
        HEAD | {"attention_chunk_size": 16, "num_local_experts": 2, "intermediate_size_mlp": 64},
        WINDOWED,
    ),
    "phi3 with long rotations": (
        "phi3",
        NEW | {"rope_parameters": LONG, "original_max_position_embeddings": 32},
        Shortcuts(apart=32),
    ),
    "mamba2": (
        "mamba2",
        {
            "hidden_size": 32,
            "num_hidden_layers": 2,
            "state_size": 8,
            "num_heads": 8,
            "head_dim": 8,
            "n_groups": 1,
        },
        PLAIN,
    ),
    "openai-gpt": ("openai-gpt", GPT, PLAIN),
    "recurrent-gemma": (
        "recurrent_gemma",
        WIDE
        | {
            "num_hidden_layers": 3,
            "intermediate_size": 64,
            "lru_width": 32,
            "attention_window_size": 16,
        },
        Shortcuts(answering="plain", window=16, shared_start=False, packing=False),
    ),
    "falcon-h1": ("falcon_h1", NEW | STATE | {"mamba_d_ssm": 64}, HYBRID),
    "bamba": ("bamba", NEW | STATE | {"attn_layer_indices": [1]}, HYBRID),
    "granite4": (
        "granitemoehybrid",
        NEW
        | LOCAL
        | STATE
        | {"shared_intermediate_size": 32, "layer_types": ["mamba", "attention"]},
        HYBRID,
    ),
    "nemotron-h": (
        "nemotron_h",
        NEW
        | {
            "layers_block_type": ["mamba", "attention"],
            "mamba_num_heads": 8,
            "mamba_head_dim": 8,
            "ssm_state_size": 8,
            "n_groups": 1,
        },
        HYBRID,
    ),
    "jamba": (
        "jamba",
        NEW
        | {
            "num_experts": 2,
            "num_experts_per_tok": 1,
            "attn_layer_period": 2,
            "attn_layer_offset": 1,
            "expert_layer_period": 2,
            "expert_layer_offset": 1,
            "use_mamba_kernels": False,
        },
        HYBRID,
    ),
    "lfm2": ("lfm2", NEW | {"layer_types": ["conv", "full_attention"]}, HYBRID),
    "qwen3-next": ("qwen3_next", HEAD | LINEAR | SHARED_EXPERTS, HYBRID),
}
EVERY = QUICK | SLOW
NAMES = [*QUICK, *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW)]
PROMPTS = [[*range(20, 34), *range(40, 40 + more)] for more in (2, 19, 9, 5)]
"""Prompts that begin alike, two of them longer than a window with their answers and the others not."""


def made(kind, settings):
    torch.manual_seed(0)
    ids = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
    config = AutoConfig.for_model(kind, **{"vocab_size": VOCABULARY, **ids, **settings})
    return strengthened(AutoModelForCausalLM.from_config(config).float())


def strengthened(model):
    for weight in model.parameters():
        weight.data *= 3.0 if weight.ndim > 1 else 1.0
    return model.eval().requires_grad_(False)


class Letters:
    """A tokenizer whose tokens are numbers and whose template is none: a prompt's one turn holds its tokens."""

    name_or_path, eos_token_id = "letters", None

    def apply_chat_template(self, turns, **_):
        return turns[0]["content"]

    def decode(self, ids, **_):
        return " ".join(map(str, ids))

    def convert_ids_to_tokens(self, token):
        return f"<{token}>"


@pytest.fixture(scope="module")
def model():
    """Return the model of a name; the last one is kept."""
    kept = {}

    def named(name):
        if name not in kept:
            kept.clear()
            kept[name] = made(*EVERY[name][:2])
        return kept[name]

    return named


def asked(prompts):
    return [[{"role": "user", "content": prompt}] for prompt in prompts]


def plainly(model, prompt):
    """The oracle of generation: transformers, one prompt, greedy."""
    ids = torch.tensor([prompt])
    given = {"max_new_tokens": CAP, "do_sample": False, "eos_token_id": VOCABULARY - 1}
    whole = model.generate(ids, attention_mask=torch.ones_like(ids), **given)[0, len(prompt) :]
    tokens = whole.tolist()
    return tokens[: tokens.index(VOCABULARY - 1)] if VOCABULARY - 1 in tokens else tokens


@pytest.mark.parametrize("name", NAMES)
def test_a_model_stands_the_shortcuts_that_its_architecture_does(model, name):
    assert shortcuts_of(model(name)) == EVERY[name][2]


@pytest.mark.parametrize("name", NAMES)
def test_every_prompt_of_a_batch_is_answered_as_transformers_answers_it_alone(model, name):
    """Rows end at different times, so that those that are left must be told apart."""
    mine = model(name)
    mine.generation_config.eos_token_id = VOCABULARY - 1
    found = generate(
        mine,
        Letters(),
        asked(PROMPTS),
        decoding=Decoding(max_new_tokens=CAP),
        shortcuts=EVERY[name][2],
    )
    assert [each.text.split() for each in found] == [
        list(map(str, plainly(mine, prompt))) for prompt in PROMPTS
    ]


@pytest.fixture(scope="module")
def rows():
    """Rows of no more tokens than are rotated alike."""
    rows = [[*prompt[:24], 35, 36, 37] for prompt in PROMPTS]
    return [
        Encoded(ids=tuple(row), labelled=(False,) * 14 + (True,) * (len(row) - 14)) for row in rows
    ]


def loss_alone(model, rows):
    """The oracle of training: every row alone, all logits, the loss by hand."""
    total = 0.0
    for row in rows:
        ids = torch.tensor(row.ids)
        logs = model(input_ids=ids[None], use_cache=False).logits[0, :-1].log_softmax(-1)
        total -= float(logs.gather(-1, ids[1:, None])[torch.tensor(row.labelled[1:])].sum())
    return total


@pytest.mark.parametrize("name", NAMES)
def test_rows_have_the_loss_that_they_have_alone_packed_ones_too(model, name, rows):
    mine, stands = model(name), EVERY[name][2]
    alone = loss_alone(mine, rows)
    assert loss(mine, rows, shared=0) == pytest.approx(alone, rel=2e-6)
    if stands.shared_start:
        assert shared_start(rows) > 0
        assert loss(mine, rows, shared=shared_start(rows)) == pytest.approx(alone, rel=2e-6)
    if stands.packing:
        packed = pack(rows, max_length=70)
        assert len(packed) < len(rows)
        assert loss(mine, packed, shared=0) == pytest.approx(alone, rel=2e-6)


def loss(model, rows, *, shared):
    return float(loss_sum(model, collate(rows, shared=shared, device=torch.device("cpu")))[0])


def test_prompts_within_the_window_share_their_start_and_longer_ones_do_not():
    mine = made("mistral", NEW | {"sliding_window": 64})
    found = shortcuts_of(mine)
    assert (found.answering, found.window) == ("shared", 64)
    assert (found.way(64), found.way(65)) == ("shared", "batched")
    mine.generation_config.eos_token_id = VOCABULARY - 1
    long = [[*range(20, 60), *range(10, 10 + more)] for more in (1, 40, 22)]
    decoding = Decoding(max_new_tokens=CAP)
    answers = generate(mine, Letters(), asked(long), decoding=decoding, shortcuts=found)
    expected = [list(map(str, plainly(mine, prompt))) for prompt in long]
    assert [each.text.split() for each in answers] == expected


@pytest.mark.parametrize(
    ("settings", "window"),
    [
        ({"sliding_window": None, "use_sliding_window": True}, 0),
        ({"sliding_window": 4096, "max_window_layers": 28, "sliding_window_pattern": 6}, 4096),
        ({"attention_chunk_size": 8192}, 8192),
        ({"window_size": 256, "attention_window_size": 64}, 64),
    ],
)
def test_a_window_is_found_by_any_name_and_counts_no_layers(settings, window):
    assert window_of(settings) == window


def test_rotations_that_depend_on_length_are_found_where_each_kind_of_layer_has_its_own():
    stated = {"full_attention": LONG, "sliding_attention": {"rope_type": "default"}}
    assert rotation_limit({"rope_parameters": stated}) == 32
    assert rotation_limit({"rope_parameters": {"rope_type": "llama3"}}) == 0
    assert (
        rotation_limit({"rope_scaling": {"type": "dynamic"}, "max_position_embeddings": 64}) == 64
    )


def test_a_model_that_looks_ahead_is_refused():
    torch.manual_seed(0)
    model = strengthened(BertLMHeadModel(BertConfig(vocab_size=VOCABULARY, **OLD)))
    with pytest.raises(
        ModelError, match="does not continue text from left to right; choose another"
    ):
        shortcuts_of(model)


def test_half_precision_is_tried_in_float32_and_put_back_to_the_bit():
    model = made(*EVERY["qwen3.5"][:2]).bfloat16()
    before = {name: weight.clone() for name, weight in model.named_parameters()}
    assert shortcuts_of(model) == HYBRID
    assert all(torch.equal(before[name], each) for name, each in model.named_parameters())


def test_without_memory_for_float32_nothing_is_shared_or_packed(monkeypatch):
    monkeypatch.setattr("ftdojo.worker.shortcuts._free_bytes", lambda device: 0)
    assert shortcuts_of(made("llama", NEW).bfloat16()) == HYBRID


def test_every_way_of_answering_draws_the_same_whatever_the_models_settings_ask_for():
    mine = made("llama", NEW)
    mine.generation_config.repetition_penalty = 9.0
    decoding = Decoding(max_new_tokens=CAP, temperature=1.0, samples=2, seed=3)
    drawn = [
        generate(
            mine, Letters(), asked(PROMPTS), decoding=decoding, shortcuts=Shortcuts(answering=way)
        )
        for way in get_args(Answering)
    ]
    assert all(each == drawn[0] for each in drawn)
    assert len({each.text for each in drawn[0]}) > len(PROMPTS)
    assert mine.generation_config.repetition_penalty == 9.0


@pytest.fixture(params=[1, 8])
def ahead(request, monkeypatch):
    """Tokens that are written at one go: one as on a CPU, eight as on a GPU."""
    monkeypatch.setitem(AHEAD, "cpu", request.param)


@pytest.mark.usefixtures("ahead")
@pytest.mark.parametrize("name", ["qwen3.5", "mistral with a window"])
def test_the_verdict_is_the_same_where_tokens_are_written_before_any_is_looked_at(name):
    assert shortcuts_of(made(*EVERY[name][:2])) == EVERY[name][2]


@pytest.mark.usefixtures("ahead")
def test_an_answer_ends_unfinished_where_the_context_does():
    mine = made("gpt2", GPT | {"n_positions": 36})
    mine.generation_config.eos_token_id = None
    found = generate(mine, Letters(), asked(PROMPTS), decoding=Decoding(max_new_tokens=18))
    rooms = [min(18, 36 - len(prompt)) for prompt in PROMPTS]
    assert [(each.tokens, each.finished) for each in found] == [(room, False) for room in rooms]
    assert len(set(rooms)) > 2
