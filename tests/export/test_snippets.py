"""The scripts of the model cards, run word for word without ftdojo, answer as the dojo does."""

import os
import re
import runpy
import subprocess
import sys
from dataclasses import replace

import pytest
from transformers import AutoModelForCausalLM, AutoTokenizer

from ftdojo.export import export_adapter, export_gguf, export_merged
from ftdojo.inference.engine import generate
from ftdojo.records import Decoding

QUESTION = 'What is 1 + 1 in "words"?\nSay so.'
WITHOUT_FTDOJO = """import runpy, sys
sys.modules["ftdojo"] = None
sys.path.insert(0, "")
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0])
"""


def script_in(folder):
    """Save the script of a card as the card says to."""
    readme = (folder / "README.md").read_text("utf8")
    script = re.search(r"^```python\n(.*?)^```$", readme, re.DOTALL | re.MULTILINE)[1]
    (folder / "ask.py").write_text(script, "utf8")


def by_script(folder, *args):
    """Run the script of the card in its folder and return what it prints."""
    script_in(folder)
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", WITHOUT_FTDOJO, "ask.py", *args],
        cwd=folder,
        capture_output=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.decode("utf8").removesuffix("\n")


@pytest.fixture
def by_script_here(monkeypatch, capsys):
    """Return ``by_script`` without a process: transformers, which takes seconds to load, is loaded here already."""

    def run(folder, *args):
        script_in(folder)
        with monkeypatch.context() as patch:
            patch.chdir(folder)
            patch.setattr(sys, "argv", ["ask.py", *args])
            patch.setitem(sys.modules, "ftdojo", None)
            runpy.run_path("ask.py")
        return capsys.readouterr().out.removesuffix("\n")

    return run


def by_dojo(model, folder, asked):
    """Return what the dojo's own engine makes of the model in float32, which the scripts compute in."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    decoding = Decoding(max_new_tokens=asked.max_new_tokens, stop=asked.stop)
    (answer,) = generate(model, tokenizer, [asked.prompt(QUESTION)], decoding=decoding)
    return answer.text


def test_the_script_for_an_adapter_answers_as_the_dojo_does(
    adapter, trained, tiny, card, tmp_path, by_script_here
):
    to = export_adapter(adapter, tiny, to=tmp_path / "out", card=card)
    said = by_script_here(to, str(tiny.path), QUESTION)
    assert said == by_dojo(trained, to, card.asked)
    for left_out in ({"system": ""}, {"template": "{question}"}):
        assert said != by_dojo(trained, to, replace(card.asked, **left_out))


def test_the_script_for_a_merged_model_ends_at_a_stop_string_as_the_dojo_does(
    adapter, tiny, card, tmp_path
):
    whole = export_merged(adapter, tiny, to=tmp_path / "whole", card=card)
    model = AutoModelForCausalLM.from_pretrained(whole, dtype="float32")
    uncut = by_dojo(model, whole, card.asked)
    asked = replace(card.asked, stop=("never written", uncut[3:5]))
    to = export_merged(adapter, tiny, to=tmp_path / "out", card=replace(card, asked=asked))
    said = by_script(to, QUESTION)
    assert said == by_dojo(model, to, asked)
    assert uncut.startswith(said)
    assert len(said) < len(uncut)


def test_the_script_for_llama_cpp_python_puts_the_same_turns(tiny, card, tmp_path):
    found = export_gguf(None, tiny, to=tmp_path / "out", card=card)
    library = """import pathlib
class Llama:
    def __init__(self, model_path, **options):
        assert pathlib.Path(model_path).is_file()
    def create_chat_completion(self, turns, *, max_tokens, temperature, repeat_penalty, stop):
        said = repr((turns, max_tokens, temperature, repeat_penalty, stop))
        return {"choices": [{"message": {"content": said}}]}
"""
    (found.path.parent / "llama_cpp.py").write_text(library)
    said = by_script(found.path.parent, QUESTION)
    assert said == repr((list(card.asked.prompt(QUESTION)), 24, 0.0, 1.0, []))
