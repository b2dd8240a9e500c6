"""One text is put the way the task puts a row's one column: with the words of the question around it."""

import json
from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftdojo.export.snippets import _TURNS, llama_cli, llama_server


@pytest.fixture(scope="module")
def review(asked):
    return replace(asked, question="Review: {text}\nGood?", columns=("text",))


def test_a_text_stands_where_the_one_column_stands(review):
    assert review.whole(" fine {text} ") == "Review: fine {text}\nGood?"


def test_a_text_is_a_whole_question_where_there_are_no_columns_or_several(asked, review):
    assert asked.whole(" {text} ") == " {text} "
    assert replace(review, columns=("text", "title")).whole("both") == "both"


@given(text=st.text(min_size=1))
def test_the_scripts_of_the_cards_make_the_same_turns(review, tmp_path_factory, text):
    folder = tmp_path_factory.getbasetemp()
    (folder / "ftdojo.json").write_text(json.dumps({"asked": asdict(review)}), "utf8")
    said = {"json": json, "Path": lambda name: folder / name, "question": text}
    exec(_TURNS, said)
    assert said["turns"] == list(review.prompt(review.whole(text)))


def test_the_commands_of_llama_cpp_put_the_words_around_the_text(review):
    assert "Q: Review: your question\\nGood?" in llama_cli("m.gguf", review)
    assert "Review: your question" in llama_server("m.gguf", review)
