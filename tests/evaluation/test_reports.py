"""A report says what was scored on how many items, never rewards silence, and shows no more than the task allows."""

from dataclasses import replace

import pytest

from ftdojo.evaluation import evaluate, report, scores
from ftdojo.records import Aggregate, Completion, Direction, Grade, Graded, Replication
from ftdojo.stats import lot, open_items


def passed(task, texts, **changes):
    """Return a report on validation where output number i is ``texts[i % len(texts)]``."""
    items = task.items("validation")
    said = {item.messages[-1]["content"]: texts[at % len(texts)] for at, item in enumerate(items)}

    def generate(prompts):
        texts = [said[prompt[-1]["content"]] for prompt in prompts]
        return [Completion(text=each, tokens=len(each), finished=each != "...") for each in texts]

    graded, _ = evaluate(items, task, generate=generate, chunk=16)
    return report(
        graded, task, **({"split": "validation", "items": items, "seconds": 2.0} | changes)
    )


def test_shares_count_all_items_and_silence_is_wrong(task):
    found = passed(task, ["1", "no idea", "..."])
    assert found.unreadable_share == pytest.approx(2 / 3)
    assert found.unfinished_share == pytest.approx(1 / 3)
    assert (found.score.score, found.score.n, found.planned) == (0.0, 60, 60)


def test_a_secondary_metric_is_over_the_items_that_have_it(task):
    found = passed(task, ["1", "a much longer output: 1"])
    assert (found.secondary["brief"].score, found.secondary["brief"].n) == (1.0, 30)


def test_slices_carry_their_own_n_and_interval(task):
    found = passed(task, ["1"])
    assert {name: part.n for name, part in found.slices.items()} == {"terms=3": 30, "terms=4": 30}
    assert found.slices["terms=3"].high > found.score.high


def test_output_lengths_are_in_the_report(task):
    found = passed(task, ["1", "333"])
    assert (found.output_tokens.low, found.output_tokens.high, found.output_tokens.mean) == (
        1,
        3,
        2,
    )


def test_a_pass_that_was_raced_out_says_so(task):
    found = passed(task, ["1"], raced_out=True)
    assert (found.raced_out, found.seconds, found.metric) == (True, 2.0, "exact_match")


def test_a_few_wrong_items_are_shown_the_same_ones_each_time(task):
    first, again = passed(task, ["1"]), passed(task, ["2", "a 3"])
    assert len(first.wrong) == 5
    assert [each.item for each in first.wrong] == [each.item for each in again.wrong]
    assert all(each.gold and "Work this out" in each.prompt for each in first.wrong)


def test_a_task_that_shows_outputs_only_shows_neither_prompt_nor_gold(task):
    found = passed(replace(task, shown="output"), ["17"])
    assert {(each.prompt, each.output, each.gold) for each in found.wrong} == {("", "17", "")}


def test_a_task_that_shows_nothing_shows_nothing_and_all_its_items_decide(task):
    dark = replace(task, shown="none")
    assert passed(dark, ["17"]).wrong == ()
    assert open_items(dark, ["a", "b", "c", "d", "e"]) == frozenset()


def test_every_fourth_item_of_any_brief_pass_is_open_and_the_same_in_a_whole_one(task):
    ids = [item.id for item in task.items("validation")]
    dealt = sorted(ids, key=lot)
    whole = open_items(task, ids)
    assert len(whole) == 15
    for count in (10, 13, 40):
        assert open_items(task, dealt[:count]) == whole & set(dealt[:count])
        assert len(open_items(task, dealt[:count])) == count // 4


@pytest.mark.parametrize("split", ["confirm", "test"])
def test_only_validation_items_are_ever_shown(task, split):
    assert passed(task, ["17"], split=split).wrong == ()


def test_a_long_output_is_cut(task):
    found = passed(task, ["7" * 5000])
    assert {len(each.output) for each in found.wrong} == {800}


def test_where_lower_is_better_the_largest_errors_are_shown_first(task):
    def error(output, item):
        return Grade(score=float(output), readable=True)

    ids = [item.id for item in task.items("validation")]
    seen = [ids.index(each) for each in open_items(task, ids)]
    said = {seen[0]: "3", seen[1]: "9", next(at for at in range(60) if at not in seen): "7"}
    texts = [said.get(at, "0") for at in range(60)]
    found = passed(replace(task, grade=error, direction=Direction.LOWER), texts)
    assert [each.output for each in found.wrong] == ["9", "3"]


def test_scores_are_keyed_by_item():
    graded = Graded(
        item="a", output="", grade=Grade(score=0.5, readable=True), tokens=0, finished=True
    )
    assert scores([graded]) == {"a": 0.5}


def test_a_pass_without_items_has_no_report(task):
    with pytest.raises(ValueError, match="No scores to estimate a mean from"):
        report([], task, split="validation", items=(), seconds=0.0)


def test_the_score_is_what_the_task_makes_of_its_items(task):
    items = [item for at, item in enumerate(task.items("validation")) if at % 2 or at < 10]
    uneven = replace(
        task,
        aggregate=Aggregate(kind="mean-of-slices", over="terms"),
        items=lambda split: items,
    )
    found = passed(uneven, [item.gold if len(item.gold) < 3 else "0" for item in items])
    three, four = (found.slices[f"terms={number}"] for number in (3, 4))
    assert (three.n, four.n) == (5, 30)
    assert found.score.score == pytest.approx((three.score + four.score) / 2)
    assert three.score != four.score


def test_an_unreadable_answer_is_a_missed_label_whatever_was_picked_out_of_it():
    graded = [
        Graded(
            item=str(at),
            output="",
            grade=Grade(score=1.0, readable=at > 0, extracted="yes"),
            tokens=1,
            finished=True,
            slices={"label": "yes"},
        )
        for at in range(4)
    ]
    found = scores(graded, Aggregate(kind="macro-f1", over="label"))
    assert found.given == {"0": "", "1": "yes", "2": "yes", "3": "yes"}


def test_the_published_evaluator_marks_every_output_and_sums_them_up(task):
    counting = Replication(
        mark=lambda output, item: {"right": output == item.gold},
        total=lambda marks: {"accuracy": 100 * sum(mark["right"] for mark in marks) / len(marks)},
        origin="toy",
    )
    texts = [item.gold if at < 15 else "1" for at, item in enumerate(task.items("validation"))]
    found = passed(replace(task, replication=counting), texts).reference["accuracy"]
    assert (found.score, found.n) == (25.0, 60)
    assert 10 < found.low < 20 < 30 < found.high < 40
    assert passed(task, texts).reference == {}
