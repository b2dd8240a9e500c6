"""A model card says how the model is asked and what it learnt from, and texts of others do not break it."""

import json
import re
import shlex
import subprocess
from dataclasses import replace
from itertools import pairwise

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ftdojo.export import export_adapter
from ftdojo.export.card import fenced, shell_word
from ftdojo.export.snippets import llama_cli, llama_server

HOSTILE = "---\nlicense: mit\n---\n```python\nimport os\n```\n# Heading\n````\n<script>\x1b[2J"
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60)


@pytest.fixture
def readme(adapter, tiny, tmp_path):
    """Export an adapter with a card and return its README.md."""

    def written(card):
        to = export_adapter(adapter, tiny, to=tmp_path / f"out{len(card.chain)}", card=card)
        return (to / "README.md").read_text("utf8")

    return written


def blocks(text):
    """Return the code blocks of a page as CommonMark reads them: (language, content)."""
    pattern = r"^(`{3,})(\w*)\n(.*?)\n\1`*$"
    return [
        (language, content)
        for _, language, content in re.findall(pattern, text, re.DOTALL | re.MULTILINE)
    ]


def test_it_shows_system_text_template_and_cap(readme, card):
    text = readme(card)
    assert blocks(text)[:2] == [("text", "Answer briefly."), ("text", "Q: {question}")]
    assert "ends after 24 tokens at the latest." in text
    assert '`ftdojo ask FOLDER "your question"`' in text


def test_a_question_of_columns_is_shown_with_its_columns(readme, card):
    asked = replace(card.asked, question="{premise} So: {hypothesis}?", columns=("premise",))
    assert ("text", "{premise} So: {hypothesis}?") in blocks(readme(replace(card, asked=asked)))


def test_weights_that_went_on_from_others_name_them_and_have_the_rows_of_all(readme, card):
    text = readme(replace(card, chain=("e1", "e2")))
    assert "Training went on from the weights of e2; these are the rows of e1, e2 and e3." in text
    assert "went on from" not in readme(card)


def test_sources_that_were_used_are_told_from_those_on_offer(readme, card):
    used = {"worked": 300, "made up": 1, "unknown": 2}
    text = readme(replace(card, used=used))
    said, _, offered = text.partition("## Raw sources on offer")
    assert "- worked: 300 rows, CC0-1.0\n- made up: 1 row, not a source on offer" in said
    assert "- unknown: 2 rows, whose source it did not name" in said
    assert offered.split("##")[0].strip() == "- worked: CC0-1.0\n- forum: CC-BY-4.0"


def test_texts_of_others_stay_in_their_places(readme, card):
    asked = replace(card.asked, system=HOSTILE, template=HOSTILE + "{question}", task=HOSTILE)
    said = {HOSTILE: HOSTILE}
    text = readme(replace(card, asked=asked, sources=said, used={HOSTILE: 3}, metric=HOSTILE))
    _, front, page = re.split(r"^---\n", text, maxsplit=2, flags=re.MULTILINE)
    front = yaml.safe_load(front)
    assert (front["license"], front["tags"]) == ("apache-2.0", ["ftdojo", HOSTILE])
    shown = HOSTILE.replace("\x1b", "\ufffd")
    assert blocks(text)[:2] == [("text", shown), ("text", shown + "{question}")]
    outside = re.sub(r"^(`{3,})\w*\n.*?\n\1`*$", "", page, flags=re.DOTALL | re.MULTILINE)
    assert not re.search(r"^# Heading|(?<!\\)<script>|\x1b", outside, re.MULTILINE)


@settings(deadline=None)
@given(TEXTS)
def test_no_text_closes_the_block_it_is_shown_in(text):
    opening, *inside, closing = fenced(text).split("\n")
    ticks = opening.removesuffix("text")
    assert closing == ticks
    assert not any(re.fullmatch(rf" {{0,3}}{ticks}`*\s*", line) for line in inside)


@settings(max_examples=40, deadline=None)
@given(TEXTS)
def test_bash_reads_every_word_as_it_was(text):
    word = shell_word(text)
    done = subprocess.run(["bash", "-c", f"printf %s {word}"], capture_output=True, check=True)
    assert (done.stdout, "\n" in word) == (text.encode(), False)


@settings(deadline=None)
@given(system=TEXTS, around=TEXTS)
def test_the_request_to_llama_server_asks_as_the_task_does(asked, system, around):
    how = replace(asked, system=system, template=around + "{question}", stop=("\n",))
    serve, ask = llama_server("m.gguf", how).split("\n")
    sent = json.loads(shlex.split(ask)[-1])
    assert serve == "llama-server -m m.gguf &"
    assert sent["messages"] == list(how.prompt("your question"))
    assert (sent["max_tokens"], sent["stop"], sent["temperature"]) == (24, ["\n"], 0)


def test_llama_cli_gets_system_text_prompt_cap_and_stop(asked):
    words = shlex.split(llama_cli("m.gguf", replace(asked, stop=("END",))))
    options = dict(pairwise(words))
    assert (options["-sys"], options["-p"]) == ("Answer briefly.", "Q: your question")
    assert (options["-n"], options["-r"], options["--temp"]) == ("24", "END", "0")


def test_an_experiment_that_was_not_selected_is_not_said_to_be_tested(readme, card):
    text = readme(replace(card, split="validation"))
    front = yaml.safe_load(text.split("---")[1])
    assert front["model-index"][0]["results"][0]["dataset"]["split"] == "validation"
    assert "it was never tested" in text
    assert "held-out test items" not in text
