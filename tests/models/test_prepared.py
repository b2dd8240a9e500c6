"""A model without a chat template gets one, made of tokens that it has; a template that is asked for is put on."""

import json

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from transformers import AutoModelForCausalLM, AutoTokenizer

from ftdojo.errors import ModelError, UsageError
from ftdojo.models import pull
from ftdojo.models.prepared import end_ids, prepare

TURNS = [
    {"role": "system", "content": "Add."},
    {"role": "user", "content": "1+1?"},
    {"role": "assistant", "content": "2"},
]
CHATML = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@pytest.fixture
def put_on(tmp_path):
    """Return a function that prepares a folder; ``said`` is what it told last."""

    def prepared(folder, chat_template=""):
        prepared.said = []
        return prepare(
            str(folder),
            chat_template=str(chat_template),
            cache=tmp_path / "cache",
            on_progress=prepared.said.append,
        )

    return prepared


@pytest.fixture
def jinja(tmp_path):
    """Return a function that writes a template."""

    def written(text):
        (tmp_path / "mine.jinja").write_text(text, "utf8")
        return tmp_path / "mine.jinja"

    return written


def rendered(model, turns=TURNS, **how):
    return AutoTokenizer.from_pretrained(model.path).apply_chat_template(
        turns, tokenize=False, **how
    )


def test_the_markers_of_chatml_are_used_where_they_are_tokens(base, put_on):
    folder = base()
    model = put_on(folder)
    assert rendered(model) == (
        "<|im_start|>system\nAdd.<|im_end|>\n<|im_start|>user\n1+1?<|im_end|>\n"
        "<|im_start|>assistant\n2<|im_end|>\n"
    )
    assert put_on.said == [
        f"{folder}: the chat template ChatML is put on, since its tokenizer has none; "
        "the token <|im_end|> ends an answer."
    ]


def test_elsewhere_turns_are_opened_by_plain_text_and_the_answer_is_closed_by_the_end_token(
    base, put_on
):
    model = put_on(base(markers=False))
    assert rendered(model) == (
        "<|im_start|>system\nAdd.\n<|im_start|>user\n1+1?\n<|im_start|>assistant\n2<|endoftext|>\n"
    )
    assert put_on.said[0].endswith("the token <|endoftext|> ends an answer.")


def test_plain_transformers_end_at_the_end_token_and_where_the_model_ended_before(base, put_on):
    model = put_on(base())
    generation = AutoModelForCausalLM.from_pretrained(model.path).generation_config
    assert generation.eos_token_id == [3, 1]  # <|im_end|> and <|endoftext|>
    assert AutoTokenizer.from_pretrained(model.path).eos_token == "<|im_end|>"
    assert end_ids(model.path) == [3, 1]


def test_generate_stops_at_the_end_token_by_itself(base, put_on):
    folder = base()
    model = AutoModelForCausalLM.from_pretrained(put_on(folder).path)
    weights = model.model.embed_tokens.weight.data
    weights[3] = model(torch.tensor([[9, 9]]), output_hidden_states=True).hidden_states[-1][0, -1]
    weights[3] *= 100
    written = model.generate(torch.tensor([[9, 9]]), max_new_tokens=8, do_sample=False)
    assert written[0].tolist() == [9, 9, 3]


def test_nothing_is_written_into_the_users_folder_and_weights_are_not_copied(base, put_on):
    folder = base()
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    model = put_on(folder)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    assert (model.path / "model.safetensors").samefile(folder / "model.safetensors")
    assert not model.path.is_relative_to(folder)


def test_the_vocabulary_stays_as_it_is(base, put_on):
    folder = base(markers=False)
    before, after = (AutoTokenizer.from_pretrained(each) for each in (folder, put_on(folder).path))
    assert after.get_vocab() == before.get_vocab()


def test_a_first_token_that_the_tokenizer_puts_before_every_text_is_put_before_a_chat(base, put_on):
    folder = base()
    said = json.loads((folder / "tokenizer.json").read_text())
    said["post_processor"] = {
        "type": "TemplateProcessing",
        "single": [
            {"SpecialToken": {"id": "<|endoftext|>", "type_id": 0}},
            {"Sequence": {"id": "A", "type_id": 0}},
        ],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
        "special_tokens": {
            "<|endoftext|>": {"id": "<|endoftext|>", "ids": [1], "tokens": ["<|endoftext|>"]}
        },
    }
    (folder / "tokenizer.json").write_text(json.dumps(said))
    assert rendered(put_on(folder)).startswith("<|endoftext|><|im_start|>system\n")


def test_a_tokenizer_without_an_end_token_ends_with_one_it_surely_has(base, put_on):
    model = put_on(base(markers=False, eos=None))
    assert AutoTokenizer.from_pretrained(model.path).eos_token == "<|endoftext|>"


def test_a_tokenizer_with_nothing_to_end_an_answer_is_refused(base, put_on):
    folder = base(markers=False, eos=None)
    text = (folder / "tokenizer.json").read_text()
    (folder / "tokenizer.json").write_text(text.replace("<|endoftext|>", "<|nothing|>"))
    with pytest.raises(ModelError, match=r"has no end, separator or padding token, .*; set eos_"):
        put_on(folder)


