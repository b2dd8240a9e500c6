"""Merged weights: on full deltas, whatever rank and scaling the parents have, and loaded again by plain PEFT."""

import copy
import json

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from peft.utils.merge_utils import ties as ties_of_peft
from transformers import AutoModelForCausalLM

from ftdojo.errors import UsageError
from ftdojo.models import tensor_digest
from ftdojo.records import Weights
from ftdojo.training.merging import METHODS, Mixture, _combined, _dare_ties, merge

IDS = torch.tensor([[5, 9, 33, 70, 12, 8]])
EVERY = ["q_proj", "v_proj", "down_proj"]


@pytest.fixture
def adapter(base, tmp_path):
    """Return a function that writes an adapter with random factors, of some rank and scaling."""

    def made(name, seed=0, **options):
        torch.manual_seed(seed)
        config = LoraConfig(target_modules=options.pop("target_modules", EVERY), **options)
        model = get_peft_model(copy.deepcopy(base), config)
        for part, weight in model.named_parameters():
            if "lora_B" in part:
                weight.data.normal_(std=0.05)
        path = tmp_path / name / "adapter"
        model.save_pretrained(path, save_embedding_layers=False)
        return Weights(path=path, digest=tensor_digest(path), kind="adapter")

    return made


@pytest.fixture
def mixed(folder, tmp_path):
    """Return a function that merges weights and returns them with the relative error."""

    def mix(*parents, method="linear", shares=None, to="merged", **options):
        mixture = Mixture(method=method, shares=shares or (1.0,) * len(parents), **options)
        return merge(parents, mixture, base=folder, to=tmp_path / to)

    return mix


def whole(base, weights):
    """Return the weights of the base with ``weights`` in it, by plain PEFT or transformers."""
    if weights.kind == "full":
        return AutoModelForCausalLM.from_pretrained(weights.path).eval()
    return PeftModel.from_pretrained(copy.deepcopy(base), weights.path).merge_and_unload().eval()


@torch.no_grad()
def logits(model):
    return model(input_ids=IDS).logits


@torch.no_grad()
def averaged(base, parents, shares):
    """Return the base with the weighted mean of what PEFT itself makes of each parent."""
    model, start = copy.deepcopy(base), base.state_dict()
    states = [whole(base, each).state_dict() for each in parents]
    for name, weight in model.named_parameters():
        changes = [
            share * (state[name] - start[name]) for share, state in zip(shares, states, strict=True)
        ]
        weight.copy_(start[name] + sum(changes))
    return model


PLAIN = {"r": 8, "lora_alpha": 16}
OTHERS = {
    "rank 16": {"r": 16, "lora_alpha": 32},
    "rslora": {"r": 16, "lora_alpha": 8, "use_rslora": True},
    "patterns": {"r": 8, "rank_pattern": {"q_proj": 4}, "alpha_pattern": {"v_proj": 40}},
    "other modules": {"r": 4, "target_modules": ["k_proj", "q_proj"], "layers_to_transform": [0]},
}


@pytest.mark.parametrize("options", OTHERS.values(), ids=OTHERS)
def test_a_linear_merge_is_the_mean_of_full_deltas_and_plain_peft_loads_it(
    adapter, mixed, base, options
):
    parents = adapter("e1", **PLAIN), adapter("e2", seed=1, **options)
    weights, error = mixed(*parents, shares=(3.0, 1.0))
    assert (weights.kind, error < 1e-4) == ("adapter", True)
    expected = logits(averaged(base, parents, (0.75, 0.25)))
    assert torch.allclose(logits(whole(base, weights)), expected, atol=1e-4)
    assert not torch.allclose(logits(base), expected, atol=1e-2)


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({}, ["down_proj", "q_proj", "v_proj"]),
        ({"layers_to_transform": [0], "target_modules": ["q_proj"]}, ["model.layers.0.self_attn.q_proj"]),
    ],
)  # fmt: skip
def test_a_merged_adapter_names_what_it_adapts_as_shortly_as_it_can(adapter, mixed, options, names):
    weights, _ = mixed(adapter("e1", r=4, **options), adapter("e2", seed=1, r=4, **options))
    kept = json.loads((weights.path / "adapter_config.json").read_text())
    assert kept["target_modules"] == names


@pytest.mark.parametrize("method", METHODS)
def test_two_equal_parents_merge_to_themselves(adapter, mixed, base, method):
    one = adapter("e1", r=8, lora_alpha=32, use_rslora=True)
    weights, _ = mixed(one, one, method=method, density=1.0)
    assert torch.allclose(logits(whole(base, weights)), logits(whole(base, one)), atol=1e-4)


def test_ties_is_that_of_peft_and_what_no_adapter_holds_becomes_a_full_model(adapter, mixed, base):
    parents = adapter("e1", **PLAIN), adapter("e2", seed=1, r=16, lora_alpha=32)
    weights, error = mixed(*parents, method="ties", density=0.25)
    assert weights.kind == "full"
    assert 0.001 < error < 1
    name, start = "model.layers.0.self_attn.q_proj.weight", base.state_dict()
    deltas = [whole(base, each).state_dict()[name] - start[name] for each in parents]
    expected = ties_of_peft(deltas, torch.ones(2), density=0.25)
    made = whole(base, weights).state_dict()[name] - start[name]
    assert torch.allclose(made, expected, atol=1e-6)


def test_dare_keeps_the_mean_of_what_it_thins_out():
    delta, draw = torch.ones(2, 400, 400), torch.Generator().manual_seed(0)
    kept = _dare_ties(delta[:1], [1.0], 0.25, draw)
    assert float((kept != 0).float().mean()) == pytest.approx(0.25, abs=0.01)
    assert float(kept.mean()) == pytest.approx(1.0, abs=0.03)


def test_slerp_keeps_lengths_between_directions_at_right_angles():
    class One:
        def __init__(self, values):
            self.names, self._values = ["w"], torch.tensor(values)

        def delta(self, name):
            return self._values

    parents = [One([[2.0, 0.0]]), One([[0.0, 2.0]])]
    ((_, made),) = _combined(parents, Mixture(method="slerp", shares=(1.0, 1.0)))
    assert made.tolist() == [pytest.approx([2**0.5, 2**0.5])]


def test_full_models_are_merged_weight_by_weight(base, mixed, folder, tmp_path):
    parents = []
    for name, size in (("e1", 0.02), ("e2", -0.01)):
        model = copy.deepcopy(base)
        for weight in model.parameters():
            weight.data += size
        path = tmp_path / name / "adapter"
        model.save_pretrained(path)
        parents.append(Weights(path=path, digest=tensor_digest(path), kind="full"))
    weights, error = mixed(*parents)
    assert (weights.kind, error) == ("full", 0.0)
    expected = averaged(base, parents, (0.5, 0.5))
    assert torch.allclose(logits(whole(base, weights)), logits(expected), atol=1e-4)


def test_what_has_no_delta_of_its_own_is_refused_in_one_line(adapter, mixed):
    plain, dora = adapter("e1", **PLAIN), adapter("e2", r=8, use_dora=True)
    with pytest.raises(UsageError, match=r"e2 holds .*merge adapters without it\.$"):
        mixed(plain, dora)
    full = Weights(path=plain.path, digest="", kind="full")
    with pytest.raises(UsageError, match=r"e1 is adapter, e1 is full"):
        mixed(plain, full, to="other")
