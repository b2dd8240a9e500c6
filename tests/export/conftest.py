"""The tiny model with a real LoRA adapter and a fully trained sister, made once."""

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

from ftdojo.export import AskedAs, ExportCard
from ftdojo.models import pull
from ftdojo.records import Estimate

torch.set_num_threads(1)  # a second thread only waits at so small a size


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    return pull("tiny", cache=tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def trained(tiny):
    """The tiny model with an adapter that changes its outputs, in memory."""
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_pretrained(tiny.path)
    model = get_peft_model(model, LoraConfig(r=4, target_modules="all-linear"))
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.1)
    return model.eval()


@pytest.fixture(scope="session")
def adapter(trained, tmp_path_factory):
    folder = tmp_path_factory.mktemp("adapter")
    trained.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def full(tiny, tmp_path_factory):
    folder = tmp_path_factory.mktemp("full")
    model = AutoModelForCausalLM.from_pretrained(tiny.path)
    torch.nn.init.constant_(model.model.norm.weight, 1.5)
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def asked():
    return AskedAs(
        task="math/mini",
        task_version=2,
        system="Answer briefly.",
        template="Q: {question}",
        question="",
        columns=(),
        max_new_tokens=24,
        stop=(),
    )


@pytest.fixture(scope="session")
def card(asked):
    return ExportCard(
        asked=asked,
        metric="exact_match",
        unit="share",
        base=Estimate(score=0.04, n=200, low=0.02, high=0.07),
        split="test",
        score=Estimate(score=0.41, n=200, low=0.34, high=0.48),
        run="r1",
        experiment="e3",
        seed=7,
        versions={"torch": "2.13.0"},
        sources={"worked": "CC0-1.0", "forum": "CC-BY-4.0"},
        used={"worked": 300},
    )


@pytest.fixture(scope="session")
def logits():
    """Logits of any model over one probe."""

    def read(model):
        with torch.inference_mode():
            return model(torch.arange(60)[None]).logits

    return read
