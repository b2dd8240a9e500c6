"""Questions on stdin: lines of text, or rows where a question is made of several columns."""

import io
import sys

import pytest

from ftdojo.cli.ask import questions_of
from ftdojo.errors import UsageError
from ftdojo.export import AskedAs

PLAIN = AskedAs(
    task="own/pairs",
    task_version=1,
    system="",
    template="{question}",
    question="",
    columns=(),
    max_new_tokens=8,
    stop=(),
)


@pytest.fixture
def sent(monkeypatch):
    """Send text to stdin and read the questions of a task whose question is made so."""

    def read(text, question="", columns=(), **more):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        fields = vars(PLAIN) | {"question": question, "columns": columns}
        return questions_of("-", AskedAs(**fields), **more)

    return read


def test_a_line_is_a_question(sent):
    assert sent('one\n{"a": 2}\n') == ["one", '{"a": 2}']


def test_a_line_gets_the_words_around_the_one_column_unless_raw(sent):
    assert sent("fine\n", "Review: {text}", ("text",)) == ["Review: fine"]
    assert sent("fine\n", "Review: {text}", ("text",), raw=True) == ["fine"]


def test_rows_are_read_where_a_question_has_several_columns(sent):
    rows = '{"a": "sun", "b": "rain", "label": 1}\n\n{"b": "x", "a": "y"}\n'
    assert sent(rows, "{a} or {b}?", ("a", "b")) == ["sun or rain?", "y or x?"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "sun or rain?\n",
            r"^stdin, line 1, is not JSON .* is made of a, b, so stdin holds a JSON",
        ),
        ('{"a": "x", "b": "y"}\n{"a": "x"}', r"^stdin, line 2, has no 'b'; it has a\."),
        ("\n", r"^- holds no question"),
    ],
)
def test_what_is_no_row_is_named_with_its_line(sent, text, said):
    with pytest.raises(UsageError, match=said):
        sent(text, "{a} or {b}?", ("a", "b"))
