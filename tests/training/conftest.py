"""The tiny model in float32 and some encoded rows that start alike."""

import pytest
import torch
from hypothesis import settings
from transformers import AutoModelForCausalLM, AutoTokenizer

from ftdojo.models import pull
from ftdojo.submissions import TrainConfig
from ftdojo.training.encode import encode
from ftdojo.training.objectives import objectives

settings.register_profile("unhurried", deadline=None)  # no time is promised here
settings.load_profile("unhurried")
torch.set_num_threads(1)  # a second thread only waits at so small a size


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return pull("tiny", cache=tmp_path_factory.mktemp("cache")).path


@pytest.fixture(scope="session")
def tokenizer(folder):
    return AutoTokenizer.from_pretrained(folder)


@pytest.fixture
def base(folder):
    """A warm base as the worker holds it: frozen, in evaluation mode."""
    return AutoModelForCausalLM.from_pretrained(folder).eval().requires_grad_(False)


@pytest.fixture(scope="session")
def rows(tokenizer):
    """Twelve rows of 40 to 50 tokens, 9 of them shared at least."""

    def row(number):
        turns = [
            {"role": "system", "content": "Add."},
            {"role": "user", "content": f"{number}+{number}" * (1 + number % 2)},
            {"role": "assistant", "content": f"{2 * number} " * (1 + number % 3)},
        ]
        return encode(tokenizer, turns, max_length=256, completion_only=True)

    return [row(number) for number in range(12)]


@pytest.fixture(scope="session")
def pairs(tokenizer):
    """Return a function that gives twelve pairs of answers of different lengths, encoded for an objective."""

    def pairs(name):
        objective, config = objectives.get(name), TrainConfig(objective=name, max_length=256)

        def row(number):
            prompt = [
                {"role": "system", "content": "Add."},
                {"role": "user", "content": f"{number}+{number}" * (1 + number % 2)},
            ]
            chosen, rejected = (
                f"{2 * number} " * (1 + number % 3),
                f"{number} " * (1 + number % 2),
            )
            made = {"prompt": prompt, "chosen": chosen, "rejected": f"{rejected}?"}
            return objective.encode(tokenizer, objective.read(made), config)

        return [row(number) for number in range(12)]

    return pairs
