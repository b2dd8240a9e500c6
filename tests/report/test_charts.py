"""Points stand where their numbers say, and the tree holds every experiment once."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftdojo.records import LossPoint
from ftdojo.report import charts as losses
from ftdojo.report.charts import Axis, score_chart, span
from ftdojo.report.evidence import RunEvidence, headline_of
from ftdojo.report.spending import RUN, spending
from ftdojo.report.tree import rows


@pytest.fixture(scope="module")
def evidence(finished):
    return RunEvidence.read(finished)


def test_a_higher_score_stands_higher_within_its_interval(evidence):
    marks = {mark.id: mark for mark in score_chart(evidence).marks}
    assert marks["e5"].y < marks["e2"].y < marks["e1"].y
    assert all(m.y_high <= m.y <= m.y_low for m in marks.values() if m.y is not None)


def test_failed_and_raced_out_experiments_are_marked(evidence):
    marks = {mark.id: mark for mark in score_chart(evidence).marks}
    assert (marks["e4"].y, marks["e4"].look, marks["e4"].note) == (None, "failed", "diverged")
    assert (marks["e3"].hollow, marks["e3"].note) == (True, "n 40")
    assert [name for name, mark in marks.items() if mark.chosen] == ["e5"]


def test_the_best_line_never_falls_and_skips_what_was_raced_out(evidence):
    lucky = replace(evidence.experiments[2].evaluation.score, score=0.99)
    report = replace(evidence.experiments[2].evaluation, score=lucky)
    feedback = replace(evidence.experiments[2].feedback, evaluation=report)
    raced = replace(evidence.experiments[2], feedback=feedback)
    changed = replace(evidence, experiments=(*evidence.experiments[:2], raced))
    chart = score_chart(changed)
    heights = [float(corner.split()[1]) for corner in chart.best_path[1:].split("L")]
    assert heights == sorted(heights, reverse=True)
    assert min(heights) == chart.marks[1].y


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.booleans())
def test_ticks_are_few_and_within_the_axis(low, length, log):
    low = abs(low) + 1e-3 if log else low
    axis = Axis(low=low, high=low + length, start=0, end=100, log=log)
    ticks = axis.ticks(5)
    assert 1 <= len(ticks) <= 40
    assert all(0 <= axis.at(tick) <= 100 for tick in ticks)


@given(st.lists(st.floats()))
def test_a_span_holds_every_finite_value(values):
    low, high = span(value for value in values if abs(value) < 1e300)
    assert low < high or not values
    assert all(low <= value <= high for value in values if abs(value) < 1e300)


def test_a_long_curve_is_thinned_to_means(evidence):
    point = evidence.experiments[0].feedback.training.curve[0]
    curve = [replace(point, step=step, loss=float(step % 2)) for step in range(1, 1601)]
    assert all(isinstance(each, LossPoint) for each in curve)
    thinned = losses._thinned(curve)
    assert len(thinned) == 160
    assert {loss for _, loss, _ in thinned} == {0.5}
    assert thinned[-1][0] == 1600


def test_the_chosen_curve_is_among_those_drawn_first(evidence):
    curves = {curve.id: curve for curve in losses.loss_chart(evidence).curves}
    assert list(curves) == ["e1", "e2", "e3", "e5", "e6", "e8"]
    assert curves["e5"].shown
    assert len(curves["e5"].held_out) == 2


def test_the_tree_keeps_children_below_their_parent(evidence):
    tree = rows(evidence)
    assert [row.id for row in tree] == ["base", "e1", "e2", "e4", "e5", "e7", "e8", "e6", "e3"]
    rails = {row.id: row.rails for row in tree}
    assert rails["e7"] == ("pipe", "pipe", "tee")
    assert rails["e8"] == ("pipe", "pipe", "elbow")
    assert rails["e3"] == ("elbow",)


@given(st.lists(st.sampled_from(["base", "e1", "e2", "e3", "e9", "nowhere"]), max_size=8))
def test_whatever_parents_are_named_every_experiment_stands_in_the_tree_once(evidence, parents):
    first = evidence.experiments[0]
    made = tuple(replace(first, id=f"e{n}", parent=who) for n, who in enumerate(parents, 1))
    found = [row.id for row in rows(replace(evidence, experiments=made))]
    assert sorted(found) == sorted(["base", *(each.id for each in made)])


def test_the_bar_and_the_table_add_up_to_the_ledger(evidence):
    spent, found = evidence.spent, spending(evidence)
    assert sum(part.seconds for part in found.segments) == pytest.approx(spent.wall_s)
    assert sum(each.total for each in found.booked) == pytest.approx(found.totals.total)
    assert found.totals.seconds["train"] == spent.train_s == 8 * 60.0
    assert [each.name for each in found.booked][:2] == [RUN, "e1"]


def test_a_plan_is_called_by_its_first_words():
    assert headline_of("---\nparent: e1\n---\n\n## More *data*\nbecause") == "More *data"
    assert headline_of("---\nnever closed") == "never closed"
    assert headline_of("") == ""
