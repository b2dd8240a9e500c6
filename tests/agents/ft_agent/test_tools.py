"""The analyst's tools: each sentence is a measurement, and none of them minds what a model wrote."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tool_evidence import compared, evidence, experiment, loss_curve, prediction, report

from ftdojo.agents.ft_agent.diagnosis import (
    clusters,
    drift,
    effect,
    findings,
    loss_verdict,
    moved,
    nearest_rows,
    printed,
    row_facts,
    secondary,
    slices_moved,
)
from ftdojo.agents.ft_agent.diagnosis import prediction as predicted_finding
from ftdojo.agents.ft_agent.mistakes import alike, beside_gold, by_slice
from ftdojo.records import Estimate


def told(tool, found):
    return "\n".join(tool(found))


@pytest.mark.parametrize(
    ("losses", "said"),
    [
        ([2.0 - 0.1 * at for at in range(15)], "still falling"),
        ([2.0, 1.5, 1.2, *[1.0] * 12], "flat at the end"),
        ([1.0] * 10 + [1.2, 1.3, 1.4, 1.5, 1.6], "rising"),
        ([2.0, 1.0], "too few steps"),
    ],
)
def test_a_loss_curve_is_read(losses, said):
    assert said in told(loss_verdict, evidence(experiment(training=loss_curve(losses))))


def test_an_eval_loss_that_turned_is_overfitting():
    turned = ((10, 1.0), (20, 0.8), (30, 0.95))
    made = experiment(training=replace(loss_curve([1.0] * 9), held_out_loss=turned))
    said = "turned at step 20 (0.800) and ended at 0.950: overfitting"
    assert f"{said}." in told(loss_verdict, evidence(made))
    kept = replace(made.feedback.training, weights_step=20)
    assert f"{said}; the weights of that step were kept." in told(
        loss_verdict, evidence(experiment(training=kept))
    )


def test_a_metric_beside_the_score_is_told_with_what_it_was():
    def steps(score):
        measured = Estimate(score=score, n=99, low=score - 0.1, high=score + 0.1)
        return replace(report(0.3), secondary={"steps_right": measured})

    found = evidence(experiment(evaluation=steps(0.516)), rival=steps(0.2))
    said = "Beside the score, steps_right: 0.516 [0.416, 0.616], base's 0.200."
    assert told(secondary, found) == said
    assert said in findings(found)


def test_the_end_of_what_a_script_printed_is_shown_from_a_whole_line_on():
    log = "kept 12 of 90 quiz rows\nkept 80 of 80 worked rows\n"
    made = experiment(data=SimpleNamespace(log_tail=log))
    assert printed(made, 1000) == "kept 12 of 90 quiz rows\nkept 80 of 80 worked rows"
    assert printed(made, 30) == "kept 80 of 80 worked rows"
    assert printed(made, 9) == "rked rows"
    assert printed(replace(made, feedback=None), 9) == ""


def test_wrong_answers_are_grouped_by_how_they_are_wrong():
    outputs = {
        **{f"a{at}": prediction(f"a{at}", "", readable=False) for at in range(3)},
        **{
            f"b{at}": prediction(f"b{at}", f"The answer is {at}", readable=False) for at in range(5)
        },
        "c": prediction("c", "again and again " * 9),
        "d": prediction("d", "right", score=1.0),
    }
    said = told(clusters, evidence(experiment(), outputs=outputs))
    assert said.startswith("Wrong, unreadable: 5 of 9; for example 'The answer is 0'")
    assert "Wrong, empty: 3 of 9" in said
    assert "Wrong, repeats itself: 1 of 9" in said


def test_where_lower_is_better_only_an_error_is_wrong():
    outputs = {"a": prediction("a", "3", score=0.0), "b": prediction("b", "5", score=2.0)}
    said = told(clusters, evidence(experiment(), outputs=outputs, sign=-1.0))
    assert "1 of 1" in said


def test_sources_whose_answers_the_scorer_cannot_read_are_named(paper_rows):
    made = experiment(data=paper_rows(100, {"worked": 1.0, "prose": 0.0, "mixed": 0.5}))
    said = told(row_facts, evidence(made))
    assert "Answers that the scorer can read: 0% of prose, 50% of mixed" in said
    assert "of worked" not in said


def test_items_fixed_and_broken_are_counted_and_shown():
    before = {each: prediction(each, "old", score=float(each == "b")) for each in "abc"}
    after = {each: prediction(each, "new", score=float(each != "b")) for each in "abc"}
    said = told(moved, evidence(experiment(), outputs=after, rival_outputs=before))
    assert "2 fixed and 1 broken against base, of 3 seen" in said
    assert "Broken: 'old' became 'new'" in said


def test_the_row_nearest_to_a_broken_item_is_found_by_shared_words():
    asked = "how many apples has Tom"
    before = {"a": prediction("a", "1", score=1.0)}
    after = {"a": replace(prediction("a", "2"), prompt=asked)}
    rows = ["who sings in the rain today", "how many apples has Ann now"]
    found = evidence(experiment(), outputs=after, rival_outputs=before, rows=rows)
    assert "shares 2 of its 3 runs of words: 'how many apples has Ann now'" in told(
        nearest_rows, found
    )


def test_answers_that_became_unreadable_or_longer_are_named():
    made = experiment(evaluation=report(0.4, unreadable=0.3, tokens=30))
    said = told(drift, evidence(made, rival=report(0.4, unreadable=0.1, tokens=10)))
    assert "unreadable answers 10% (base) to 30%" in said
    assert "answers have 30 tokens on average, base's 10" in said


def test_slices_that_moved_and_the_weakest_are_named():
    def slices(hard, easy):
        return {
            "hard": Estimate(score=hard, n=40, low=hard - 0.1, high=hard + 0.1),
            "easy": Estimate(score=easy, n=40, low=easy - 0.1, high=easy + 0.1),
        }

    made = experiment(evaluation=replace(report(0.5), slices=slices(0.3, 0.8)))
    said = told(slices_moved, evidence(made, rival=replace(report(0.4), slices=slices(0.28, 0.4))))
    assert "Slice easy: +40.0 points (0.40 to 0.80, n = 40)." in said
    assert "Slice hard" not in said
    assert "Weakest slice: hard" in said


@pytest.mark.parametrize(
    ("announced", "said"), [(0.21, "as predicted"), (0.6, "outside the interval")]
)
def test_a_prediction_is_held_against_what_was_observed(announced, said):
    made = experiment(comparisons={"parent": compared(0.2, predicted=announced)})
    assert said in told(predicted_finding, evidence(made))


def test_an_effect_is_told_once_for_each_rival():
    same = compared(0.2)
    made = experiment(comparisons={"base": same, "parent": same, "best": same})
    assert told(effect, evidence(made)).count("Against base: +20.0 points [+10.0, +30.0]") == 1


def test_what_was_not_measured_is_not_told():
    assert findings(evidence(experiment(evaluation=None))) == ()


@settings(deadline=None, max_examples=60)
@given(
    st.dictionaries(
        st.text(max_size=5), st.tuples(st.text(), st.text(), st.booleans()), max_size=8
    ),
    st.lists(st.text(), max_size=4),
)
def test_no_text_upsets_the_tools(texts, rows):
    outputs = {
        item: replace(prediction(item, output, readable=readable), prompt=prompt)
        for item, (output, prompt, readable) in texts.items()
    }
    before = {item: replace(each, score=1.0) for item, each in outputs.items()}
    found = evidence(experiment(), outputs=outputs, rival_outputs=before, rows=rows)
    assert all(len(line) < 1000 for line in findings(found))


def sliced(item, part, *, score=0.0, readable=True):
    made = prediction(item, f"{part} {item}", score=score, readable=readable)
    return replace(made, prompt=f"ask {item}", gold="7", slices={"kind": part})


def test_wrong_answers_are_counted_by_slice_and_kind():
    outputs = {f"a{at}": sliced(f"a{at}", "sum", readable=at > 2) for at in range(8)}
    outputs |= {f"b{at}": sliced(f"b{at}", "count", score=1.0) for at in range(8)}
    said = list(by_slice(evidence(experiment(), outputs=outputs)))
    assert said == [
        "Slice kind=sum: 8 of 8 wrong (5 readable, 3 unreadable).",
        "Slice kind=count: 0 of 8 wrong.",
    ]


def test_wrong_answers_beside_the_right_ones_are_taken_from_every_slice_and_kind():
    outputs = {f"a{at}": sliced(f"a{at}", "sum") for at in range(30)}
    outputs |= {"b": sliced("b", "count"), "c": sliced("c", "count", readable=False)}
    outputs["d"] = sliced("d", "count", score=1.0)
    shown = beside_gold(evidence(experiment(), outputs=outputs))
    assert len(shown) == 6
    assert {each["prompt"] for each in shown} >= {"ask b", "ask c"}
    assert "ask d" not in {each["prompt"] for each in shown}
    assert shown[0] == {"prompt": "ask a0", "output": "sum a0", "gold": "7"}


def test_an_answer_that_is_given_whatever_was_asked_is_named():
    outputs = {f"a{at}": prediction(f"a{at}", "1 + 1 = 1") for at in range(9)}
    outputs |= {f"b{at}": prediction(f"b{at}", f"{at}") for at in range(9)}
    said = "9 of 18 wrong answers are the same to the letter, whatever was asked: '1 + 1 = 1'."
    assert list(alike(evidence(experiment(), outputs=outputs))) == [said]
    several = {name: each for name, each in outputs.items() if name[0] == "b"}
    assert list(alike(evidence(experiment(), outputs=several))) == []
