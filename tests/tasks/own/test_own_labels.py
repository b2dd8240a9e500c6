"""Labels as answers: where an output may say one, and what is none."""

import pytest

from ftdojo.tasks.own.metrics import Reading, gold_fault, grade


def label(output, *labels):
    """Return the label that is read of ``output``, None for none."""
    found = grade(Reading(metric="macro_f1", labels=labels), output, [labels[0]])
    assert found.readable == bool(found.extracted)
    assert found.score == (found.extracted == labels[0])
    return found.extracted or None


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        *[("Relevant.", "relevant"), ('"relevant"', "relevant"), ("not_relevant", "Not-relevant")],
        *[("NOT  RELEVANT!", "Not-relevant"), ("It is not relevant", "Not-relevant")],
        *[("This is relevant", "relevant"), ("**Answer:** relevant\nBye.", "relevant")],
        *[("relevant\nIt answers the question.", "relevant"), ("Relevant, since x.", "relevant")],
        *[("irrelevant", None), ("relevantly", None), ("non-relevant", None), ("", None)],
        *[("relevant papers are few", None), ("Relevant, not relevant: which one?", None)],
    ],
)
def test_a_label_is_read_where_it_is_the_answer_and_the_longest_wins(output, expected):
    assert label(output, "relevant", "Not-relevant") == expected


@pytest.mark.parametrize("output", ["It is not spam", "This isn't spam.", "no spam", "non-spam"])
def test_a_label_that_is_denied_is_no_answer(output):
    assert label(output, "spam", "ham") is None


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        *[("Business, Sci/Tech, Sports, World", None), ("- Business\n- Sports", None)],
        *[("Sports or World", None), ("Sports / World.", None), ("Business; World", None)],
        *[
            ("not Sports, World", "World"),
            ("World, World", "World"),
            ("Sports news, so World", "World"),
        ],
    ],
)
def test_the_last_of_several_listed_labels_is_no_answer(output, expected):
    assert label(output, "World", "Sports", "Business", "Sci/Tech") == expected


@pytest.mark.parametrize(
    ("labels", "output", "expected"),
    [
        *[
            (("👍", "👎"), "I say 👎!", "👎"),
            (("👍", "👎"), "👍\ufe0f", "👍"),
            (("👍", "👎"), "👍🏽", None),
        ],
        *[(("+", "-"), "+", "+"), (("+", "-"), "Answer: -", "-"), (("+", "-"), "C++", None)],
        *[
            (("1", "-1", "0"), "It is -1.", "-1"),
            (("1", "0"), "0.1", None),
            (("1", "0"), "-1", None),
        ],
        *[
            (("C", "C++"), "It is C++", "C++"),
            (("C", "D"), "It is C++", None),
            ((".NET", "NET"), ".net", ".NET"),
        ],
        *[(("正面", "负面"), "答案是负面。", "负面"), (("正面", "负面"), "不正面", None)],
        *[(("हाँ", "नहीं"), "नहीं।", None), (("हाँ", "नहीं"), "नहीं", "नहीं")],
        *[
            (("a b", "c"), "a_b", "a b"),
            (("!", "?"), "!", "!"),
            (("true", "false"), "True", "true"),
        ],
    ],
)
def test_labels_may_be_symbols_numbers_and_words_of_any_script(labels, output, expected):
    assert label(output, *labels) == expected


def test_behind_a_marker_the_line_counts():
    reading = Reading(metric="accuracy", after="Label:", labels=("spam", "ham"))
    assert grade(reading, "Label: ham\nLabel: it is spam\nham", ["spam"]).score == 1
    assert not grade(reading, "spam", ["spam"]).readable


@pytest.mark.parametrize(
    ("gold", "labels", "said"),
    [
        ("eggs", ("spam", "ham"), "'eggs' is not one of the labels ('spam', 'ham')"),
        (
            "Spam",
            ("spam", "Spam"),
            "the labels 'spam' and 'Spam' read the same, so give them one spelling",
        ),
        ("spam", (), "'spam' is not one of the labels (none)"),
        (
            "Label: spam",
            ("Label: spam",),
            "'Label: spam' holds the marker 'Label:', which is not part of a label",
        ),
    ],
)
def test_a_right_label_that_cannot_be_told_is_refused(gold, labels, said):
    assert gold_fault(Reading(metric="accuracy", labels=labels, after="Label:"), gold) == said
