"""A whole run of a model that has no chat template: it is taught one, ends its answers by it, and takes it along."""

import json
import shutil
from pathlib import Path

import pytest
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

from ftdojo.dojo import export
from ftdojo.dojo import start as begin
from ftdojo.errors import ModelError, StoreError
from ftdojo.models import pull
from ftdojo.records import Announced, Finish, RunSpec, Submission, Train, WeightsReused


@pytest.fixture(scope="module")
def folder(toys, tmp_path_factory):
    from toy_base import bare

    cache = tmp_path_factory.mktemp("tiny")
    return bare(pull("tiny", cache=cache).path, cache / "base")


@pytest.fixture(scope="module")
def start(home, cache, folder):
    """Return a function that makes a run of the base model."""

    def started(run, **more):
        spec = RunSpec(task="toy_yes:task", model=str(folder), **more)
        return begin(spec, name=run, root=home / "runs", cache=cache)

    return started


@pytest.fixture(scope="module")
def taught(start):
    """A finished run: its folder, what was seen at its start, and its one experiment."""
    from toy_yes import DATA, TRAIN

    with start("taught") as dojo:
        first = dojo.reset()
        submission = Submission(plan="# Say yes", data=DATA, train=TRAIN)
        done = dojo.step(Train(submission=submission)).observation.experiments[-1]
        dojo.step(Finish(experiment="e1"))
    return dojo.folder, first, done


def test_the_observation_says_that_it_is_asked_through_a_template(taught, folder, cache):
    model = taught[1].model
    assert (model.name, model.chat_template) == (str(folder), True)
    assert pull(str(folder), cache=cache).chat_template is False
    assert model.digest == taught[0].config.model_digest != pull(str(folder), cache=cache).digest


def test_the_end_token_is_trained_and_answers_stop_at_it(taught):
    run, _, done = taught
    assert done.failure is None
    assert "<|im_start|>assistant\n>>>" in done.feedback.check.data.samples[0]
    assert done.feedback.check.data.samples[0].endswith("<|im_end|>\n<<<")
    assert done.evaluation.score.score > 0.9
    assert {each.finished for each in run.predictions("e1", "validation")} == {True}
    assert {each.output for each in run.predictions("e1", "validation")} == {"yes"}


@pytest.mark.parametrize("form", ["adapter", "merged", "gguf"])
def test_every_export_stops_by_itself_in_plain_transformers(taught, folder, cache, tmp_path, form):
    to = export(taught[0], to=tmp_path / "out", form=form, cache=cache)
    # transformers reads no tokenizer without merges, such as tiny's, from a GGUF file
    tokenizer = AutoTokenizer.from_pretrained(taught[0].path / "model" if form == "gguf" else to)
    asked = [{"role": "user", "content": "Is it so, number 77?"}]
    ids = tokenizer.apply_chat_template(asked, add_generation_prompt=True, return_tensors="pt")
    named = {"gguf_file": next(to.glob("*.gguf")).name} if form == "gguf" else {}
    model = AutoModelForCausalLM.from_pretrained(folder if form == "adapter" else to, **named)
    ends = {}
    if form == "adapter":  # the base's settings are the user's: the script in the card adds these
        model, ends = PeftModel.from_pretrained(model, to), {"eos_token_id": [3, 1]}
    written = model.generate(**ids, **ends, max_new_tokens=40, do_sample=False)
    assert tokenizer.decode(written[0, ids["input_ids"].shape[1] :]) == "yes<|im_end|>"


def test_a_gguf_file_names_template_and_end_token(taught, cache, tmp_path):
    from gguf import GGUFReader

    to = export(taught[0], to=tmp_path / "out", form="gguf", cache=cache)
    read = GGUFReader(next(to.glob("*.gguf")))
    assert read.get_field("tokenizer.ggml.eos_token_id").contents() == 3
    assert read.get_field("tokenizer.chat_template").contents() == template(taught)


