"""A language model may give a second reference score; it is off by default, apart, and decides nothing."""

import pytest

from ftdojo.dojo import start
from ftdojo.records import LlmChoice, RunSpec
from ftdojo.testing.llm import Said, ScriptedLlm, Trouble


@pytest.fixture
def base(toys, tmp_path, cache):
    """Return the base's validation report, and the server, of a run with a behaviour as judge."""

    def validated(behaviour, *, judge=True):
        with ScriptedLlm(behaviour) as server:
            llm = LlmChoice(models={"planner": "openai/scripted"}, base_url=server.url)
            spec = RunSpec(task="ftdojo_judged:task", model="tiny", llm=llm, judge=judge)
            with start(spec, name="judged", root=tmp_path, cache=cache) as dojo:
                return dojo.reset().base, server

    return validated


def test_the_judges_word_makes_a_second_reference_score_and_changes_no_other(base):
    report, server = base(lambda request: Said(text="CORRECT"))
    assert report.reference["accuracy"].score == 0.0
    assert report.reference["accuracy, with judge"].score == 100.0
    assert report.score.score == 0.0
    assert server.tally.replies == 60


def test_no_judge_is_asked_unless_the_run_says_so(base):
    report, server = base(lambda request: Said(text="CORRECT"), judge=False)
    assert set(report.reference) == {"accuracy"}
    assert server.requests == []


def test_a_judge_that_is_lost_leaves_the_rules_word(base):
    report, _ = base(lambda request: Trouble(status=401))
    assert report.reference["accuracy, with judge"].score == 0.0
