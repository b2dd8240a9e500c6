"""The first screen: what the model learnt, or why the base was kept, and no more of an item than the task shows."""

import html
from dataclasses import replace

import pytest

from ftdojo.records import Direction
from ftdojo.report import render
from ftdojo.report.answers import answers
from ftdojo.report.evidence import RunEvidence
from ftdojo.report.headline import FEW, outcome


def told(folder):
    evidence = RunEvidence.read(folder)
    return outcome(evidence, answers(evidence))


def quoted_as(folder, quote):
    """Store the run's reports again with wrong items as ``quote`` makes them: as another ``shown`` would."""
    folder.save_base(replace(folder.base(), wrong=quote(folder.base().wrong)))
    for each in folder.experiments():
        if each.evaluation:
            report = replace(each.evaluation, wrong=quote(each.evaluation.wrong))
            feedback = replace(each.feedback, evaluation=report)
            folder.save_experiment(replace(each, feedback=feedback))


def first_screen(folder):
    return render(folder).partition('<section class="outcome"')[2].partition("</section>")[0]


def test_it_shows_fixed_items_with_prompt_and_both_answers(finished):
    found = told(finished)
    assert found.title == "What e5 gets right that the base got wrong"
    fixed = [pair for pair in found.pairs if pair.kind == "fixed"]
    assert fixed
    assert all(pair.after.right and not pair.before.right and pair.prompt for pair in fixed)
    for pair in fixed:
        assert html.escape(pair.prompt) in first_screen(finished)
        assert html.escape(pair.after.output) in first_screen(finished)


def test_the_counts_are_those_of_all_validation_items(finished):
    n = answers(RunEvidence.read(finished)).counts
    assert told(finished).counts == (
        f"On 100 validation items: {n['fixed']} fixed, {n['broken']} broken, "
        f"{n['both-right']} right and {n['both-wrong']} wrong both times."
    )


def test_it_hides_no_broken_item(finished):
    found = told(finished)
    assert [pair.kind for pair in found.pairs] == ["fixed"] * (FEW - 1) + ["broken"]


def test_a_kept_base_is_said_with_its_reason_and_the_first_failure(kept_base):
    found = told(kept_base)
    assert (found.title, found.pairs) == ("The base model was kept", ())
    assert found.why == kept_base.result().why
    assert found.failed.startswith("2 of 8 experiments failed. The first was e4 in train: The loss")
    assert "e5, the best that was not chosen, on 100 validation items: " in found.counts
    assert render(kept_base).count(html.escape(found.why)) == 1


def test_a_base_kept_without_an_experiment_has_no_failure_to_tell(tmp_path, story):
    folder, _ = story.begin(tmp_path)
    story.seal(folder, chosen="base")
    found = told(folder)
    assert (found.title, found.failed, found.counts) == ("The base model was kept", "", "")
    assert "See more answers" not in first_screen(folder)


def test_nothing_is_said_before_an_experiment_leads(new, tmp_path, story):
    assert told(new) is None
    assert told(story.begin(tmp_path / "other")[0]) is None


def test_a_run_under_way_shows_what_the_best_so_far_learnt(running):
    assert told(running).title == "What e5 gets right that the base got wrong"


def test_where_the_task_shows_no_answer_there_are_only_counts(tmp_path, story):
    folder = story.build_finished(tmp_path)
    quoted_as(folder, lambda wrong: ())
    page = render(folder)
    assert "validation items: " in first_screen(folder)
    assert "The task shows no answers." in first_screen(folder)
    assert "\\boxed" not in page.partition('id="answers"')[2] + first_screen(folder)


def test_where_the_task_shows_outputs_no_question_and_no_gold_is_shown(tmp_path, story):
    folder = story.build_finished(tmp_path)
    quoted_as(folder, lambda wrong: tuple(replace(each, prompt="", gold="") for each in wrong))
    page = first_screen(folder)
    assert "\\boxed" in page
    assert "What is " not in page
    assert "Expected" not in page


def test_better_is_not_called_right(tmp_path, story):
    folder = story.build_finished(tmp_path)
    for name, score in (("base", 0.2), ("e5", 0.6)):
        made = story.graded(0.5, seed=1)
        made = [replace(g, grade=replace(g.grade, score=score)) for g in made]
        folder.save_predictions(name, "validation", made)
    assert told(folder).title == "What e5 does better than the base"


@pytest.mark.parametrize(("direction", "kind"), [("higher", "fixed"), ("lower", "broken")])
def test_the_items_shown_follow_the_direction(tmp_path, story, direction, kind):
    folder = story.build_finished(tmp_path)
    for name, score in (("base", 0.0), ("e5", 1.0)):
        made = story.graded(0.5, seed=1)
        made = [replace(g, grade=replace(g.grade, score=score)) for g in made]
        folder.save_predictions(name, "validation", made)
    folder.save_base(replace(folder.base(), direction=Direction(direction)))
    assert {pair.kind for pair in told(folder).pairs} == {kind}


def test_a_hostile_question_is_escaped_and_cut(tmp_path, story):
    folder = story.build_finished(tmp_path)
    quoted_as(folder, lambda wrong: tuple(replace(w, prompt=story.HOSTILE * 99) for w in wrong))
    page = first_screen(folder)
    assert html.escape(story.HOSTILE, quote=False) in page
    assert "<img" not in page
    assert len(page) < 12_000


def test_a_hostile_failure_is_escaped_and_cut(tmp_path, story):
    folder, base = story.begin(tmp_path)
    (first,) = story.carry_out(folder, base, count=1)
    failure = replace(story.FAILURES["e4"], message=story.HOSTILE * 99)
    folder.save_experiment(replace(first, failure=failure))
    story.seal(folder, chosen="base")
    page = first_screen(folder)
    assert html.escape(story.HOSTILE, quote=False) in page
    assert "<script" not in page
    assert len(told(folder).failed) < 500
