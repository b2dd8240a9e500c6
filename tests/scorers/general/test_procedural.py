from importlib.util import find_spec

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftdojo.scorers.general.procedural import EVALUATED, Marker, answer_of, grade, in_format

pytestmark = pytest.mark.skipif(find_spec("reasoning_gym") is None, reason="needs reasoning-gym")


@pytest.fixture(scope="module")
def marker():
    made = Marker()
    yield made
    made.close()


@pytest.mark.parametrize(
    ("output", "answer"),
    [
        ("Answer: 7", "7"),
        ("4 + 3\n  Answer:  7 \nDone.", "7"),
        ("Answer: 1\nAnswer: 2", "2"),
        ("Answer:\n1 2\n3 4\n", "1 2\n3 4"),
        ("The Answer: 7", ""),
        ("answer: 7", ""),
        ("Answer:", ""),
        ("", ""),
    ],
)
def test_the_answer_stands_behind_the_last_cue(output, answer):
    assert answer_of(output) == answer


@pytest.mark.parametrize("answer", ["7", "1 2\n3 4"])
def test_an_answer_in_our_format_is_read_back(answer):
    assert answer_of(in_format(answer)) == answer


def test_a_wrong_answer_that_holds_the_right_one_is_wrong(marker):
    gold = marker.question("gcd", 1, 0)[1]
    found = grade(f"Answer: {gold}0000", gold, name="gcd", seed=1, index=0)
    assert found.readable
    assert found.score == 0 < found.secondary["package_score"]


def test_another_way_to_write_the_right_answer_is_right(marker):
    gold = marker.question("simple_integration", 1, 0)[1]
    same = gold.replace("+ C", "+ C + 3 - 3")
    assert marker.mark("simple_integration", 1, 0, same) == 1
    assert marker.mark("simple_integration", 1, 0, "X + C") == 0


@pytest.mark.parametrize(
    "answer",
    [
        "__import__('os').system('touch /tmp/ftdojo-was-here')",
        "open('/tmp/ftdojo-was-here', 'w')",
        "().__class__.__bases__[0].__subclasses__()",
        "[x for x in range(9)]",
        "x.subs",
        "lambda: 1",
        "'a' * 10 ** 10",
    ],
)
def test_what_could_call_or_reach_for_anything_is_never_evaluated(answer):
    assert not any(form.fullmatch(answer) for form in EVALUATED.values())
    assert not grade(f"Answer: {answer}", "1", name="puzzle24", seed=1, index=0).readable


def test_an_answer_that_takes_for_ever_is_wrong_and_the_next_one_is_scored():
    marker = Marker(deadline_s=3.0)
    gold = marker.question("chain_sum", 1, 0)[1]
    marker.question("countdown", 1, 0)
    assert marker.mark("countdown", 1, 0, "9**9**9**9**9**9") == 0
    assert marker._process._child is None
    marker.question("chain_sum", 1, 0)
    assert marker.mark("chain_sum", 1, 0, gold) == 1
    marker.close()


def test_questions_do_not_depend_on_the_process_that_makes_them(marker):
    other = Marker()
    asked = [("group_anagrams", 1, at) for at in range(3)]
    assert [marker.question(*each) for each in asked] == [other.question(*each) for each in asked]
    other.close()


def test_an_unknown_data_set_has_no_question(marker):
    assert marker.question("no_such", 1, 0) is None
    assert marker.mark("no_such", 1, 0, "x") == 0
    assert "chain_sum" in marker.names()


@settings(max_examples=30, deadline=None)
@given(st.text(st.characters(exclude_categories=[])))
def test_no_output_raises(output):
    for text in (output, in_format(output)):
        assert grade(text, "1", name="gcd", seed=1, index=0).score in {0, 1}
