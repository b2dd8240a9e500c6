"""What an answer of a task of one's own scores: the loop from a right answer to its score, and any text whatever."""

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftdojo.errors import MissingExtra
from ftdojo.tasks.check import GARBAGE
from ftdojo.tasks.own.metrics import METRICS, Reading, as_output, gold_fault, golds_of, grade, need

LABELS = ("The Hague", "Rome", "not Rome")
GOLD = {
    "exact_match": "The Hague",
    "accuracy": "The Hague",
    "macro_f1": "The Hague",
    "contains": "The Hague",
    "choice": "B) The Hague",
    "number": "1200",
    "json_fields": '{"name": "Ann", "ages": [1, "Old"]}',
    "rouge_l": "the cat sat on the mat",
    "chrf": "the cat sat on the mat",
}


def reading(metric, after=""):
    return Reading(metric=metric, after=after, labels=LABELS)


@pytest.mark.parametrize(
    ("metric", "output", "score", "readable"),
    [
        ("exact_match", "I think so. Answer:  the hague.", 1, True),
        ("exact_match", '**Answer:** "The Hague"\nBye.', 1, True),
        ("exact_match", "**Answer**: **The Hague**", 1, True),
        ("exact_match", "Answer: The Hague, I think", 0, True),
        ("contains", "it is The  Hague, I think", 1, True),
        ("contains", "The Haguenot", 0, True),
        ("choice", "(b) The Hague", 1, True),
        ("choice", "It is a city in the west.\n**B**", 1, True),
        ("choice", "A. Rome\nB. The Hague\nThe answer is option A.", 0, True),
        ("choice", "Banana", 0, False),
        ("choice", "e.g. a city", 0, False),
        ("choice", "A city", 0, False),
        ("choice", "I think so", 0, False),
        ("json_fields", 'Here: ```{"name": "ann", "ages": [1, "old."]}```', 1, True),
        ("json_fields", '{"name": "Ann", "ages": [true, "old"]}', 0.5, True),
        ("json_fields", '{"name": "Ann", "ages": [1, "Old"], "x": 1, "y": 2}', 0.5, True),
        ("json_fields", '{"name": "Ann", "ages": NaN}', 0, False),
        ("json_fields", "name: Ann", 0, False),
        ("rouge_l", "The mat", 0.5, True),
        ("rouge_l", "dogs", 0, True),
    ],
)
def test_an_answer_scores_what_it_says(metric, output, score, readable):
    found = grade(reading(metric), output, [GOLD[metric]])
    assert (found.score, found.readable) == (score, readable)


@pytest.mark.parametrize("after", ["", "Answer:", "####"])
@pytest.mark.parametrize("metric", METRICS)
def test_a_right_answer_scores_full_marks_and_garbage_is_unreadable(metric, after):
    how, gold = reading(metric, after), GOLD[metric]
    assert (gold_fault(how, gold), grade(how, as_output(how, gold), [gold]).score) == ("", 1)
    for text in ("", *GARBAGE):
        found = grade(how, text, [gold])
        assert (found.score, found.readable, found.extracted) == (0, False, "")


@pytest.mark.parametrize("metric", [name for name in METRICS if name != "json_fields"])
def test_without_the_marker_that_a_task_sets_an_output_is_unreadable(metric):
    assert not grade(reading(metric, "Answer:"), GOLD[metric], [GOLD[metric]]).readable


@pytest.mark.parametrize(
    ("metric", "gold", "other"),
    [
        *[("exact_match", ".5", "5"), ("exact_match", ".NET", "NET"), ("exact_match", "C*", "C")],
        *[
            ("exact_match", "one\ntwo", "one"),
            ("exact_match", "👍", "👎"),
            ("exact_match", "-5", "5"),
        ],
        *[
            ("contains", "C", "I use C++."),
            ("contains", "5", "1.5"),
            ("contains", "5", "at -5 degrees"),
        ],
        *[
            ("contains", "का", "काम"),
            ("contains", "東京", "京都です"),
            ("contains", "C++", "I use C."),
        ],
        *[("rouge_l", "Кошка сидит", "собака бежит"), ("rouge_l", "東京", "大阪")],
    ],
)
def test_answers_that_differ_do_not_score(metric, gold, other):
    assert grade(reading(metric), gold, [gold]).score == 1
    found = grade(reading(metric), other, [gold])
    assert (found.score, found.readable) == (0, True)


@pytest.mark.parametrize(
    ("gold", "output"),
    [
        ("C++", "I use C++."),
        ("東京", "東京です"),
        ("서울", "서울입니다"),
        ("C++", "我用C++写"),
        ("5", "It is 5."),
    ],
)
def test_words_are_found_in_every_script_and_next_to_symbols(gold, output):
    assert grade(reading("contains"), output, [gold]).score == 1


def test_rouge_counts_words_of_every_script_and_chrf_characters():
    assert grade(reading("rouge_l"), "Кошка спит", ["кошка сидит"]).score == 0.5
    assert grade(reading("rouge_l"), "東京は", ["東京"]).score == 0.8
    assert 0.2 < grade(reading("chrf"), "the cat", [GOLD["chrf"]]).score < 0.4


@pytest.mark.parametrize("metric", ["exact_match", "contains", "chrf", "rouge_l"])
@pytest.mark.parametrize("gold", ["!", "...", '""', "  ", "\ufe0f"])
def test_a_right_answer_of_which_nothing_is_left_is_refused(metric, gold):
    assert gold_fault(reading(metric), gold)
    assert [grade(reading(metric), text, [gold]).score for text in ("anything", ".")] == [0, 0]


