"""A run told in Markdown, for any agent; for FT-Agent with what it noted on the way."""

from dataclasses import replace

import pytest

from ftdojo.agents.ft_agent.notes import KINDS, Analysed, Checked, Drafted, Dropped, Planned
from ftdojo.agents.notebook import Notebook
from ftdojo.records import Failure, FailureKind, Stage
from ftdojo.report import render, write_story

LESSON = "Give worked rows as much time as there is."


def planned(turn, hypothesis):
    return Planned(
        turn=turn,
        candidate=1,
        candidates=1,
        parent="base",
        why_parent="It is the best.",
        hypothesis=hypothesis,
        data_change="",
        training_change="",
        kept="",
        changes="data",
        reuse_data=False,
        exploring=False,
        predicted_score=None,
        predicted_seconds=None,
    )


@pytest.fixture
def noted(story, tmp_path):
    """Return a run of FT-Agent: a plan that was dropped, then e1 after one repair, understood."""
    folder, base = story.begin(tmp_path / "runs", agent="ft-agent")
    (made,) = story.carry_out(folder, base, count=1)
    fault = Failure(stage=Stage.STATIC, kind=FailureKind.SYNTAX, message="data.py: line 1.")
    broken = replace(made.submission, data="1 +")
    book = Notebook(folder.path / "agent" / "notes.jsonl", KINDS)
    for note in (
        planned(1, "A dead end."),
        Dropped(turn=1, candidate=1, why="it led nowhere"),
        planned(2, "Steps teach."),
        Drafted(turn=2, candidate=1, attempt=0, submission=broken, note="First."),
        Checked(turn=2, candidate=1, attempt=0, failure=fault),
        Drafted(turn=2, candidate=1, attempt=1, submission=made.submission, note="Closed the sum."),
        Checked(turn=2, candidate=1, attempt=1),
        Analysed(
            experiment="e1",
            findings=("Rows: 800 (800 worked).",),
            effect="better",
            diagnosis="It slips.",
            confidence=0.5,
            attribution="data",
            lesson=LESSON,
        ),
    ):
        book.add(note)
    return folder


def test_a_story_has_a_chapter_an_experiment_in_order_and_an_end(finished):
    text = write_story(finished)
    chapters = [line for line in text.splitlines() if line.startswith("## ")]
    assert [line.split(",")[0] for line in chapters[:-1]] == [f"## e{at}" for at in range(1, 9)]
    assert chapters[-1] == "## The end"
    assert "scored once" in text
    assert (finished.path / "story.md").read_text("utf8") == text


def test_a_failed_experiment_says_where_and_why(finished):
    assert "**It failed** at " in write_story(finished)


def test_a_dropped_plan_and_a_repaired_draft_are_in_the_story(noted):
    text = write_story(noted)
    assert text.index("(turn 1)") < text.index("## e1")
    assert "- Dropped: it led nowhere" in text
    (draft,) = (line for line in text.splitlines() if line.startswith("- Draft 1"))
    for part in ("static (syntax)", "data.py: line 1.", "Closed the sum."):
        assert part in draft


def test_escape_codes_of_a_plan_are_written_out_in_the_story(noted):
    book = Notebook(noted.path / "agent" / "notes.jsonl", KINDS)
    book.add(planned(9, "Clear \x1b[2J the \x07 \u202e screen."))
    book.add(Dropped(turn=9, candidate=1, why="it \x9b led"))
    text = write_story(noted)
    assert r"Clear \u001b[2J the \u0007 \u202e screen." in text
    assert text == (noted.path / "story.md").read_text()
    assert not set("\x1b\x07\x9b\u202e") & set(text)


def test_what_was_learnt_is_in_the_story_and_on_the_page(noted):
    for text in (write_story(noted), render(noted)):
        assert LESSON in text
        assert "Rows: 800 (800 worked)." in text


def test_a_run_that_goes_on_has_no_end_yet(running):
    assert "There is none yet; `ftdojo resume" in write_story(running)


def test_nothing_of_the_sealed_test_is_in_the_story(finished, story):
    assert story.SECRET not in write_story(finished)
