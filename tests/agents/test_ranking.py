"""Sources are ranked by validation first; where that leaves them tied, by the loss of answers that can be compared."""

from dataclasses import replace

import pytest

from ftdojo.agents.ranking import ranked
from ftdojo.records import Estimate


@pytest.fixture
def probed(experiment_on_paper):
    """Return an experiment with a score (n = 49), losses a step, and a length of its answers."""

    def made(score, losses, *, answer_tokens=35.0):
        paper = experiment_on_paper(score)
        feedback = paper.feedback
        point = feedback.training.curve[0]
        curve = tuple(replace(point, step=at, loss=loss) for at, loss in enumerate(losses, 1))
        half = 0.1
        estimate = Estimate(score=score, n=49, low=max(0.0, score - half), high=score + half)
        tokens = replace(feedback.check.data.label_tokens, mean=answer_tokens)
        return replace(
            paper,
            feedback=replace(
                feedback,
                check=replace(
                    feedback.check, data=replace(feedback.check.data, label_tokens=tokens)
                ),
                training=replace(feedback.training, curve=curve),
                evaluation=replace(feedback.evaluation, score=estimate),
            ),
        )

    return made


CLEAN, NOISY = [1.0, 0.5, 0.3, 0.2], [1.0, 0.5, 0.5, 0.4]


def test_a_clear_lead_needs_no_loss(probed, paper_observation):
    found = {"noisy": probed(0.6, NOISY), "clean": probed(0.2, CLEAN)}
    assert ranked(found, paper_observation) == ["noisy", "clean"]


def test_of_tied_sources_the_one_that_contradicts_itself_less_is_first(probed, paper_observation):
    found = {
        "noisy": probed(0.16, NOISY),
        "clean": probed(0.08, CLEAN),
        "off": probed(0.0, [9.0] * 4),
    }
    assert ranked(found, paper_observation)[0] == "clean"


def test_one_lucky_item_of_thirty_does_not_outrank_what_many_items_show(probed, paper_observation):
    def showing(made, low):
        shown = {"steps_right": Estimate(score=low + 0.04, n=32, low=low, high=low + 0.08)}
        evaluation = replace(made.feedback.evaluation, secondary=shown, unreadable_share=0.8)
        return replace(made, feedback=replace(made.feedback, evaluation=evaluation))

    found = {
        "lucky": probed(0.03, CLEAN, answer_tokens=9.0),
        "learning": showing(probed(0.0, NOISY), 0.09),
    }
    assert ranked(found, paper_observation) == ["learning", "lucky"]


def test_losses_of_answers_of_other_lengths_are_not_compared(probed, paper_observation):
    found = {"long": probed(0.16, NOISY), "short": probed(0.08, CLEAN, answer_tokens=9.0)}
    assert ranked(found, paper_observation) == ["long", "short"]


def test_losses_of_shorter_trainings_are_not_compared(probed, paper_observation):
    found = {"whole": probed(0.1, NOISY), "few": probed(0.05, [*CLEAN[:2], 0.1])}
    assert ranked(found, paper_observation) == ["whole", "few"]


def test_nothing_scored_is_no_ranking(paper_observation):
    assert ranked({}, paper_observation) == []
