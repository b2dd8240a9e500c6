"""A merged export is a model folder of its own."""

import json
import shutil
from dataclasses import replace

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from ftdojo.errors import ModelError
from ftdojo.export import export_merged


def test_a_merged_adapter_gives_the_same_outputs_without_peft(
    adapter, tiny, card, tmp_path, trained, logits
):
    to = export_merged(adapter, tiny, to=tmp_path / "out", card=card)
    model = AutoModelForCausalLM.from_pretrained(to)
    torch.testing.assert_close(logits(model), logits(trained), atol=1e-4, rtol=1e-4)


def test_the_folder_has_tokenizer_template_and_generation_config(adapter, tiny, card, tmp_path):
    to = export_merged(adapter, tiny, to=tmp_path / "out", card=card)
    assert AutoTokenizer.from_pretrained(to).chat_template
    assert json.loads((to / "generation_config.json").read_text())["eos_token_id"] == 3
    assert "library_name: transformers" in (to / "README.md").read_text()


def test_a_fully_trained_model_is_exported_as_it_is(full, tiny, card, tmp_path, logits):
    to = export_merged(full, tiny, to=tmp_path / "out", card=card)
    ours, theirs = (AutoModelForCausalLM.from_pretrained(each) for each in (to, full))
    assert torch.equal(logits(ours), logits(theirs))


def test_without_weights_the_base_itself_is_exported(tiny, card, tmp_path, logits):
    to = export_merged(None, tiny, to=tmp_path / "out", card=card)
    ours, theirs = (AutoModelForCausalLM.from_pretrained(each) for each in (to, tiny.path))
    assert torch.equal(logits(ours), logits(theirs))


def test_weights_that_are_not_finite_are_refused(trained, tiny, card, tmp_path):
    weight = next(value for name, value in trained.named_parameters() if "lora_B" in name)
    before = weight.data.clone()
    weight.data.fill_(float("nan"))
    trained.save_pretrained(tmp_path / "weights")
    weight.data.copy_(before)
    with pytest.raises(ModelError, match=r"do not fit tiny \(NaNs detected.*\); train the exp"):
        export_merged(tmp_path / "weights", tiny, to=tmp_path / "out", card=card)
    assert not (tmp_path / "out").exists()


def test_a_base_stored_in_bfloat16_stays_in_bfloat16(adapter, tiny, card, tmp_path):
    half = shutil.copytree(tiny.path, tmp_path / "half")
    AutoModelForCausalLM.from_pretrained(tiny.path, dtype=torch.bfloat16).save_pretrained(half)
    to = export_merged(adapter, replace(tiny, path=half), to=tmp_path / "out", card=card)
    assert AutoModelForCausalLM.from_pretrained(to).dtype == torch.bfloat16
    assert "stored in the base's own type, bfloat16" in (to / "README.md").read_text()
