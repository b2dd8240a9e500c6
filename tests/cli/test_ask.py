"""``ftdojo ask``: the model that came out answers from its run and its exports, asked as its task asked it."""

import io
import json
import re
import shutil
import subprocess
import sys

import pytest

QUESTION = "Is it so, number 77?"


@pytest.fixture(scope="session")
def tuned(home, learned):
    """The adapter that a run leaves."""
    return home / "runs" / "learned" / "model"


@pytest.fixture
def changed(tuned, tmp_path):
    """Copy the adapter, with changes to what ``ftdojo.json`` says of its base or at its top."""

    def copy(**changes):
        folder = shutil.copytree(tuned, tmp_path / "changed")
        said = json.loads((folder / "ftdojo.json").read_text())
        said["base"] |= {name: changes.pop(name) for name in said["base"].keys() & changes}
        (folder / "ftdojo.json").write_text(json.dumps(said | changes))
        return folder

    return copy


def test_a_run_answers_with_the_model_it_chose(call, learned):
    ended = call("ask", "learned", QUESTION)
    assert (ended.code, ended.out) == (0, "yes\n"), ended.err
    assert ended.err == "e1 of learned, asked as toy/yes asks\n"


def test_an_adapter_answers_the_rows_of_a_file(call, tuned, tmp_path):
    rows = tmp_path / "rows.jsonl"
    rows.write_text(f'{{"question": "{QUESTION}", "id": 1}}\n{{"question": "Is it so?"}}\n')
    ended = call("ask", tuned, "--file", rows, "--json")
    assert ended.code == 0, ended.err
    first, second = map(json.loads, ended.out.splitlines())
    assert first == {"prompt": QUESTION, "answer": "yes", "tokens": 4, "finished": True}
    assert second["prompt"] == "Is it so?"


def test_a_merged_model_answers_the_lines_of_stdin(call, learned, tmp_path, monkeypatch):
    to = tmp_path / "merged"
    assert call("export", "learned", "--to", to, "--merge").code == 0
    sent = f"{QUESTION}\n{QUESTION}\n\n".encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(sent)))
    assert call("ask", to, "--file", "-").out == "yes\nyes\n"


def test_the_base_answers_otherwise_and_is_cut_at_the_cap(call, learned):
    ended = call("ask", "learned", QUESTION, "--base", "--raw", "--max-new-tokens", 2, "--json")
    answer = json.loads(ended.out)
    assert (answer["tokens"], answer["finished"]) == (2, False)
    assert ended.err.splitlines() == [
        "base of learned, asked without the task's own words",
        "1 of 1 answers cut at 2 tokens; --max-new-tokens allows more",
    ]


def test_the_script_in_the_readme_answers_as_ask_does(tuned, environment, home):
    readme = (tuned / "README.md").read_text("utf8")
    script = readme.partition("```python\n")[2].partition("```")[0]
    done = subprocess.run(
        [sys.executable, "-c", script, home / "cache" / "models" / "tiny", QUESTION],
        cwd=tuned,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert (done.stdout, done.returncode) == ("yes\n", 0), done.stderr


def test_a_question_longer_than_the_context_is_refused(call, tuned):
    ended = call("ask", tuned, "word " * 300)
    assert (ended.code, ended.out) == (2, "")
    said = r"Prompt 1 has 15\d\d tokens, and the context of tiny ends at 1024; shorten it"
    assert re.search(said, ended.err.splitlines()[-1])


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("learned",), 'Give one question, as in `ftdojo ask MODEL "..."`, or --file FILE.'),
        (("learned", "Why?", "--file", "x.txt"), "Give one question, as in"),
        (("learned", " \n"), "The question is empty; a question has at least one word."),
        (("learnd", "Why?"), "No run or folder is called 'learnd'. Did you mean 'learned'?"),
        (("A question for a model? " * 40, "learned"), "No run or folder is called 'A question"),
        (("learned", "Why?", "--experiment", "e9"), "No experiment with weights is called 'e9'."),
        (("learned", "Why?", "--experiment", "e1", "--base"), "--base and --experiment e1 are two"),
    ],
)
def test_a_wrong_call_is_told_what_is_right(call, refused, learned, asked, said):
    assert refused(call("ask", *asked), code=2).startswith(said)


def test_experiments_are_those_of_runs(call, refused, tuned):
    line = refused(call("ask", tuned, "Why?", "--base"), code=2)
    assert "is not a run, so it has no experiments; leave out --experiment and --base" in line


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("notes.md", "is neither a run (run.json) nor an exported model (ftdojo.json with"),
        ("model.gguf", "holds a GGUF file, which llama.cpp asks (README.md there says how)"),
        (
            "config.json",
            "ftdojo.json cannot be read (No such file or directory), so it is not known",
        ),
        ("adapter_config.json", "lacks adapter_model.safetensors"),
    ],
)
def test_a_folder_that_cannot_be_asked_is_told_what_is_missing(call, refused, tmp_path, file, said):
    (tmp_path / file).write_text("{}")
    ended = call("ask", tmp_path, "Why?")
    assert said in refused(ended, code=ended.code)
    assert ended.code in (1, 2)


def test_an_adapter_refuses_another_base(call, refused, changed):
    line = refused(call("ask", changed(digest="0" * 64), "Why?"), code=1)
    assert line.startswith("The adapter was trained with tiny 000000000000, and what is here by ")
    assert "ask the merged model (`ftdojo export learned --merge`" in line


def test_an_adapter_refuses_its_base_with_another_tokenizer_or_template(call, refused, changed):
    line = refused(call("ask", changed(settings="0" * 64), "Why?"), code=1)
    assert "template or settings of tiny are no longer those that the adapter was trained" in line


def test_an_adapter_whose_base_is_not_to_be_had_says_so(call, refused, changed):
    line = refused(call("ask", changed(name="/gone/model"), "Why?"), code=1)
    assert line.startswith("There is no folder /gone/model; ")


def test_weights_of_another_form_than_told_are_refused(call, refused, changed):
    line = refused(call("ask", changed(form="merged"), "Why?"), code=1)
    assert "is of the form 'merged', and the weights beside it are another's" in line


def test_a_run_without_a_result_has_models_only_by_name(call, refused, home, learned, tmp_path):
    run = shutil.copytree(home / "runs" / "learned", tmp_path / "open")
    (run / "result.json").unlink()
    line = refused(call("ask", run, "Why?"), code=1)
    assert line.endswith("so no model is chosen; name one by --experiment, or --base.")
