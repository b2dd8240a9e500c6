import weakref

import pytest
import torch
from peft import PeftModel
from transformers import AutoConfig, AutoModelForCausalLM

from ftdojo.errors import SubmissionRefused
from ftdojo.records import Weights
from ftdojo.submissions import TrainConfig
from ftdojo.training.adapt import save, trainable
from ftdojo.training.loop import train
from ftdojo.training.watch import Watch

PROBE = torch.arange(40)[None]


@pytest.fixture
def untouched(base):
    """Check after the test that the base is what it was: weights to the bit, layers, settings."""
    weights = {name: each.clone() for name, each in base.state_dict().items()}
    modules, settings = [name for name, _ in base.named_modules()], base.config.to_dict()
    yield
    assert [name for name, _ in base.named_modules()] == modules
    assert all(torch.equal(each, weights[name]) for name, each in base.state_dict().items())
    assert base.config.to_dict() == settings
    assert not any(each.requires_grad for each in base.parameters())
    assert not base.model.embed_tokens._forward_hooks
    assert not hasattr(base, "peft_config")


def config(**options):
    return TrainConfig(max_steps=2, learning_rate=1e-2, **options)


def adapters(model):
    return {name: each.clone() for name, each in model.named_parameters() if each.requires_grad}


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    "options",
    [
        {"method": "lora"},
        {"method": "full"},
        {"use_dora": True, "neftune_noise_alpha": 5, "gradient_checkpointing": True},
        {"method": "full", "gradient_checkpointing": True},
    ],
)
def test_training_changes_what_it_trains_and_leaves_the_base_alone(base, folder, rows, options):
    with trainable(base, config(**options), folder=folder) as model:
        before = model(PROBE).logits
        train(model, rows, config(**options), watch=Watch())
        assert not torch.equal(model(PROBE).logits, before)


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"target_modules": ["q_proj", "norm"]}, "LlamaRMSNorm.* is not supported"),
        ({"target_modules": ["nowhere"]}, "nowhere.* not found"),
        ({"target_modules": ["q_proj"], "layers_to_transform": [99]}, "not found"),
        (
            {"target_modules": ["q_proj", "lm_head"]},
            "names lm_head, whose weights this model shares",
        ),
    ],
)
def test_an_adapter_that_does_not_fit_is_refused_and_leaves_no_layer_behind(
    base, folder, options, why
):
    with (
        pytest.raises(SubmissionRefused, match=why),
        trainable(base, config(**options), folder=folder),
    ):
        pass


def test_an_output_layer_of_its_own_may_be_adapted(folder):
    apart = AutoConfig.from_pretrained(folder, tie_word_embeddings=False)
    base = AutoModelForCausalLM.from_config(apart)
    with trainable(base, config(target_modules=["lm_head"]), folder=folder) as model:
        assert len(adapters(model)) == 2


def test_a_shared_weight_is_refused_in_one_sentence_with_what_to_do(base, folder):
    chosen = config(target_modules=["model.embed_tokens"])
    said = "target_modules names model.embed_tokens, .* leave it out."
    with pytest.raises(SubmissionRefused, match=said), trainable(base, chosen, folder=folder):
        pass


@pytest.mark.usefixtures("untouched")
def test_a_failure_in_the_middle_leaves_the_base_alone(base, folder, rows):
    def exhaust(point):
        raise MemoryError

    model = trainable(base, config(), folder=folder)
    with pytest.raises(MemoryError), model as opened:
        train(opened, rows, config(), watch=Watch(), on_step=exhaust)


def test_a_fully_trained_copy_is_let_go(base, folder):
    with trainable(base, config(method="full"), folder=folder) as model:
        copy = weakref.ref(model)
        del model
    assert copy() is None


def test_an_adapter_begins_with_numbers_that_only_the_seed_decides(base, folder):
    found = []
    for seed in (1, 1, 2):
        torch.rand(seed)
        with trainable(base, config(seed=seed), folder=folder) as model:
            found.append(adapters(model))
    one, same, other = found
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not all(torch.equal(one[name], other[name]) for name in one)