def test_with_another_template_the_base_is_scored_and_trained_again(start, taught, cache, tmp_path):
    other, before = tmp_path / "other.jinja", set(cache.glob("base-scores/*"))
    other.write_text(template(taught).replace("'\\n' }}{% endfor", "'\\n\\n' }}{% endfor"))
    with start("other", chat_template=str(other)) as dojo:
        assert dojo.reset().model.digest != taught[1].model.digest
        assert len(set(cache.glob("base-scores/*")) - before) == 1
        dojo.step(Train(submission=taught[2].submission))
        assert WeightsReused not in {type(each) for each in dojo.folder.events()}
    assert dojo.folder.config.chat_template == str(other)


def test_a_template_that_changed_meanwhile_is_noticed(start, reopen, taught, tmp_path):
    file = tmp_path / "mine.jinja"
    file.write_text(template(taught))
    start("changed", chat_template=str(file)).close()
    reopen("changed").close()
    file.write_text(template(taught).replace("'\\n' }}{% endfor", "'\\n\\n' }}{% endfor"))
    with pytest.raises(StoreError, match=f"with the chat template {file}, together .*, and this"):
        reopen("changed").close()


def test_an_export_with_another_template_than_was_trained_with_is_refused(taught, cache, tmp_path):
    copy = tmp_path / "run"
    shutil.copytree(taught[0].path, copy)
    file = tmp_path / "mine.jinja"
    file.write_text(template(taught).replace("'\\n' }}{% endfor", "'\\n\\n' }}{% endfor"))
    said = json.loads((copy / "run.json").read_text()) | {"chat_template": str(file)}
    (copy / "run.json").write_text(json.dumps(said))
    with pytest.raises(StoreError, match=r"put the files back as they were, or start a new run"):
        export(type(taught[0])(copy), to=tmp_path / "out", form="merged", cache=cache)


def test_a_run_without_a_choice_records_what_was_put_on(taught):
    assert taught[0].config.chat_template == "chatml"


def template(taught):
    return Path(taught[0].path / "model" / "chat_template.jinja").read_text()


PROMPT = 41
"""Tokens of a prompt of the toy task; its right answer has 3 and an end token, and 6 are allowed."""


@pytest.fixture
def changed(home, cache, tmp_path):
    """Return a function that begins a run of ``tiny`` with another settings file and an added token, if one is given."""

    def begun(run, config, token="", **how):
        mine = shutil.copytree(pull("tiny", cache=cache).path, tmp_path / "mine")
        known = json.loads((mine / "config.json").read_text())
        (mine / "config.json").write_text(json.dumps(known | config))
        if token:
            tokenizer = AutoTokenizer.from_pretrained(mine)
            tokenizer.add_special_tokens({"additional_special_tokens": [token]})
            tokenizer.chat_template = tokenizer.chat_template.replace("<|im_start|>", token)
            tokenizer.save_pretrained(mine)
        spec = RunSpec(task="toy_yes:task", model=str(mine))
        return begin(spec, name=run, root=home / "runs", cache=cache, **how)

    return begun


@pytest.mark.parametrize(
    ("config", "token", "said"),
    [
        (
            {"max_position_embeddings": 32},
            "",
            r"need \d+ \+ 1 tokens, and the context of .* ends at 32; choose a model with a longer",
        ),
        (
            {"max_position_embeddings": PROMPT + 3},
            "",
            rf"right answer need {PROMPT + 4} tokens, and the context of .* ends at {PROMPT + 3}; choose",
        ),
        ({}, "<|turn|>", r"need token 260 \('<\|turn\|>'\), and the embedding of .* has 260 rows;"),
    ],
)
def test_a_model_that_the_tasks_prompts_do_not_fit_is_refused_and_leaves_no_run(
    changed, home, config, token, said
):
    with pytest.raises(ModelError, match=said):
        changed("unfit", config, token)
    assert not (home / "runs" / "unfit").exists()


def test_a_model_whose_context_holds_right_answers_but_not_the_longest_is_taken_and_that_is_said(
    changed,
):
    told = []
    changed("tight", {"max_position_embeddings": PROMPT + 4}, listeners=[told.append]).close()
    said = [each.text for each in told if isinstance(each, Announced)]
    (line,) = [text for text in said if "prompts leave room for" in text]
    assert line.startswith("64 of 64 prompts leave room for 4 to 5 tokens in the context of")
    assert line.endswith("answers may have 6: right ones fit, longer ones are cut there.")