def test_markers_beyond_the_weights_are_not_used(base, put_on):
    folder = base()
    said = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(said | {"vocab_size": 3}))
    put_on(folder)
    assert put_on.said[0].endswith("the token <|endoftext|> ends an answer.")


def test_a_model_keeps_its_own_template_unless_one_is_asked_for(tiny, put_on, tmp_path):
    assert put_on(tiny.path) == pull(str(tiny.path), cache=tmp_path / "cache")
    assert put_on.said == []
    asked = put_on(tiny.path, "chatml")
    assert "in place of its own; the token <|im_end|> ends an answer." in put_on.said[0]
    assert asked.put_on
    assert (asked.digest, asked.identity == tiny.identity) == (tiny.digest, False)


def test_a_file_replaces_the_template(base, put_on, jinja):
    file = jinja(CHATML.replace("+ m['content']", "+ m['content'] | trim"))
    model = put_on(base(), file)
    assert (model.path / "chat_template.jinja").read_text() == file.read_text()
    assert f"the chat template {file} is put on, since its tokenizer has none;" in put_on.said[0]
    assert AutoTokenizer.from_pretrained(model.path).eos_token == "<|im_end|>"


def test_another_template_or_another_tokenizer_is_another_model(base, put_on, jinja):
    folder = base()
    seen = [put_on(folder), put_on(folder), put_on(folder, jinja(CHATML))]
    seen.append(put_on(folder, jinja(CHATML.replace("m['content']", "m['content'] | trim"))))
    with (folder / "tokenizer.json").open("a") as file:
        file.write("\n")
    seen.append(put_on(folder))
    assert [each.identity == seen[0].identity for each in seen] == [True, True, False, False, False]
    assert len({each.identity for each in seen}) == 4
    assert {each.digest for each in seen} == {seen[0].digest}


