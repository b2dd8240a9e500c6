"""Who learns by heart what it is shown of validation gains nothing by it: neither the verdict nor the choice."""

import pytest

from ftdojo import play
from ftdojo.store.trajectory import trajectory

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def played(new):
    """The agent that learns by heart, and its run: an honest experiment, ``e1``, and ``e2``, with which it finishes."""
    import ftdojo_moods

    agent = ftdojo_moods.ByHeart()
    with new("by-heart", task="ftdojo_moods:task") as dojo:
        play(agent, dojo)
        yield agent, dojo


def test_an_agent_sees_a_quarter_of_validation_and_is_refused_the_rest_in_one_line(played):
    agent, dojo = played
    looks = [each.outcome for each in trajectory(dojo.folder) if each.outcome.action.verb == "look"]
    assert len({word for word, _ in agent.golds}) == 15
    assert looks[-1].notice.startswith("offset=15 cannot be shown: of 60 validation items 15 are")
    shown = {each.prompt for made in dojo.folder.experiments() for each in made.evaluation.wrong}
    assert shown <= {word for word, _ in agent.golds}


def test_what_is_learned_by_heart_is_behind_an_honest_experiment(played):
    _, dojo = played
    heart = dojo.folder.experiments()[1]
    against = heart.feedback.comparisons["best"]
    assert (against.against, against.difference.n) == ("e1", 45)
    assert against.difference.score < -0.1


def test_an_agent_that_finishes_with_it_gets_what_held_back_items_call_better(played):
    _, dojo = played
    result = dojo.result
    assert (result.proposed, result.chosen) == ("e2", "e1")
    assert result.why.startswith("By the numbers it was e1, which was ahead of e2 on 40 held-back")
    assert result.confirmation.against == "base"
