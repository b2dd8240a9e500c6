"""What plan.md may say, and what is said about the rest."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ftdojo.records import BASE, Failure, FailureKind, Stage
from ftdojo.submissions import Plan, read_plan, write_plan


def test_a_plan_without_front_matter_starts_from_the_base_and_predicts_nothing():
    assert read_plan("# Why\nBecause.") == Plan(body="# Why\nBecause.", parent=BASE)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_front_matter_names_parent_prediction_and_recipe(newline):
    lines = [
        "\ufeff---",
        "parent: e3",
        "predicted: 4e-1",
        "recipe: {mix: [a, 1e-3]}",
        "--- ",
        "Why.",
    ]
    plan = read_plan(newline.join(lines))
    assert plan == Plan(body="Why.", parent="e3", predicted=0.4, recipe={"mix": ["a", 0.001]})


def test_dashes_at_the_end_of_a_line_do_not_close_the_front_matter():
    assert read_plan("---\nparent: e3---\n---\nx ---\n") == Plan(body="x ---\n", parent="e3---")


def test_empty_front_matter_and_null_values_mean_the_defaults():
    assert (
        read_plan("---\n---\nx")
        == read_plan("---\nparent:\nrecipe: null\n---\nx")
        == Plan(body="x")
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "",
            "it is empty; say what changes against the parent, why that should help, and the score",
        ),
        ("---\nparent: e1\n---\n \n", "it is empty; say what changes"),
        ("---\nparant: e3\n---\nx", "'parant' is unknown, the nearest is parent"),
        ("---\nzzz: e3\n---\nx", "'zzz' is unknown, leave it out"),
        (
            "---\nparent: 3\n---\nx",
            "parent is 3, it must be an experiment's id such as e3, or base",
        ),
        ("---\nparent: ../e3\n---\nx", "parent is '../e3', it must be an experiment's id"),
        ("---\npredicted: 40%\n---\nx", "predicted is '40%', it must be a number such as 0.42"),
        ("---\npredicted: true\n---\nx", "predicted is True, it must be a number"),
        ("---\npredicted: .nan\n---\nx", "front matter, line 1, column 12: '.nan' is not a finite"),
        (f"---\npredicted: {'9' * 300}\n---\nx", "it must be a number such as 0.42"),
        ("---\nrecipe: [1]\n---\nx", "recipe must be a mapping"),
        ("---\nprose\n---\nx", "front matter, it must hold lines of the form key: value"),
        ("x" * 200_000, "it has 200000 characters, at most 131072 are read"),
        ("x\ud800", "it holds half a surrogate pair, which UTF-8 cannot write; drop it"),
    ],
)
def test_a_plan_outside_the_rules_is_refused_with_what_would_be_right(text, says):
    failure = read_plan(text)
    assert isinstance(failure, Failure)
    assert (failure.stage, failure.kind, failure.file) == (
        Stage.STATIC,
        FailureKind.SCHEMA,
        "plan.md",
    )
    assert says in failure.message
    assert len(failure.message) < 250


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "---\nparent: e1\n",
            "the first --- is never followed by a second; close it, or begin with",
        ),
        (
            "---\nparent: 'a\n---\nx",
            "front matter, line 2, column 1: found unexpected end of stream",
        ),
    ],
)
def test_front_matter_that_cannot_be_parsed_is_a_syntax_failure(text, says):
    failure = read_plan(text)
    assert failure.kind is FailureKind.SYNTAX
    assert says in failure.message


@given(st.text() | st.text(alphabet="-parentcid:\n {[&", max_size=60).map("---\n".__add__))
def test_arbitrary_text_is_a_plan_or_a_failure_never_an_error(text):
    assert isinstance(read_plan(text), Plan | Failure)


finite = st.floats(-1e15, 1e15)
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | finite | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=8,
)
plans = st.builds(
    Plan,
    body=st.text().filter(str.strip),
    parent=st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9_-]{0,9}\Z"),
    predicted=st.none() | finite,
    recipe=st.dictionaries(st.text(max_size=9), plain, max_size=3),
)


@example(Plan(body="x", recipe={"\x85": "\u2028\n"}))
@given(plans)
def test_a_plan_survives_being_written_and_read(plan):
    assert read_plan(write_plan(plan)) == plan
