"""A run is declared once: what an option sets is recorded, asked for again by a command, and comes out equal."""

import dataclasses
import shlex

import pytest
import typer

from ftdojo.cli.main import app
from ftdojo.cli.run_options import takes_a_run
from ftdojo.errors import UsageError
from ftdojo.records import OPTIONS, OUTSIDE, Budget, LlmChoice, RunSpec, command, run_spec
from ftdojo.records.options import value_at
from ftdojo.store import dump, load

EXAMPLES = {
    "budget": "1h30m",
    "max_disk": "2G",
    "options": ["repairs=5", "note=a b"],
    "without": "planning,memory",
    "prices": "/p.yaml",
    "sandbox": "unsafe",
    "with_judge": True,
}
"""A value for each option that text or the number 7 is not a value of."""
LLM = {"llm": "openai/m"}


def parsed(words, verb):
    """Return the spec that the program makes of a command line, by its own parser."""
    made = []
    parser = typer.Typer()
    parser.callback()(lambda: None)
    without = ("agent", "agent_options") if verb == ["play", "start"] else ()

    def command(spec):
        made.append(spec)

    parser.command("run")(takes_a_run(without=without)(command))
    parser(["run", *words[1 + len(verb) :]], standalone_mode=False)
    return made[0]


def example(option):
    if option.key in EXAMPLES:
        return EXAMPLES[option.key]
    return "some" if option.kind is str else option.kind(7)


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.key)
def test_an_option_survives_the_record_and_the_command_that_does_the_run_again(option):
    asked = run_spec({"task": "math/mini"} | LLM | {option.key: example(option)})
    recorded = load(RunSpec, dump(asked))
    assert recorded == asked
    assert value_at(asked, option.path) not in (None, option.default)
    assert parsed(shlex.split(command(recorded)), ["run"]) == asked


def test_all_options_together_survive_it_too():
    asked = run_spec({"task": "./mine"} | {each.key: example(each) for each in OPTIONS})
    assert parsed(shlex.split(command(load(RunSpec, dump(asked)))), ["run"]) == asked


def test_a_run_from_outside_is_done_again_by_the_verb_that_starts_one():
    asked = dataclasses.replace(run_spec({"task": "t", "data_cap": 9}), agent=OUTSIDE)
    assert command(asked).startswith("ftdojo play start t --model ")
    again = parsed(shlex.split(command(asked)), ["play", "start"])
    assert dataclasses.replace(again, agent=OUTSIDE) == asked


@pytest.mark.parametrize("cls", [RunSpec, Budget, LlmChoice])
def test_everything_a_run_can_be_told_has_an_option(cls):
    silent = [
        each.name
        for each in dataclasses.fields(cls)
        if not {"options", "part"} & set(each.metadata) and each.name != "task"
    ]
    assert silent == []


@pytest.mark.parametrize(("path", "missing"), [(["run"], set()), (["play", "start"], {"agent"})])
def test_the_programs_take_every_option(path, missing):
    found = typer.main.get_command(app)
    for name in path:
        found = found.commands[name]
    flags = {flag for each in found.params for flag in each.opts}
    lacking = {each.path[0] for each in OPTIONS if each.flag not in flags}
    assert lacking - {"agent_options"} == missing


@pytest.mark.parametrize("key", ["max_llm_usd", "max_llm_calls"])
def test_a_cap_of_nothing_is_a_cap_too(key):
    with pytest.raises(UsageError, match=r"-(usd|calls) 0: no language model is named"):
        run_spec({"task": "t", key: 0})
    assert value_at(run_spec({"task": "t", key: 0} | LLM).budget, (key,)) == 0


def test_words_that_are_not_a_value_are_refused_with_an_example():
    with pytest.raises(UsageError, match=r"--option 'repairs' must be name=value, such as rep"):
        run_spec({"task": "t", "options": ["repairs"]})


@pytest.mark.parametrize("seconds", [600.0, 0.1, 1e7, 604.123456789, 1 / 3])
def test_a_budget_of_any_length_is_asked_for_exactly(seconds):
    asked = RunSpec(task="t", budget=Budget(wall_s=seconds))
    assert parsed(shlex.split(command(asked)), ["run"]).budget.wall_s == seconds
