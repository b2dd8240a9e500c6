"""The tiny model in float32, adapters on it, and prompts of many lengths."""

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer

from ftdojo.models import pull

torch.set_num_threads(1)  # a second thread only waits at so small a size


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return pull("tiny", cache=tmp_path_factory.mktemp("cache")).path


@pytest.fixture(scope="session")
def tokenizer(folder):
    return AutoTokenizer.from_pretrained(folder)


@pytest.fixture
def base(folder):
    return AutoModelForCausalLM.from_pretrained(folder).eval().requires_grad_(False)


@pytest.fixture(scope="session")
def prompts():
    """Prompts of 1 to 40 bytes below one system prompt, in no order of length."""
    texts = [
        "hello there",
        "7",
        "12+30-4",
        "what is the sum of all those?",
        "Ω and ß",
        "no",
        "!" * 40,
    ]
    system = {"role": "system", "content": "Answer."}
    return [[system, {"role": "user", "content": text}] for text in texts]


@pytest.fixture
def adapter(folder):
    """Write an adapter that changes what the model says; return its folder."""

    def write(to, seed=0, **options):
        torch.manual_seed(seed)
        base = AutoModelForCausalLM.from_pretrained(folder)
        model = get_peft_model(
            base, LoraConfig(**{"r": 4, "target_modules": "all-linear"} | options)
        )
        for name, weight in model.named_parameters():
            if "lora_B" in name:
                torch.nn.init.normal_(weight, std=0.2)
        model.save_pretrained(to, save_embedding_layers=False)
        return to

    return write