def test_a_folder_of_the_cache_that_was_changed_is_made_again(base, put_on):
    folder = base()
    model = put_on(folder)
    before = (model.path / "chat_template.jinja").read_text()
    (model.path / "chat_template.jinja").write_text(before.replace("content", "contemt"))
    assert put_on(folder) == model
    assert (model.path / "chat_template.jinja").read_text() == before
    (model.path / "model.safetensors").unlink()
    assert put_on(folder) == model
    assert (model.path / "model.safetensors").samefile(folder / "model.safetensors")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{% for m in messages %}", r"is not Jinja \(line 1: Unexpected end of template"),
        (" \n", r"is empty or above 1000000 bytes; give chatml, or the path"),
        (
            "{% if messages[0]['role'] == 'system' %}{{ raise_exception('No system role') }}{% endif %}"
            + CHATML,
            r"refuses a conversation of system, user and assistant \(No system role\); let it",
        ),
        (
            CHATML.replace("m['content']", "m['content'] / 2"),
            r"refuses a conversation .*unsupported",
        ),
        (
            CHATML.replace("in messages", "in messages[1:]"),
            r"leaves out the text of the role system; let it render every turn's content",
        ),
        (
            CHATML.replace("assistant\n' }}{% endif", "assistant\n<think>' }}{% endif"),
            r"opens an answer with .*<think>' and renders",
        ),
        (
            CHATML.replace("<|im_end|>", "##"),
            r"puts '##\\n' after the assistant's text, which begins",
        ),
        (
            CHATML.replace("<|im_end|>", "<|im_end|>' + eos_token + '"),
            r"ends an answer with '<\|im_end",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_one_line(base, put_on, jinja, text, said):
    file = jinja(text)
    with pytest.raises(UsageError, match=said) as caught:
        put_on(base(), file)
    assert str(caught.value).startswith(f"The chat template {file} ")
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_or_no_text_is_refused(base, put_on, jinja):
    folder, file = base(), jinja("")
    with pytest.raises(UsageError, match=r"There is no chat template .*none.jinja'; give chatml"):
        put_on(folder, folder / "none.jinja")
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match=r"cannot be read \(not UTF-8\); give chatml, or the path"):
        put_on(folder, file)


def test_half_a_character_in_the_settings_of_a_tokenizer_is_carried_over(base, put_on):
    folder = base()
    file = folder / "tokenizer_config.json"
    file.write_text(json.dumps(json.loads(file.read_text("utf8")) | {"note": "\ud83d"}))
    ready = put_on(folder, "chatml")
    assert json.loads((ready.path / file.name).read_text("utf8"))["note"] == "\ud83d"


def test_a_model_without_a_tokenizer_is_refused(base, put_on):
    folder = base()
    for file in folder.glob("tokenizer*"):
        file.unlink()
    with pytest.raises(ModelError, match=r"The tokenizer in .* cannot be loaded \(.*\); get the"):
        put_on(folder)


def with_own(folder, text):
    """Give a bare model a chat template of its own; its end token is <|endoftext|>."""
    (folder / "chat_template.jinja").write_text(text, "utf8")
    return folder


NO_SYSTEM = {
    "refused": "{% if messages[0]['role'] == 'system' %}{{ raise_exception('No system') }}{% endif %}",
    "left out": "{% set messages = messages | rejectattr('role', 'equalto', 'system') | list %}",
}


@pytest.mark.parametrize("how", NO_SYSTEM)
def test_a_model_without_a_system_role_gets_the_system_text_before_the_first_question(
    base, put_on, how
):
    folder = with_own(base(eos="<|im_end|>"), NO_SYSTEM[how] + CHATML)
    model = put_on(folder)
    assert put_on.said == [
        f"{folder}: its chat template takes no system turn: the system text is put before the first question."
    ]
    assert rendered(model) == rendered(
        model, [{"role": "user", "content": "Add.\n\n1+1?"}, TURNS[-1]]
    )
    answered_first = [TURNS[0], *TURNS[:0:-1], TURNS[1]]
    assert rendered(model, answered_first).startswith("<|im_start|>user\nAdd.<|im_end|>\n")
    assert rendered(model, TURNS[1:]) == rendered(model, TURNS[1:], chat_template=CHATML)
    assert (model.amended, model.put_on) == (True, True)


@pytest.mark.parametrize("before", ["", "{{ eos_token }}"])
def test_the_token_that_ends_an_answer_is_an_end_whatever_the_settings_call_one(
    base, put_on, before
):
    folder = with_own(base(), before + CHATML)
    model = put_on(folder)
    assert put_on.said == [
        f"{folder}: its chat template ends answers with <|im_end|>, which the model's settings do not call an end: "
        "outputs end there now."
    ]
    generation = AutoModelForCausalLM.from_pretrained(model.path).generation_config
    assert generation.eos_token_id == [3, 1]
    assert AutoTokenizer.from_pretrained(model.path).eos_token == "<|im_end|>"
    text = AutoTokenizer.from_pretrained(folder).apply_chat_template(TURNS, tokenize=False)
    assert rendered(model) == text


def test_a_model_whose_settings_name_the_end_of_its_template_is_taken_as_it_is(base, put_on):
    folder = with_own(base(), CHATML)
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": [1, 3]}))
    model = put_on(folder)
    assert (model.path, model.put_on, put_on.said) == (folder, False, [])


def test_a_template_that_opens_no_answer_is_given_what_opens_one(base, put_on):
    folder = with_own(base(eos="<|im_end|>"), CHATML.partition("{% if add")[0])
    model = put_on(folder)
    assert rendered(model, TURNS[:2], add_generation_prompt=True).endswith(
        "<|im_start|>assistant\n"
    )
    assert rendered(model) == rendered(model, chat_template=CHATML)
    assert "its chat template does not open an answer: prompts end with" in put_on.said[0]


def test_what_training_does_for_a_template_is_told_and_the_template_stays(base, put_on):
    thinks = CHATML.replace("assistant\n' }}{% endif", "assistant\n<think>' }}{% endif")
    folder = with_own(base(), thinks.replace("<|im_end|>", ""))
    assert put_on(folder).path == folder
    assert put_on.said == [
        f"{folder}: its chat template prompts with 't|>assistant\\n<think>' and renders answers otherwise: they are "
        "learnt after the prompt.",
        f"{folder}: its chat template puts no token after an answer: <|endoftext|> is learnt there.",
    ]


def test_a_template_of_its_own_that_renders_no_chat_is_refused_with_another(base, put_on):
    folder = with_own(base(), "{{ raise_exception('only\nJSON') }}")
    with pytest.raises(
        ModelError, match=r"^The chat template of .* refuses a conv.* \(only\)"
    ) as told:
        put_on(folder)
    assert str(told.value).endswith(
        "let it render all three. Or put another on: --chat-template chatml."
    )


@pytest.mark.parametrize("markers", [True, False])
@settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(question=TEXTS, answer=TEXTS)
def test_whatever_is_said_an_answer_ends_with_the_one_end_token(markers, ready, question, answer):
    tokenizer, end = ready(markers)
    turns = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    asked = tokenizer.apply_chat_template(turns[:1], add_generation_prompt=True, return_dict=False)
    whole = tokenizer.apply_chat_template(turns, return_dict=False)
    assert whole[: len(asked)] == asked
    written = whole[len(asked) :]
    assert tokenizer.decode(written[: written.index(end)]) == answer


@pytest.fixture(scope="session")
def ready(tiny, cache, tmp_path_factory):
    """Return a function that gives the tokenizer of a prepared base and the number of its end token."""
    import sys
    from pathlib import Path

    sys.path.insert(0, str(Path(__file__).parent.parent / "toys"))
    from toy_base import bare

    made = {}
    for markers in (True, False):
        folder = bare(tiny.path, tmp_path_factory.mktemp("ready") / "base", markers=markers)
        model = prepare(str(folder), chat_template="", cache=cache)
        tokenizer = AutoTokenizer.from_pretrained(model.path)
        made[markers] = tokenizer, tokenizer.eos_token_id
    sys.path.pop(0)
    return made.__getitem__
