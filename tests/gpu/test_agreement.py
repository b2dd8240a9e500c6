"""What the device computes is what the processor computes in float32, within what its number format loses."""

from pathlib import Path

import pytest
import torch

from ftdojo.inference.engine import generate
from ftdojo.records import Decoding
from ftdojo.submissions import TrainConfig
from ftdojo.training import adapt
from ftdojo.training.loop import train
from ftdojo.training.watch import Watch
from ftdojo.worker.memory import PeakMemory

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.filterwarnings("ignore:fan_in_fan_out"),  # PEFT, of GPT-2's layers
]
EXACT, ROUNDED = 2e-4, 3e-2
"""Relative difference allowed between losses, in float32 and in bfloat16."""
LORA = {"r": 4, "learning_rate": 5e-3, "per_device_train_batch_size": 4}
PROMPTS = [[{"role": "user", "content": "7+" * size + "1"}] for size in (1, 9, 4, 17, 2, 30)]


def losses(model, rows, **options):
    config = TrainConfig(**LORA | options)
    with adapt.trainable(model, config, folder=Path()) as made:
        return [point.loss for point in train(made, rows, config, watch=Watch()).curve]


@pytest.mark.parametrize(
    "options",
    [{}, {"packing": True, "max_length": 160}, {"gradient_checkpointing": True}],
    ids=["plain", "packed", "checkpointed"],
)
def test_a_training_in_float32_goes_as_on_the_processor(exact, pair, rows, options):
    here, there = (losses(model, rows, **options) for model in pair)
    assert here == pytest.approx(there, rel=EXACT)


def test_a_training_in_bfloat16_stays_near_the_processors(monkeypatch, pair, rows):
    model, oracle = pair
    monkeypatch.setenv("FTDOJO_LOW_PRECISION", "0")
    there = losses(oracle, rows)
    monkeypatch.setenv("FTDOJO_LOW_PRECISION", "1")
    assert losses(model.to(torch.bfloat16), rows) == pytest.approx(there, rel=ROUNDED)


def test_greedy_answers_in_float32_are_the_processors(exact, pair, tokenizer):
    decoding = Decoding(max_new_tokens=24)
    here, there = (generate(model, tokenizer, PROMPTS, decoding=decoding) for model in pair)
    assert [each.text for each in here] == [each.text for each in there]


def test_samples_are_the_processors_and_do_not_depend_on_the_batch(exact, pair, tokenizer):
    decoding = Decoding(max_new_tokens=8, temperature=0.8, top_p=0.9, samples=3, seed=1)
    here, there = (generate(model, tokenizer, PROMPTS, decoding=decoding) for model in pair)
    alone = generate(pair[0], tokenizer, PROMPTS, decoding=decoding, batch=2)
    assert [each.text for each in here] == [each.text for each in there]
    assert [each.text for each in here] == [each.text for each in alone]


def test_peak_memory_tells_what_a_tensor_took(device):
    size = 256 * 2**20
    with PeakMemory() as before:
        pass
    # Seldom looked at: what is taken between two looks counts all the same.
    with PeakMemory(every_s=60) as peak:
        held = torch.zeros(size, dtype=torch.uint8, device=device)
        held += 1
    assert peak.bytes - before.bytes == pytest.approx(size, rel=0.1)
