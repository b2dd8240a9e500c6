import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, GPT2Config, GPT2LMHeadModel

from ftdojo.inference import engine
from ftdojo.inference.engine import generate
from ftdojo.records import Decoding

CAP = 24


@pytest.fixture
def model(folder, tokenizer, adapter, tmp_path):
    """The tiny model with weights that make it say something else after each prompt, in plain letters."""
    base = AutoModelForCausalLM.from_pretrained(folder)
    texts = [tokenizer.decode([each]) for each in range(260)]
    letters = torch.tensor([each.isascii() and each.isprintable() for each in texts])
    base.model.embed_tokens.weight.data[~letters] = 0
    return PeftModel.from_pretrained(base, adapter(tmp_path)).merge_and_unload().eval()


@pytest.fixture
def plain(tokenizer):
    """The oracle: ``transformers.generate``, one prompt at a time, greedy."""

    def answer(model, prompt, cap=CAP):
        ids = tokenizer.apply_chat_template(prompt, add_generation_prompt=True, return_tensors="pt")
        with torch.no_grad():
            whole = model.generate(**ids, max_new_tokens=cap, do_sample=False)
        return whole[0, ids["input_ids"].shape[1] :].tolist()

    return answer


@pytest.fixture
def ask(model, tokenizer):
    def ask(prompts, **decoding):
        given = {"max_new_tokens": CAP} | decoding
        batch = given.pop("batch", 128)
        return generate(model, tokenizer, prompts, decoding=Decoding(**given), batch=batch)

    return ask


@pytest.fixture
def early(model, plain, prompts):
    """Declare an end token that some answers hold and others do not."""
    written = [plain(model, prompt) for prompt in prompts]
    counts = {token: sum(token in each for each in written) for each in written for token in each}
    ends = next(token for token, count in counts.items() if 0 < count < len(prompts))
    model.generation_config.eos_token_id = [model.generation_config.eos_token_id, ends]


def test_answers_are_those_of_greedy_generate(model, tokenizer, plain, ask, prompts):
    replies = ask(prompts)
    expected = [plain(model, prompt) for prompt in prompts]
    assert [each.text for each in replies] == [
        tokenizer.decode(ids, skip_special_tokens=True) for ids in expected
    ]
    assert len({each.text for each in replies}) > 3
    assert {(each.tokens, each.finished) for each in replies} == {(CAP, False)}


@pytest.mark.usefixtures("early")
def test_an_end_token_ends_its_row_and_no_other(model, tokenizer, plain, ask, prompts):
    replies = ask(prompts)
    ids = [plain(model, prompt) for prompt in prompts]
    assert [each.tokens for each in replies] == [len(each) for each in ids]
    ended = [each[-1] in model.generation_config.eos_token_id for each in ids]
    assert [each.finished for each in replies] == ended
    assert set(ended) == {True, False}
    texts = [
        tokenizer.decode(each[:-1] if end else each) for each, end in zip(ids, ended, strict=True)
    ]
    assert [each.text for each in replies] == texts


@pytest.mark.usefixtures("early")
def test_answers_do_not_depend_on_batches_or_company(ask, prompts):
    whole = ask(prompts)
    assert ask(prompts, batch=2) == whole
    assert [ask([prompt])[0] for prompt in prompts] == whole


@pytest.mark.parametrize("size", [1, 2, 20])
def test_a_stop_string_ends_the_text_before_it(ask, prompts, size):
    """Of 20 bytes as well: this model writes a byte a token."""
    free = ask(prompts)
    stop = free[0].text[2 : 2 + size]
    for before, after in zip(free, ask(prompts, stop=(stop, "never said")), strict=True):
        assert after.text == before.text.split(stop)[0]
        assert after.finished == (stop in before.text)
    assert len(stop) == size


