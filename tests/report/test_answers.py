"""The same items, answered twice: sorted by what became of them, and bounded."""

from collections import Counter
from dataclasses import replace

import pytest

from ftdojo.records import Direction
from ftdojo.report.answers import SHOWN, TEXT, answers
from ftdojo.report.evidence import RunEvidence
from ftdojo.stats import every_fourth


def scores(folder, name):
    return {each.item: each.grade.score for each in folder.predictions(name, "validation")}


def test_counts_are_those_of_the_stored_grades(finished):
    base, chosen = scores(finished, "base"), scores(finished, "e5")
    words = {(0, 1): "fixed", (1, 0): "broken", (0, 0): "both-wrong", (1, 1): "both-right"}
    expected = Counter(words[base[item], chosen[item]] for item in base)
    assert answers(RunEvidence.read(finished)).counts == expected
    assert min(expected.values()) > 0


def test_only_so_many_are_shown_and_every_kind_has_its_turn(finished):
    found = answers(RunEvidence.read(finished))
    assert len(found.pairs) == SHOWN == sum(found.shown.values())
    assert all(found.shown.values())


def test_a_prompt_is_quoted_only_where_a_report_quotes_it(finished):
    evidence = RunEvidence.read(finished)
    quoted = {wrong.item for _, each in evidence.scored() for wrong in each.wrong}
    quoted |= {wrong.item for wrong in evidence.base.wrong}
    shown = {pair.item for pair in answers(evidence).pairs if pair.prompt}
    assert shown
    assert shown <= quoted


def test_a_run_without_two_models_has_nothing_to_compare(new, tmp_path, story):
    assert answers(RunEvidence.read(new)) is None
    assert answers(RunEvidence.read(story.begin(tmp_path / "other")[0])) is None


def test_the_page_of_a_run_that_goes_on_shows_no_answer_that_its_agent_may_not_see(tmp_path, story):
    folder, base = story.begin(tmp_path)
    story.carry_out(folder, base, count=2)
    seen = every_fourth(each.item for each in folder.predictions("base", "validation"))
    shown = {pair.item for pair in answers(RunEvidence.read(folder)).pairs}
    assert shown
    assert shown <= seen


def test_a_long_answer_is_cut(tmp_path, story):
    folder, base = story.begin(tmp_path)
    story.carry_out(folder, base, count=2)
    long = [replace(each, output="x" * 100_000) for each in story.graded(0.3, seed=1)]
    folder.save_predictions("e2", "validation", long)
    found = answers(RunEvidence.read(folder))
    assert {len(pair.after.output) for pair in found.pairs} == {TEXT}


@pytest.mark.parametrize(
    ("output", "shown"), [("", "(nothing)"), ("\n \n", "(3 characters, all blank)")]
)
def test_an_answer_without_a_visible_sign_is_described(tmp_path, story, output, shown):
    folder = story.build_finished(tmp_path)
    first = folder.predictions("base", "validation")[0]
    folder.save_predictions("base", "validation", [replace(first, output=output)])
    found = answers(RunEvidence.read(folder))
    assert [pair.before.output for pair in found.pairs] == [shown]


@pytest.mark.parametrize(("direction", "kind"), [("higher", "fixed"), ("lower", "broken")])
def test_what_counts_as_fixed_follows_the_direction(tmp_path, story, direction, kind):
    folder = story.build_finished(tmp_path)
    zero, one = (
        [replace(g, grade=replace(g.grade, score=s)) for g in story.graded(0.5, seed=1)]
        for s in (0.0, 1.0)
    )
    folder.save_predictions("base", "validation", zero)
    folder.save_predictions("e5", "validation", one)
    folder.save_base(story.report(zero, direction=Direction(direction)))
    assert answers(RunEvidence.read(folder)).counts[kind] == 100
