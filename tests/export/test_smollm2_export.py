"""The three exports of the real default model, with an adapter that changes its outputs."""

import pytest
import torch
from gguf import GGUFReader
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer

from ftdojo.config import cache_dir
from ftdojo.export import export_gguf, export_merged
from ftdojo.models import pull, smollm2

pytestmark = [pytest.mark.slow, pytest.mark.network]


@pytest.fixture(scope="module")
def smollm():
    return pull(smollm2.NAME, cache=cache_dir())


@pytest.fixture(scope="module")
def weights(smollm, tmp_path_factory):
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_pretrained(smollm.path)
    model = get_peft_model(model, LoraConfig(r=4, target_modules="all-linear"))
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.01)
    folder = tmp_path_factory.mktemp("weights")
    model.save_pretrained(folder)
    return folder


def test_the_merged_folder_answers_with_its_own_tokenizer(smollm, card, tmp_path):
    to = export_merged(None, smollm, to=tmp_path / "out", card=card)
    tokenizer, model = AutoTokenizer.from_pretrained(to), AutoModelForCausalLM.from_pretrained(to)
    asked = [{"role": "user", "content": "What is the capital of France?"}]
    inputs = tokenizer.apply_chat_template(
        asked, add_generation_prompt=True, return_tensors="pt", return_dict=True
    )
    said = tokenizer.decode(model.generate(**inputs, max_new_tokens=20, do_sample=False)[0])
    assert said.endswith("The capital of France is Paris.<|im_end|>")


def test_the_gguf_gives_the_logits_of_the_merged_model(smollm, weights, card, tmp_path):
    found = export_gguf(weights, smollm, to=tmp_path / "out", card=card)
    assert 0 < found.logit_difference < 0.02 * found.logit_scale
    reader = GGUFReader(found.path)
    assert reader.get_field("tokenizer.ggml.pre").contents() == "smollm"
    assert len(reader.get_field("tokenizer.ggml.merges").data) == 48_900