def test_an_adapter_is_float32_on_a_base_that_is_not(folder):
    base = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16)
    with trainable(base, config(use_dora=True), folder=folder) as model:
        assert {each.dtype for each in adapters(model).values()} == {torch.float32}
        assert base.model.embed_tokens.weight.dtype == torch.bfloat16


def test_only_the_named_modules_of_the_named_blocks_are_adapted(base, folder):
    chosen = config(target_modules=["q_proj", "v_proj"], layers_to_transform=[0, 2])
    with trainable(base, chosen, folder=folder) as model:
        names = adapters(model)
    assert len(names) == 8  # two modules, two blocks, A and B
    assert all(".layers.0." in name or ".layers.2." in name for name in names)


@pytest.mark.parametrize(("rslora", "scale"), [(False, 32 / 16), (True, 32 / 4)])
def test_rslora_scales_by_the_root_of_the_rank(base, folder, rslora, scale):
    with trainable(base, config(use_rslora=rslora), folder=folder) as model:
        layer = model.get_base_model().model.layers[0].self_attn.q_proj
        assert layer.scaling["default"] == scale


def test_dora_trains_magnitudes_as_well(base, folder, rows):
    with trainable(base, config(use_dora=True), folder=folder) as model:
        before = adapters(model)
        train(model, rows, config(use_dora=True), watch=Watch())
        moved = [
            name for name, each in adapters(model).items() if not torch.equal(each, before[name])
        ]
    assert any("magnitude" in name for name in moved)


@pytest.mark.parametrize("options", [{}, {"use_dora": True}, {"use_rslora": True}])
def test_a_saved_adapter_gives_plain_peft_the_same_logits(
    base, folder, rows, tokenizer, tmp_path, options
):
    with trainable(base, config(**options), folder=folder) as model:
        train(model, rows, config(**options), watch=Watch())
        expected = model(PROBE).logits
        save(model, tmp_path, tokenizer=tokenizer, base_name="tiny")
    loaded = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(folder), tmp_path)
    torch.testing.assert_close(loaded(PROBE).logits, expected, rtol=1e-6, atol=1e-6)
    assert loaded.peft_config["default"].base_model_name_or_path == "tiny"
    assert {each.suffix for each in tmp_path.iterdir()} == {".json", ".safetensors"}


def test_a_saved_full_model_gives_plain_transformers_the_same_logits(
    base, folder, rows, tokenizer, tmp_path
):
    with trainable(base, config(method="full"), folder=folder) as model:
        train(model, rows, config(method="full"), watch=Watch())
        expected = model(PROBE).logits
        save(model, tmp_path, tokenizer=tokenizer, base_name="tiny")
    loaded = AutoModelForCausalLM.from_pretrained(tmp_path)
    assert torch.equal(loaded(PROBE).logits, expected)
    assert (tmp_path / "chat_template.jinja").exists()


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("options", [{}, {"use_dora": True, "seed": 7}, {"method": "full"}])
def test_a_training_goes_on_from_what_was_saved_to_the_bit(
    base, folder, rows, tokenizer, tmp_path, options
):
    with trainable(base, config(**options), folder=folder) as model:
        train(model, rows, config(**options), watch=Watch())
        made = adapters(model)
        save(model, tmp_path, tokenizer=tokenizer, base_name="tiny")
    start = Weights(path=tmp_path, digest="", kind="adapter")
    with trainable(base, config(**options), folder=folder, start=start) as model:
        begun = adapters(model)
    assert begun.keys() == made.keys()
    assert all(torch.equal(each, made[name]) for name, each in begun.items())


@pytest.mark.usefixtures("untouched")
def test_an_adapter_of_another_shape_is_not_gone_on_from(base, folder, tokenizer, tmp_path):
    with trainable(base, config(target_modules=["q_proj"]), folder=folder) as model:
        save(model, tmp_path, tokenizer=tokenizer, base_name="tiny")
    start = Weights(path=tmp_path, digest="", kind="adapter")
    for chosen in (
        config(target_modules=["q_proj", "v_proj"]),
        config(r=4, target_modules=["q_proj"]),
    ):
        with (
            pytest.raises(SubmissionRefused, match=r"^start_from: its adapter has other layers or"),
            trainable(base, chosen, folder=folder, start=start),
        ):
            pass
