"""A pass grades every item once, in batches of one length, and a lost race ends it early."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftdojo.errors import UsageError
from ftdojo.evaluation import Race, evaluate, scores
from ftdojo.records import Completion, Direction, Grade


def answering(task, share, seed=0):
    """Return a generate() that knows ``share`` of all validation answers."""
    rng = random.Random(seed)
    known = {
        item.messages[-1]["content"]: item.gold
        for item in task.items("validation")
        if rng.random() < share
    }
    return lambda prompts: [
        Completion(text=known.get(each[-1]["content"], "-0"), tokens=2, finished=True)
        for each in prompts
    ]


def test_every_item_is_graded_once_and_comes_back_in_order(task):
    items = task.items("validation")
    graded, raced_out = evaluate(items, task, generate=answering(task, 0.5), chunk=7)
    assert [each.item for each in graded] == [item.id for item in items]
    assert not raced_out


def test_each_output_is_graded_against_its_own_item(task):
    items = task.items("validation")
    graded, _ = evaluate(items, task, generate=answering(task, 1.0), chunk=7)
    assert set(scores(graded).values()) == {1.0}
    assert graded[3].slices == items[3].slices


def test_batches_hold_prompts_of_one_length_longest_first(task):
    seen = []

    def watch(prompts):
        seen.append([sum(len(turn["content"]) for turn in prompt) for prompt in prompts])
        return [Completion(text="", tokens=0, finished=True)] * len(prompts)

    evaluate(task.items("validation"), task, generate=watch, chunk=8)
    flat = [length for batch in seen for length in batch]
    assert flat == sorted(flat, reverse=True)
    assert [len(batch) for batch in seen] == [8] * 7 + [4]


def test_a_hopeless_candidate_is_raced_out(task):
    items = task.items("validation")
    best, _ = evaluate(items, task, generate=answering(task, 0.9), chunk=4)
    race = Race(rival=scores(best), direction=Direction.HIGHER, chunks=5)
    graded, raced_out = evaluate(items, task, generate=answering(task, 0.0), chunk=4, race=race)
    assert raced_out
    assert 0 < len(graded) <= 24


def test_an_equal_candidate_runs_to_the_end(task):
    items = task.items("validation")
    best, _ = evaluate(items, task, generate=answering(task, 0.5), chunk=4)
    race = Race(rival=scores(best), direction=Direction.HIGHER)
    graded, raced_out = evaluate(
        items, task, generate=answering(task, 0.5, seed=1), chunk=4, race=race
    )
    assert (len(graded), raced_out) == (60, False)


def test_a_race_lost_at_the_last_item_is_a_whole_pass(task):
    items = task.items("validation")
    best, _ = evaluate(items, task, generate=answering(task, 1.0), chunk=4)
    race = Race(rival=scores(best), direction=Direction.HIGHER, chunks=1)
    graded, raced_out = evaluate(items, task, generate=answering(task, 0.0), chunk=4, race=race)
    assert (len(graded), raced_out) == (60, False)


def test_the_parts_of_a_race_are_fair_samples_and_always_the_same(task):
    items, met = task.items("validation"), []

    def watch(prompts):
        met.append({prompt[-1]["content"] for prompt in prompts})
        return [Completion(text="0", tokens=1, finished=True)] * len(prompts)

    race = Race(rival={}, direction=Direction.HIGHER, chunks=3)
    evaluate(items, task, generate=watch, chunk=20, race=race)
    evaluate(items[::-1], task, generate=watch, chunk=20, race=race)
    assert met[:3] == met[3:]
    assert all(5 <= sum(text.count("+") == 3 for text in part) <= 15 for part in met)


def test_progress_counts_items_up_to_all(task):
    told = []
    evaluate(
        task.items("validation"),
        task,
        generate=answering(task, 0),
        chunk=25,
        on_progress=lambda done, planned: told.append((done, planned)),
    )
    assert told == [(25, 60), (50, 60), (60, 60)]


def test_an_empty_split_is_an_empty_pass(task):
    assert evaluate([], task, generate=answering(task, 0), chunk=4) == ([], False)


@given(text=st.text())
def test_any_output_is_graded_and_recorded(task, text):
    items = task.items("validation")[:3]
    outputs = [Completion(text=text, tokens=len(text), finished=False)]
    graded, _ = evaluate(items, task, generate=lambda prompts: outputs * len(prompts), chunk=2)
    assert [(each.output, each.finished) for each in graded] == [(text, False)] * 3
    assert all(each.grade.score in (0, 1) for each in graded)


def test_a_chunk_below_one_is_refused(task):
    with pytest.raises(
        UsageError, match="chunk=0 must be at least 1: it is how many prompts go in one batch"
    ):
        evaluate(task.items("validation"), task, generate=answering(task, 0), chunk=0)


def test_a_race_without_parts_is_refused():
    with pytest.raises(
        UsageError, match="chunks=0 must be at least 1: a race has one part or more"
    ):
        Race(rival={}, direction=Direction.HIGHER, chunks=0)


def test_a_missing_output_is_named(task):
    with pytest.raises(
        UsageError,
        match=r"generate\(\) returned 0 completions for 4 prompts; return 1 each, in order",
    ):
        evaluate(task.items("validation"), task, generate=lambda prompts: [], chunk=4)


def test_a_scorer_that_gives_no_number_is_named(task):
    broken = replace(task, grade=lambda output, item: Grade(score=float("nan"), readable=True))
    with pytest.raises(
        UsageError,
        match=r"scorer of 'toy/sums' gave nan to item 'validation-.*must be a finite number",
    ):
        evaluate(task.items("validation"), broken, generate=answering(task, 0), chunk=4)


def test_a_score_of_several_samples_is_their_mean(task):
    drawn = replace(task, temperature=0.7, samples=4)
    item = drawn.items("validation")[0]
    right = Completion(text=item.gold, tokens=3, finished=True)
    wrong = Completion(text="no idea", tokens=2, finished=False)

    def generate(prompts):
        assert len(prompts) == 1
        return [right, wrong, right, right]

    (graded,), _ = evaluate([item], drawn, generate=generate, chunk=8)
    assert graded.grade.score == 0.75
    assert graded.samples == (item.gold, "no idea", item.gold, item.gold)
    assert (graded.output, graded.tokens, graded.finished) == (item.gold, 11, False)
    assert graded.grade.readable


def test_samples_that_are_missing_are_refused(task):
    drawn = replace(task, samples=2, temperature=1.0)
    one = Completion(text="", tokens=0, finished=True)
    with pytest.raises(UsageError, match="returned 1 completions for 1 prompts; return 2 each"):
        evaluate(drawn.items("validation")[:1], drawn, generate=lambda prompts: [one], chunk=8)