def test_the_earliest_of_several_stop_strings_counts(ask, prompts):
    [free] = ask(prompts[:1])
    late, soon = free.text[6:8], free.text[3:5]
    [reply] = ask(prompts[:1], stop=(late, soon))
    assert reply.text == free.text[: min(free.text.find(late), free.text.find(soon))]


def test_the_cap_cuts_and_says_so(ask, prompts):
    short, long = ask(prompts, max_new_tokens=3), ask(prompts, max_new_tokens=9)
    assert all((each.tokens, each.finished) == (3, False) for each in short)
    assert [each.tokens for each in long] == [9] * len(prompts)


def test_equal_prompts_get_equal_answers_and_none_get_none(ask, prompts):
    one, other = ask([prompts[0], prompts[0]])
    assert one == other == ask(prompts)[0]
    assert ask([]) == []


def test_an_adapter_that_is_not_merged_answers_too(base, tokenizer, adapter, tmp_path, prompts):
    wrapped = PeftModel.from_pretrained(base, adapter(tmp_path))
    decoding = Decoding(max_new_tokens=CAP)
    found = generate(wrapped, tokenizer, prompts, decoding=decoding)
    merged = wrapped.merge_and_unload()
    assert found == generate(merged, tokenizer, prompts, decoding=decoding)


def test_another_architecture_answers_as_its_own_generate(tokenizer, plain, prompts):
    torch.manual_seed(1)
    small = GPT2Config(n_layer=2, n_head=2, n_embd=32, vocab_size=260, n_positions=256)
    model = GPT2LMHeadModel(small).eval()
    model.generation_config.eos_token_id = model.generation_config.pad_token_id = 0
    replies = generate(model, tokenizer, prompts, decoding=Decoding(max_new_tokens=8))
    expected = [plain(model, prompt, cap=8) for prompt in prompts]
    assert [each.text for each in replies] == [
        tokenizer.decode(ids, skip_special_tokens=True) for ids in expected
    ]


def test_samples_of_a_prompt_differ_and_come_side_by_side(ask, prompts):
    found = ask(prompts[:2], temperature=1.5, samples=3, seed=1)
    assert len(found) == 6
    assert len({each.text for each in found[:3]}) > 1
    assert ask(prompts[:2], temperature=1.5, samples=3, seed=1) == found
    assert ask(prompts[:2], temperature=1.5, samples=3, seed=2) != found
    assert ask(prompts[:2], temperature=1.5, samples=3, seed=1, batch=2) == found


@pytest.mark.parametrize("given", [{}, {"stop": ("a", "e")}, {"temperature": 1.5, "samples": 3}])
def test_tokens_written_before_any_is_looked_at_change_no_answer(ask, prompts, monkeypatch, given):
    whole = ask(prompts, **given)
    monkeypatch.setattr(engine, "AHEAD", {"cpu": 7})
    assert ask(prompts, **given) == whole


def test_a_row_that_runs_ahead_stays_within_the_context_of_learned_positions(
    tokenizer, monkeypatch
):
    torch.manual_seed(0)
    small = GPT2Config(n_layer=1, n_head=2, n_embd=32, vocab_size=260, n_positions=64)
    prompt = [[{"role": "user", "content": "count"}]]
    model = GPT2LMHeadModel(small).eval()
    found = []
    for ahead in (1, 7):
        monkeypatch.setattr(engine, "AHEAD", {"cpu": ahead})
        found.append(generate(model, tokenizer, prompt, decoding=Decoding(max_new_tokens=99)))
    assert found[0] == found[1]
    assert 0 < found[0][0].tokens < 64


def test_a_batch_that_takes_too_much_memory_is_done_by_halves(ask, prompts, monkeypatch):
    whole, sizes, write = ask(prompts), [], engine.write

    def small(model, ids, **given):
        sizes.append(len(ids))
        if len(ids) > 2:
            raise torch.OutOfMemoryError
        write(model, ids, **given)

    monkeypatch.setattr(engine, "write", small)
    assert ask(prompts) == whole
    assert sizes == [7, 3, 1, 2, 4, 2, 2]
