"""Builds: what a kept build depends on, and scripts that ask language models."""

import json
from dataclasses import replace

import pytest

from ftdojo.checks import build as building
from ftdojo.checks.build import build, dry_run
from ftdojo.dojo.account import Account
from ftdojo.gateway import Gateway
from ftdojo.llm import Exchanges, Llm, open_models
from ftdojo.records import Budget, LlmChoice
from ftdojo.store import Cache, Ledger
from ftdojo.testing.llm import ScriptedLlm, behaviours

ASKING = """
import ftkit
prompts = [f"{word} {n}" for n in range(count)]
said = ftkit.ask_many(prompts, workers=2)
ftkit.write(ftkit.chat(each, answer) for each, answer in zip(prompts, said) if answer)
"""


def asking(word, count):
    return f"word, count = {word!r}, {count}\n{ASKING}"


@pytest.fixture
def server():
    with ScriptedLlm(behaviours.echo) as started:
        yield started


@pytest.fixture
def with_models(context, server, tmp_path):
    """Return a function that gives the ground language models, as a run that is opened (again) does."""

    def give(run="one", weak="small", **caps):
        folder = tmp_path / run
        folder.mkdir(exist_ok=True)
        choice = LlmChoice(
            models={"planner": "openai/big", "weak": f"openai/{weak}"}, base_url=server.url
        )
        account = Account(budget=Budget(wall_s=9, **caps), ledger=Ledger(folder), run=run)
        models = account.metered(open_models(choice))
        exchanges = Exchanges(folder / "llm")
        llm = Llm(models, exchanges=exchanges, charge=account.charge, allow=account.allow)
        return replace(context, gateway=Gateway(llm, folder=folder), scratch=folder)

    return give


def rows(path):
    return [json.loads(line)["messages"][1]["content"] for line in path.read_text().splitlines()]


def test_without_models_a_build_is_found_under_the_key_it_always_had(context):
    script = "open('train.jsonl', 'w').write('{}')  # as ever"
    path, _ = build(script, context, wall_s=60)
    pins = [f"{name}={each.digest}" for name, each in sorted(context.data.stored.items())]
    assert path.parent.name == Cache.key("data", "1", script, *pins)


def test_another_version_of_the_kit_concerns_only_scripts_that_name_it(context, monkeypatch):
    plain, helped = "open('train.jsonl', 'w').write('{}')", "import ftkit; ftkit.write([{}])"
    before = [build(each, context, wall_s=60)[0] for each in (plain, helped)]
    monkeypatch.setattr(building, "KIT_VERSION", "next")
    after = [build(each, context, wall_s=60)[0] for each in (plain, helped)]
    assert [one == other for one, other in zip(before, after, strict=True)] == [True, False]


def test_a_script_s_answers_are_paid_for_once_a_run_dry_run_included(with_models, server):
    context = with_models()
    dry_run(asking("once", 3), context)
    path, log = build(asking("once", 5), context, wall_s=60)
    assert rows(path) == [f"once {n}" for n in range(5)]
    assert "ftkit.ask_many: 5 of 5 answered" in log
    assert server.tally.requests == 5


def test_rows_by_other_models_are_other_rows(with_models, context, server):
    script = asking("whose", 2)
    first, _ = build(script, with_models("a"), wall_s=60)
    assert build(script, with_models("b"), wall_s=60)[0] == first
    other, _ = build(script, with_models("c", weak="tiny"), wall_s=60)
    assert other != first
    assert server.tally.requests == 4


def test_rows_with_unanswered_questions_serve_once_and_are_not_kept(with_models, server):
    script = asking("partly", 6)
    path, log = build(script, with_models(max_llm_calls=4), wall_s=60)
    assert len(rows(path)) == 4
    assert "4 of 6 answered; The cap of 4 calls on language models is reached" in log
    again, _ = build(script, with_models(max_llm_calls=9), wall_s=60)
    assert (len(rows(again)), server.tally.requests) == (6, 6)
    assert build(script, with_models(max_llm_calls=9), wall_s=60)[0] == again


def test_a_script_that_stumbles_over_a_cap_is_told_so(with_models, context):
    from ftdojo.checks.context import CheckFailed

    script = "import ftkit\nfor n in range(3): ftkit.ask(f'stumble {n}')"
    with pytest.raises(
        CheckFailed, match=r"exit code 1: ftkit.models.CapReached: The cap of 2 calls"
    ):
        build(script, with_models(max_llm_calls=2), wall_s=60)


def test_without_models_a_script_that_asks_is_told_so(fell):
    stage, kind, said = fell(data="import ftkit; ftkit.ask('hi')")
    assert (stage, kind) == ("dry-run", "data-script")
    assert "This run has no language model (ftdojo run --llm); make the rows without one." in said
