import os
import shutil

import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

from ftdojo.errors import ModelError
from ftdojo.inference.attach import Attachment
from ftdojo.records import Weights

PROBE = torch.arange(40)[None]


def at(folder, kind="adapter", over=None):
    return Weights(path=folder, digest="", kind=kind, over=over)


@pytest.fixture
def attached(base):
    return Attachment(base)


@pytest.fixture
def expected(folder):
    """Return what plain PEFT makes of an adapter's folder."""

    def logits(weights):
        plain = AutoModelForCausalLM.from_pretrained(folder)
        return PeftModel.from_pretrained(plain, weights).eval()(PROBE).logits

    return logits


@pytest.fixture
def untouched(base):
    weights = {name: each.clone() for name, each in base.state_dict().items()}
    names = [name for name, _ in base.named_modules()]

    def check():
        assert [name for name, _ in base.named_modules()] == names
        assert all(torch.equal(each, weights[name]) for name, each in base.state_dict().items())
        assert not hasattr(base, "peft_config")

    return check


@pytest.mark.parametrize("options", [{}, {"use_dora": True}, {"target_modules": ["q_proj"]}])
def test_an_adapter_is_in_force_and_then_gone_to_the_bit(
    attached, adapter, expected, untouched, tmp_path, options
):
    weights = adapter(tmp_path / "one", **options)
    torch.testing.assert_close(
        attached.model(at(weights))(PROBE).logits, expected(weights), rtol=1e-4, atol=1e-4
    )
    attached.clear()
    untouched()


def test_one_adapter_after_the_other_leaves_nothing_of_the_first(
    attached, adapter, expected, untouched, tmp_path
):
    one, other = adapter(tmp_path / "one", seed=1), adapter(tmp_path / "other", seed=2)
    attached.model(at(one))
    torch.testing.assert_close(
        attached.model(at(other))(PROBE).logits, expected(other), rtol=1e-4, atol=1e-4
    )
    assert attached.model(None) is attached.model(None)
    untouched()


def test_the_same_adapter_is_read_once(attached, adapter, tmp_path):
    weights = adapter(tmp_path / "one")
    model = attached.model(at(weights))
    (weights / "adapter_model.safetensors").write_bytes(b"")
    assert attached.model(at(weights)) is model


def test_another_adapter_at_the_same_path_is_read_again(attached, adapter, expected, tmp_path):
    weights = adapter(tmp_path / "one", seed=1)
    attached.model(at(weights))
    shutil.rmtree(weights)
    adapter(weights, seed=2)
    os.utime(weights, (1, 1))
    torch.testing.assert_close(
        attached.model(at(weights))(PROBE).logits, expected(weights), rtol=1e-4, atol=1e-4
    )


def test_a_full_model_is_in_force_beside_the_base(attached, base, untouched, tmp_path):
    sister = AutoModelForCausalLM.from_pretrained(base.config._name_or_path)
    torch.nn.init.constant_(sister.model.norm.weight, 1.5)
    sister.save_pretrained(tmp_path)
    found = attached.model(at(tmp_path, kind="full"))(PROBE).logits
    assert torch.equal(found, sister.eval()(PROBE).logits)
    assert attached.model(None) is base
    untouched()


def test_an_adapter_over_another_is_refused_and_not_put_on_the_base(attached, adapter, tmp_path):
    one, other = adapter(tmp_path / "one", seed=1), adapter(tmp_path / "other", seed=2)
    with pytest.raises(ModelError, match=f"{other} is an adapter over {one}, .*; merge the two"):
        attached.model(at(other, over=at(one)))
