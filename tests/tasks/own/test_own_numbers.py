"""Numbers as answers: what is one, what is not, which of an output counts, and when two are equal."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftdojo.tasks.own.metrics import Reading, as_output, decimal_sign, gold_fault, grade

POINT, COMMA = Reading(metric="number"), Reading(metric="number", decimal=",")
WORKED = "We add 2 and 8.\nThat is 10.\n#### 10"


def score(output, gold, reading=POINT):
    """Return the score, or None for an unreadable output."""
    found = grade(reading, output, [gold])
    return found.score if found.readable else None


@pytest.mark.parametrize(
    ("gold", "value"),
    [
        *[
            ("1,234.5", "1234.5"),
            ("1 234 567", "1234567"),
            ("1\u202f234", "1234"),
            ("1'234", "1234"),
        ],
        *[("12,34,567", "1234567"), ("−5", "-5"), ("+5", "5"), (".5", "0.5"), ("007", "7")],
        *[
            ("1e-9", "0.000000001"),
            ("1.5×10^3", "1500"),
            ("10^{-4}", "0.0001"),
            ("2·10⁻⁴", "0.0002"),
        ],
        *[("1/2", "0.5"), ("1 1/2", "1.5"), ("½", "0.5"), ("2½", "2.5"), (r"-\frac{1}{2}", "-0.5")],
        *[("50 %", "50"), ("-$5", "-5"), ("USD 1,000", "1000"), ("5 €", "5"), ("12 m²", "12")],
        *[
            ("٣٫٥", "3.5"),
            ("１２", "12"),
            ("१२३", "123"),
            ("5 km/h", "5"),
            ("10個", "10"),
            ("9.8 m s^-2", "9.8"),
            ("5 kg CO2", "5"),
        ],
        *[
            (WORKED, "10"),
            (r"So \boxed{\frac12}.", "0.5"),
            ("The answer is 12.", "12"),
            ("$5$", "5"),
        ],
    ],
)
def test_a_number_is_read_as_it_is_meant_in_whatever_notation(gold, value):
    assert (gold_fault(POINT, gold), score(value, gold), score(gold, gold)) == ("", 1, 1)
    assert score(str(2 * Fraction(value) + 1), gold) == 0


@pytest.mark.parametrize(
    "gold",
    [
        *[
            "10:45",
            "5 pm",
            "2024-01-02",
            "1.2.2024",
            "01/02/2024",
            "10-12",
            "345-",
            "10–12",
            "1.2.3",
            "10.0.0.1",
        ],
        *[
            "inf",
            "nan",
            "ten",
            "five hundred",
            "5 million",
            "12k",
            "3万",
            "5 tenths",
            "5 and a half",
        ],
        *[
            "2π",
            "√2",
            "3x",
            "2^10",
            "3*4",
            "5!",
            "±5",
            ">5",
            "about 5",
            "(5)",
            "x = 5",
            "1/0",
            "0x1F",
        ],
        *[
            "H2O",
            "B12",
            "COVID-19",
            "1,2,3",
            "12,9",
            "[5]",
            "5'10\"",
            "1_000",
            "- 5",
            "1.234.567",
            "0,123",
        ],
        *["9" * 100_000, "1e5000", "1e999999999", "1e" + "9" * 50],
    ],
)
def test_what_is_not_one_plain_number_is_refused_as_a_right_answer(gold):
    assert "is not a number" in gold_fault(POINT, gold)
    assert not score(gold, gold)


@pytest.mark.parametrize(
    "gold", ["5 6", "5 or 6", "½12", r"\frac{1}{2}3", "5 hours 30 minutes", "We add 2 and 8"]
)
def test_of_two_numbers_none_is_taken_for_the_right_answer(gold):
    assert (
        gold_fault(POINT, gold) == f"{gold!r} holds 2 numbers, and does not say which is the answer"
    )


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        *[("2+8=10", 1), ("We add 2 and 8. That is 10.", 1), ("10 at 9:45 on 2024-01-02", 1)],
        *[("Answer: 10, as 2 + 8", 1), ("Answer: 2 + 8 = 10", 1), ("**Answer:** 10\n\n11", 1)],
        *[("#### 10\n#### 11", 0), (r"\boxed{10} of 12", 1), ("= - 10", 0), ("- 10", 1)],
        *[
            ("10-12", None),
            ("10 million", None),
            ("8 and 2. Answer: ten", None),
            ("x10", None),
        ],
        *[("9" * 100_000, None), ("10, no, 1e999999999", None), ("", None), ("ten", None)],
    ],
)
def test_the_marked_number_counts_or_else_the_last(output, expected):
    assert score(output, "10") == expected


@pytest.mark.parametrize(
    ("given", "wanted", "expected"),
    [
        *[("12.1", "12.9", 0), ("1e-3", "1e-9", 0), ("1/3", "1/10", 0), ("10", "0.1e2", 1)],
        *[("0.3333333", "1/3", 1), ("0.333", "1/3", 0), ("1e-9", "0", 0), ("-0", "0", 1)],
        *[
            ("50", "50%", 1),
            ("0.5", "50%", 0),
            ("10000001", "10000000", 0),
            ("1000000.1", "1000000", 1),
            ("0.5000001", "1", 0),
        ],
    ],
)
def test_numbers_are_equal_to_a_millionth_of_the_right_one(given, wanted, expected):
    assert score(given, wanted) == expected


@pytest.mark.parametrize(
    ("golds", "sign"),
    [
        *[(["12,9", "12"], ","), (["1.234,5"], ","), (["0,123"], ","), (["1.234.567"], ",")],
        *[(["1,234"], "."), (["1.234"], "."), (["12,9", "0.5"], "."), (["12,9", "1,234,567"], ".")],
        *[([], "."), (["ten", "1.2.2024"], "."), (["So 2.\n#### 12,9"], ",")],
    ],
)
def test_a_comma_is_the_decimal_sign_only_where_the_file_proves_it(golds, sign):
    assert decimal_sign(golds) == sign


@pytest.mark.parametrize(
    ("gold", "value"), [("12,9", "12,90"), ("1.234", "1234"), ("1.234,5", "1234,5")]
)
def test_with_a_decimal_comma_points_part_thousands(gold, value):
    assert (gold_fault(COMMA, gold), score(value, gold, COMMA)) == ("", 1)
    assert score("12,1", "12,9", COMMA) == 0


def test_the_number_of_a_worked_solution_goes_behind_the_marker_of_the_task():
    marked = Reading(metric="number", after="Result:")
    assert as_output(marked, WORKED) == "Result: 10"
    assert score("Result: 10\nNext: 4", WORKED, marked) == 1
    assert score("Result: 2", WORKED, marked) == 0


VALUES = st.fractions(min_value=-(10**12), max_value=10**12, max_denominator=10**6)


@settings(deadline=None)
@given(
    thousandths=st.integers(-(10**15), 10**15),
    group=st.sampled_from(["", ",", " ", "\u2009", "'"]),
    sign=st.sampled_from([".", ","]),
)
def test_a_decimal_with_groups_reads_back_equal(thousandths, group, sign):
    plain = f"{abs(thousandths) // 1000:,}".replace(
        ",", "." if (group, sign) == (",", ",") else group
    )
    text = f"{'-' if thousandths < 0 else ''}{plain}{sign}{abs(thousandths) % 1000:03}"
    reading = Reading(metric="number", decimal=sign)
    assert gold_fault(reading, text) == ""
    assert score(str(Fraction(thousandths, 1000)), text, reading) == 1


@settings(deadline=None)
@given(value=VALUES)
def test_a_fraction_reads_back_equal_as_one_and_as_a_mixed_number(value):
    whole, part = divmod(abs(value.numerator), value.denominator)
    mixed = f"{whole} {part}/{value.denominator}" if part else str(whole)
    sign = "-" if value < 0 else ""
    latex = rf"{sign}\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"
    assert [score(str(value), sign + mixed), score(latex, str(value))] == [1, 1]


@settings(deadline=None)
@given(given_=VALUES, wanted=VALUES)
def test_two_numbers_never_score_where_they_differ(given_, wanted):
    close = abs(given_ - wanted) <= abs(wanted) / 10**6
    assert score(str(given_), str(wanted)) == close
