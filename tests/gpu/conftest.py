"""Six small architectures with random weights, on the device under test and, as the oracle, on the processor in float32.

``GPU_CHECK_DEVICE=cpu`` runs the same tests without a GPU, so that nothing but the device is new when it counts.
"""

import os

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.models.gemma2 import Gemma2Config
from transformers.models.gpt2 import GPT2Config
from transformers.models.llama import LlamaConfig
from transformers.models.mistral import MistralConfig
from transformers.models.qwen2 import Qwen2Config
from transformers.models.qwen3 import Qwen3Config

from ftdojo.models import tiny
from ftdojo.training.encode import encode

torch.set_num_threads(1)  # a second thread only waits at so small a size

SIZES = {
    "vocab_size": tiny.VOCABULARY,
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
    "bos_token_id": 1,
    "eos_token_id": 3,
    "pad_token_id": 0,
}
GPT2 = {"vocab_size": tiny.VOCABULARY, "n_embd": 64, "n_layer": 2, "n_head": 4, "n_positions": 512}
ARCHITECTURES = {
    "llama": LlamaConfig(**SIZES),
    "mistral": MistralConfig(**SIZES, sliding_window=None),
    "qwen2": Qwen2Config(**SIZES),
    "qwen3": Qwen3Config(**SIZES, head_dim=16),
    "gemma2": Gemma2Config(**SIZES, head_dim=16, sliding_window=512),
    "gpt2": GPT2Config(**GPT2, bos_token_id=1, eos_token_id=3, pad_token_id=0),
}


@pytest.fixture(scope="session")
def device():
    asked = os.environ.get("GPU_CHECK_DEVICE") or ("cuda" if torch.cuda.is_available() else "")
    if not asked:
        pytest.skip("needs a GPU; GPU_CHECK_DEVICE=cpu runs it without")
    return torch.device(asked)


@pytest.fixture
def exact(monkeypatch):
    """Compute in float32 for as long as the test takes, on a GPU without the shorter format of its matrix units."""
    monkeypatch.setenv("FTDOJO_LOW_PRECISION", "0")
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    yield
    torch.set_float32_matmul_precision(before)


@pytest.fixture(scope="session")
def tokenizer(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tiny")
    tiny.make(folder)
    return AutoTokenizer.from_pretrained(folder)


@pytest.fixture(params=ARCHITECTURES)
def pair(request, device):
    """Return the model on the device and its equal on the processor."""

    def make():
        torch.manual_seed(0)
        return AutoModelForCausalLM.from_config(ARCHITECTURES[request.param]).eval()

    return make().to(device).requires_grad_(False), make().requires_grad_(False)


@pytest.fixture(scope="session")
def rows(tokenizer):
    def row(number):
        turns = [
            {"role": "system", "content": "Add up."},
            {"role": "user", "content": f"{number}+{number}" * (1 + number % 3)},
            {"role": "assistant", "content": f"{2 * number} " * (1 + number % 2)},
        ]
        return encode(tokenizer, turns, max_length=256, completion_only=True)

    return [row(number) for number in range(16)]
