"""What is said about a data script before it is run."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftdojo.records import Failure, FailureKind, Stage
from ftdojo.submissions import read_script


@pytest.mark.parametrize(
    "text",
    [
        "print('rows')\n",
        '"""Doc."""\nimport json\n',
        "\ufeffx = 1",
        "# -*- coding: utf-8 -*-\nx = 1",
        "#!/usr/bin/env python\n# coding: UTF8\nx = 1",
        "x = 1  # encoding of the raw rows is latin-1",
        "x = '\\d'  # a doubtful escape is no error",
    ],
)
def test_a_script_that_is_python_is_let_through(text):
    assert read_script(text) is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "it does nothing; write code that turns raw sources into rows of training data"),
        ('"""Only words."""\n# and more\npass\n', "it does nothing"),
        ("x = 1\0", "it holds a null byte; hand in plain UTF-8 text"),
        ("x = '\udc80'", "it holds half a surrogate pair, which UTF-8 cannot write; drop it"),
        ("```python\nx = 1\n```", "it begins with a Markdown fence; hand in the bare code"),
        (
            "# -*- coding: latin-1 -*-\nx",
            "it declares the encoding 'latin-1'; it is stored as UTF-8",
        ),
        ("\n# vim: set fileencoding=cp1252 :\nx = 1", "it declares the encoding 'cp1252'"),
        ("-" * 100_000 + "1", "it is nested too deeply for Python's parser; write it in several"),
        ("x" + ".x" * 50_000, "it is nested too deeply for Python's parser"),
        ("x = " + "1" * 5000, "line 1: Exceeds the limit (4300 digits)"),
        ("x" * 300_000, "it has 300000 characters, at most 262144 are read"),
        ("print 'rows'", "line 1: Missing parentheses in call to 'print'"),
    ],
)
def test_a_script_that_cannot_be_run_is_refused_with_the_reason(text, says):
    failure = read_script(text)
    assert (failure.stage, failure.kind, failure.file) == (
        Stage.STATIC,
        FailureKind.SYNTAX,
        "data.py",
    )
    assert failure.message.startswith("data.py: ")
    assert says in failure.message


@pytest.mark.parametrize(
    ("text", "line", "pointer"),
    [
        ("x = 1\ny = = 2\n", 2, "y = = 2\n    ^"),
        ("def f(:\n    pass", 1, "def f(:\n      ^"),
        ("if x:\n\tfor in y", 2, " for in y\n     ^"),
        ("é = '' = ''", 1, None),
    ],
)
def test_a_syntax_error_is_pointed_at(text, line, pointer):
    failure = read_script(text)
    assert f"data.py: line {line}: " in failure.message
    assert failure.log_tail == pointer or pointer is None


def test_an_error_far_right_on_a_long_line_is_still_in_sight():
    shown, caret = read_script("x" * 5000 + " = = 1").log_tail.split("\n")
    assert len(shown) <= 120
    assert shown[caret.index("^")] == "="


@given(st.text() | st.text(alphabet="()[]{}:=x1'\"\\\n\t #fdeif", max_size=80))
def test_arbitrary_text_is_a_failure_or_none_never_an_error(text):
    assert isinstance(read_script(text), Failure | None)
