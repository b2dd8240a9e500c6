"""The tiny model: the same everywhere, loaded by plain transformers, and able to learn."""

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer


def test_it_has_the_same_digest_on_every_machine(tiny):
    assert tiny.digest == "a47b0607c114b71ad3c5921eeddd121c85a846733dc72e40e804f8c69e04f539"


def test_it_says_what_it_is(tiny):
    assert (tiny.params, tiny.context, tiny.chat_template) == (329_760, 1024, True)


def test_its_tokens_are_bytes_and_every_text_comes_back(tiny):
    tokenizer = AutoTokenizer.from_pretrained(tiny.path)
    text = "<|im_start|>user\n12 \u00e9 \u4f60\r\n\t<|im_end|>"
    ids = tokenizer(text)["input_ids"]
    assert len(ids) == len(text.encode()) - len("<|im_start|><|im_end|>") + 2
    assert (tokenizer.decode(ids), tokenizer.eos_token_id, len(tokenizer)) == (text, 3, 260)


def test_a_prompt_is_a_prefix_of_the_whole_conversation(tiny):
    tokenizer = AutoTokenizer.from_pretrained(tiny.path)
    asked = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "1+1?"}]
    whole = tokenizer.apply_chat_template(
        [*asked, {"role": "assistant", "content": "2"}], tokenize=False
    )
    prompt = tokenizer.apply_chat_template(asked, tokenize=False, add_generation_prompt=True)
    assert whole == prompt + "2<|im_end|>\n"


def test_plain_transformers_loads_it_and_its_outputs_are_of_a_sane_size(tiny):
    model = AutoModelForCausalLM.from_pretrained(tiny.path)
    logits = model(torch.arange(200)[None]).logits
    assert sum(p.numel() for p in model.parameters()) == 329_760
    assert 0.5 < logits.std() < 2.0


def test_it_can_be_taught_an_answer_with_lora(tiny):
    tokenizer, answer = AutoTokenizer.from_pretrained(tiny.path), "yes<|im_end|>"
    torch.manual_seed(0)
    torch.set_num_threads(1)  # a second thread only waits at so small a size
    config = LoraConfig(r=8, target_modules="all-linear", task_type="CAUSAL_LM")
    model = get_peft_model(AutoModelForCausalLM.from_pretrained(tiny.path), config)
    ids = tokenizer("Well?\n" + answer, return_tensors="pt")["input_ids"]
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for _ in range(30):
        model(ids, labels=ids).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    said = model.generate(input_ids=ids[:, :6], do_sample=False, max_new_tokens=8)
    assert tokenizer.decode(said[0, 6:]) == answer
