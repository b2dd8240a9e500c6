"""The examples do what they are shown for: an agent really plays, and an export keeps its score outside of ftdojo."""

import ast
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ftdojo.store import RunFolder

TESTS = Path(__file__).parent
EXAMPLES = TESTS.parent / "examples"
TASK = "toy_weather:task"


def python(*args, cache, cwd):
    """Run this interpreter as a user would, examples and the toy task in reach; return what it printed."""
    env = os.environ | {
        "PYTHONPATH": f"{EXAMPLES}{os.pathsep}{TESTS / 'toys'}",
        "FTDOJO_CACHE": str(cache),
        "OMP_NUM_THREADS": "1",
    }
    done = subprocess.run(
        [sys.executable, *map(str, args)],
        env=env,
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """A run of the example agent on a task that the tiny model can learn, by the command line."""
    place = tmp_path_factory.mktemp("played")
    line = ["run", TASK, "--agent", "my_agent:MyAgent", "--model", "tiny", "--budget", "10m"]
    told = python("-m", "ftdojo.cli.main", *line, "--json", cache=place / "cache", cwd=place)
    return place, json.loads(told)


@pytest.fixture(scope="module")
def load_adapter():
    spec = importlib.util.spec_from_file_location("load_adapter", EXAMPLES / "load_adapter.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_agent_of_the_readme_tries_every_source_and_finds_the_one_that_knows(played):
    _, told = played
    assert (told["experiments"], told["chosen"]) == (2, "e2")
    assert (told["base_test"]["score"], told["test"]["score"]) == (0.0, 1.0)


def test_the_agent_of_the_readme_has_at_most_twenty_lines():
    text = (EXAMPLES / "my_agent.py").read_text("utf8")
    agent, _, _ = text.partition("if __name__")
    start = ast.parse(text).body[1].lineno - 1  # after the docstring
    assert len([line for line in agent.splitlines()[start:] if line.strip()]) <= 20


def test_plain_transformers_and_peft_reproduce_the_sealed_score_item_by_item(played):
    place, told = played
    model = ["--base", place / "cache" / "models" / "tiny", "--adapter", place / told["export"]]
    line = [EXAMPLES / "load_adapter.py", *model, "--task", TASK, "--outputs", "outputs.jsonl"]
    found = json.loads(python(*line, cache=place / "cache", cwd=place))
    assert (found["score"], found["n"]) == (told["test"]["score"], told["test"]["n"])
    sealed = RunFolder.open(told["run"], place / "runs").predictions(told["chosen"], "test")
    written = [json.loads(line) for line in (place / "outputs.jsonl").read_text().splitlines()]
    assert [each["output"] for each in written] == [each.output for each in sealed]


def test_without_an_adapter_the_base_itself_is_scored_on_a_file(played, load_adapter, capsys):
    place, _ = played
    turns = [{"role": "user", "content": "day 2 of June?"}]
    rows = [{"prompt": "day 1 of June?", "answer": "dry"}, {"prompt": turns, "answer": "wet"}]
    (place / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    base = str(place / "cache" / "models" / "tiny")
    load_adapter.main(["--base", base, "--data", str(place / "rows.jsonl")])
    found = json.loads(capsys.readouterr().out)
    assert (found["score"], found["n"]) == (0.0, 2)


def test_an_answer_of_a_file_counts_if_it_is_the_text(load_adapter, tmp_path):
    (tmp_path / "rows.jsonl").write_text('{"prompt": "day 1?", "answer": "dry"}\n')
    given = load_adapter.arguments(["--base", "b", "--data", str(tmp_path / "rows.jsonl")])
    asked, score, limits = load_adapter.of_file(given)
    assert asked == [[{"role": "user", "content": "day 1?"}]]
    assert [score(0, "dry\n"), score(0, "wet"), score(0, "dry, I think")] == [1.0, 0.0, 0.0]
    assert limits["max_new_tokens"] == 128


@pytest.mark.parametrize(
    ("text", "stop", "left"),
    [
        ("a}b;c", ("}", ";"), "a"),
        ("a;b}c", ("}", ";"), "a"),
        ("abc", ("}",), "abc"),
        ("a", (), "a"),
    ],
)
def test_an_output_ends_at_the_first_stop_string(load_adapter, text, stop, left):
    assert load_adapter.cut(text, stop) == left


@pytest.mark.slow
def test_the_agent_of_the_readme_plays_when_its_file_is_run(tmp_path):
    told = python(EXAMPLES / "my_agent.py", cache=tmp_path / "cache", cwd=tmp_path)
    assert told.startswith("gain on the test:")
    (run,) = (tmp_path / "runs").glob("*/result.json")
    assert json.loads(run.read_text())["spent"]["experiments"] == 6
