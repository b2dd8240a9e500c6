"""Tables and charts of our own: the same at every call, and right."""

import random
import re
from ast import literal_eval
from itertools import islice

import pytest

from ftdojo.errors import SandboxError
from ftdojo.sandbox import open_sandbox
from ftdojo.tasks.tables import charts, made_tables, sources
from ftdojo.tasks.tables.made_tables import ANALYSES, FACTS, NUMBERS, relation

MAKERS = sorted({*FACTS, *NUMBERS, *ANALYSES}, key=lambda each: each.__name__)


def drawn(make, count=40):
    return [make(random.Random(f"test {at}")) for at in range(count)]


def numbers(text):
    return [float(each) for each in re.findall(r"-?\d+(?:\.\d+)?", text)]


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_a_seed_makes_one_question_and_its_answer_is_one_line(make):
    for one, again in zip(drawn(make), drawn(make), strict=True):
        assert one == again
        assert one.answer.strip()
        assert "\n" not in one.answer + one.steps
        table = literal_eval(one.asked.partition("\n\n")[0])
        assert all(len(row) == len(table["columns"]) for row in table["data"])


def test_totals_means_and_counts_are_right():
    for made in drawn(made_tables.total):
        at = made.table.columns.index(re.search("'(.*)'", made.question)[1])
        assert int(made.answer) == sum(made.table.column(at))
    for made in drawn(made_tables.mean):
        at = made.table.columns.index(re.search("'(.*)'", made.question)[1])
        column = made.table.column(at)
        assert float(made.answer) == pytest.approx(sum(column) / len(column), abs=0.0051)
    for made in drawn(made_tables.count):
        at = made.table.columns.index(re.search("'(.*)'", made.question)[1])
        bound = numbers(made.question)[-1]
        assert int(made.answer) == sum(each > bound for each in made.table.column(at))


def test_a_correlation_is_what_numpy_says_and_its_label_fits():
    numpy = pytest.importorskip("numpy")
    labels = set()
    for made in drawn(made_tables.correlation):
        label, _, written = made.answer.rpartition(", ")
        right = numpy.corrcoef(made.table.column(1), made.table.column(2))[0, 1]
        assert float(written) == pytest.approx(right, abs=0.0051)
        assert relation(right) == label
        labels.add(label)
    assert len(labels) > 2


@pytest.mark.parametrize(
    ("coefficient", "label"),
    [
        (0.29, "No correlation"),
        (0.3, "Weak positive correlation"),
        (-0.69, "Weak negative correlation"),
        (-0.7, "Strong negative correlation"),
    ],
)
def test_a_correlation_is_called_what_the_task_calls_it(coefficient, label):
    assert relation(coefficient) == label


def test_two_steps_keep_only_what_meets_the_condition():
    for made in drawn(made_tables.among):
        bound = numbers(made.question)[0]
        allowed = [row for row in made.table.data if row[1] >= bound]
        assert made.answer == max(allowed, key=lambda row: row[2])[0]


def test_sources_read_the_same_twice_and_say_more_or_less():
    for source in sources.text_sources("tcot_fact_checking", FACTS)[2:]:
        first, again = (list(islice(source.rows(), 50)) for _ in range(2))
        assert first == again
        assert all("Final Answer: " in row["response"] for row in first)
        assert ("\n" in first[0]["response"]) == (source.name == "made-tables-worked")


def test_every_kind_of_request_is_drawn_right_by_its_code():
    try:
        open_sandbox()
    except SandboxError as error:
        pytest.skip(f"charts are drawn in the sandbox: {error}")
    found = {made.kind: made for made in drawn(sources.request)}
    found |= {f"{made.kind}, grouped": made for made in drawn(sources.request) if made.grouped}
    assert {made.kind for made in found.values()} == set(sources.KINDS)
    for made in found.values():
        kind, values = made.values
        table = literal_eval(made.asked.partition("\n\n")[0])
        graded = charts.grade(
            sources.worked_chart(made), answer=f"y = [{values}]", kind=kind, table=table
        )
        assert graded.score == 1.0, (made.kind, graded.extracted)


def test_numbers_written_out_are_right_for_bars_only():
    made = next(each for each in drawn(sources.request) if each.kind == "pie")
    assert "plt.bar(" in sources.written_out(made)
    assert "read_csv" in sources.written_out(made)
