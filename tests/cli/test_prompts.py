"""Questions from a file: a line or a row each; a slip is named by its line."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftdojo.cli.ask import questions_of
from ftdojo.errors import FtdojoError
from ftdojo.export import AskedAs

PAIRS = "{premise} So: {hypothesis}?"
LINE = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(str.strip)


def asks(question="", *columns):
    return AskedAs(
        task="mine",
        task_version=1,
        system="",
        template="{question}",
        question=question,
        columns=columns,
        max_new_tokens=8,
        stop=(),
    )


@pytest.fixture
def read(tmp_path):
    def written(name, text, asked):
        (tmp_path / name).write_text(text, "utf8")
        return questions_of(str(tmp_path / name), asked)

    return written


@settings(deadline=None)
@given(st.lists(LINE, min_size=1))
def test_every_line_of_text_is_a_question(tmp_path_factory, lines):
    file = tmp_path_factory.mktemp("lines") / "questions.txt"
    file.write_text("\n".join(lines) + "\n\n", "utf8")
    assert questions_of(str(file), asks()) == lines


@settings(deadline=None)
@given(LINE, LINE)
def test_a_row_makes_a_question_of_its_columns(tmp_path_factory, premise, hypothesis):
    file = tmp_path_factory.mktemp("rows") / "rows.jsonl"
    row = {"premise": premise, "hypothesis": hypothesis, "So": "not a column of the question"}
    file.write_text(json.dumps(row))
    made = questions_of(str(file), asks(PAIRS, "premise", "hypothesis"))
    assert made == [f"{premise.strip()} So: {hypothesis.strip()}?"]


def test_braces_that_are_no_columns_of_the_task_stay(read):
    made = read("rows.jsonl", '{"a": "1", "json": "2"}', asks("{a} as {json}", "a"))
    assert made == ["1 as {json}"]


@pytest.mark.parametrize("text", ["note\nWhy?\n", "id,question\n1,Why?\n", "text,label\nWhy?,x\n"])
def test_a_table_has_one_column_that_can_be_the_question(read, text):
    assert read("rows.csv", text, asks()) == ["Why?"]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("q.txt", "One\n\nThree\n", r"q.txt, line 2, is empty; a question has at least one word"),
        ("q.txt", "\n\n", "q.txt holds no question; write one a line, or one a row"),
        ("q.csv", "text,prompt\na,b\n", "line 2, has text, prompt, and the question may be prompt"),
        ("q.csv", "id,body\n1,b\n", "line 2, has id, body, and the question may be none of them"),
        ("q.jsonl", '{"text": " "}', "line 1, is empty; a question has"),
        ("q.jsonl", '{"text": 1', "line 1"),
        ("q.xlsx", "PK", "is a spreadsheet, which is not read"),
    ],
)
def test_what_holds_no_question_is_named(read, name, text, said):
    with pytest.raises(FtdojoError, match=said):
        read(name, text, asks())


def test_a_row_without_a_column_of_the_question_is_named(read):
    said = "line 2, has no 'hypothesis'; it has premise. A question of mine is made of premise, hyp"
    with pytest.raises(FtdojoError, match=said):
        read("rows.csv", "premise\nIt rains.\n", asks(PAIRS, "premise", "hypothesis"))


def test_a_file_that_is_not_there_is_named(tmp_path):
    for name, why in (("q.txt", "No such file"), ("q.csv", "No such"), ("q" * 300, "File name")):
        with pytest.raises(FtdojoError, match=f"{name} cannot be read: {why}"):
            questions_of(str(tmp_path / name), asks())