@pytest.mark.parametrize(
    ("metric", "gold", "said"),
    [
        ("choice", "Banana", "'Banana' is not the letter of a choice, as in 'B' or 'B) Paris'"),
        ("choice", "2", "'2' is not the letter of a choice"),
        ("choice", "B) one\nAnswer: C", "begins with 'B' and names another choice behind it"),
        ("json_fields", "[1]", "'[1]' is not a JSON object"),
        ("json_fields", "Ann", "'Ann' is not a JSON object"),
        ("json_fields", "{}", "'{}' is an object without fields"),
        ("json_fields", '{"a":' * 900 + "1" + "}" * 900, "at most 50 levels deep"),
        ("rouge_l", "a " * 2_001, "has 2,001 words, and rouge_l compares at most 2,000"),
        ("exact_match", "a" * 100_001, "has 100,001 characters, and at most 100,000 are compared"),
    ],
)
def test_a_right_answer_that_cannot_be_scored_is_refused_in_one_clause(metric, gold, said):
    fault = gold_fault(reading(metric), gold)
    assert said in fault
    assert "\n" not in fault
    assert len(fault) < 200


@pytest.mark.parametrize(
    ("value", "golds"),
    [
        *[("a", ("a",)), (3, ("3",)), (3.0, ("3.0",)), (True, ("true",)), (1e-7, ("1e-07",))],
        *[(["a", "b", "a", ""], ("a", "b")), ({"text": ["a"], "answer_start": [3]}, ("a",))],
        *[
            ([1, 2], ("[1, 2]",)),
            ({"a": "é"}, ('{"a": "é"}',)),
            ({"text": ["a"], "x": 1}, ('{"text": ["a"], "x": 1}',)),
        ],
        *[(None, ()), ("", ()), (" ", ()), ([], ()), ({"text": []}, ()), (float("nan"), ())],
    ],
)
def test_a_cell_holds_as_many_right_answers_as_it_says(value, golds):
    assert golds_of(value) == golds


@pytest.mark.parametrize("metric", METRICS)
def test_any_one_of_the_right_answers_will_do(metric):
    how = reading(metric)
    assert grade(how, GOLD[metric], ["Rome", GOLD[metric], "C"]).score == 1
    assert not grade(how, GOLD[metric], []).readable


def test_the_last_object_counts_even_if_it_is_large():
    large = '{"items": [' + ", ".join('{"a": 1}' for _ in range(2_000)) + "]}"
    found = grade(reading("json_fields"), 'Not {"a": 1} but {"b"} and ' + large + "!", [large])
    assert found.score == 1


def test_an_answer_with_the_marker_in_it_is_compared_by_what_stands_behind():
    how, gold = reading("exact_match", "####"), "It lies in the west.\n#### The Hague"
    assert grade(how, "Because.\n#### the hague", [gold]).score == 1
    assert as_output(how, gold) == "#### The Hague"


@pytest.mark.parametrize(("metric", "package"), [("rouge_l", "rouge_score"), ("chrf", "sacrebleu")])
def test_a_missing_package_is_named_with_the_line_that_installs_it(metric, package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    line = rf"The metric {metric} needs .*: pip install 'ftdojo\[text\]'"
    with pytest.raises(MissingExtra, match=line):
        need(metric)
    need("exact_match")


PIECES = st.sampled_from(
    [
        "Answer:",
        "####",
        "\\boxed{",
        "}",
        "answer is",
        "B",
        "B)",
        "A.",
        "12",
        "1,5",
        "-",
        "/",
        "e9",
        "{",
        '{"a": 1}',
        "[",
        "**",
        '"',
        "'",
        "`",
        ".",
        "!",
        "\n",
        " ",
        "\x00",
        "\ud800",
        "é",
        "東京",
        "👍",
        "Rome",
        "not",
        "½",
        "²",
        "%",
        "$",
    ]
)
TEXTS = st.one_of(st.text(st.characters()), st.lists(PIECES, max_size=12).map("".join))
HOW = st.builds(
    Reading,
    metric=st.sampled_from(sorted(METRICS)),
    after=st.sampled_from(["", "Answer:", "####"]),
    labels=st.just(LABELS),
    decimal=st.sampled_from([".", ","]),
)


@settings(deadline=None, max_examples=1_000)
@given(how=HOW, gold=TEXTS)
def test_the_loop_is_closed_for_every_right_answer_that_is_not_refused(how, gold):
    if "macro" in how.metric and gold.strip():
        how = Reading(metric=how.metric, after=how.after, labels=(gold, "x"))
    if gold_fault(how, gold):
        return
    found = grade(how, as_output(how, gold), [gold])
    assert (found.score, found.readable) == (1, True)
    assert how.after or as_output(how, gold) == gold


@settings(deadline=None, max_examples=1_000)
@given(how=HOW, output=TEXTS, golds=st.lists(TEXTS, max_size=2))
def test_no_text_raises_and_what_is_unreadable_scores_nothing(how, output, golds):
    found = grade(how, output, golds)
    assert 0 <= found.score <= 1
    assert found.readable or (found.score, found.extracted) == (0, "")


@pytest.mark.parametrize("metric", METRICS)
def test_a_runaway_output_costs_little(metric):
    for text in (
        "9" * 2_000_000,
        "{" * 2_000_000,
        "Answer: " * 300_000,
        '{"a":[' * 300_000,
        "a " * 10**6,
    ):
        for how in (reading(metric), reading(metric, "Answer:")):
            assert grade(how, "Answer: " + text, [GOLD[metric], text]).score <= 1
            assert len(gold_fault(how, text)) < 200
