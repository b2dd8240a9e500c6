"""A run with language models, by the real command line: what was asked is paid once, through a kill and in a replay."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ftdojo.store import RunFolder
from ftdojo.testing.llm import ScriptedLlm, Trouble, behaviours

TOYS = Path(__file__).parent.parent / "toys"
PRICES = "openai/scripted: {input: 0.3, output: 1.7}\n"
KEY = "sk-of-this-test-0123456789abcdef"
HALF = 6
INHERITED = ("PATH", "HOME", "LANG", "FTDOJO_LOW_PRECISION")

pytestmark = pytest.mark.slow


class Program:
    """The command line, with a home of its own."""

    def __init__(self, home):
        self.home = home
        kept = {name: os.environ[name] for name in INHERITED if name in os.environ}
        places = {"FTDOJO_HOME": str(home / "runs"), "FTDOJO_CACHE": str(home / "cache")}
        own = {"PYTHONPATH": str(TOYS), "OMP_NUM_THREADS": "1", "OPENAI_API_KEY": KEY}
        self.env = kept | places | own
        (home / "prices.yaml").write_text(PRICES)

    def start(self, *words):
        command = [sys.executable, "-m", "ftdojo.cli.main", *words, "--json"]
        piped = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(command, env=self.env, start_new_session=True, **piped)

    def call(self, *words):
        with self.start(*words) as process:
            out, err = process.communicate(timeout=240)
        assert process.returncode == 0, err
        return json.loads(out)

    def run(self, name, *more):
        given = ("--agent", "toy_asker:Asker", "--model", "tiny", "--name", name)
        return ("run", "ftdojo_toy:task", *given, *more)

    def asking(self, name, url):
        prices = str(self.home / "prices.yaml")
        return self.run(name, "--llm", "openai/scripted", "--base-url", url, "--prices", prices)


def stops_halfway(request):
    return Trouble(hang_s=3600) if request.count == HALF else behaviours.echo(request)


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    return Program(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def resumed(program):
    """A run that was killed with half of its questions answered, and gone on with; and what the server counted."""
    with ScriptedLlm(stops_halfway, key=KEY, price=("0.3", "1.7")) as server:
        process = program.start(*program.asking("killed", server.url))
        until = time.monotonic() + 120
        while server.tally.requests < HALF and time.monotonic() < until:
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        done = program.call("resume", "killed")
        return done, server.tally, RunFolder(program.home / "runs" / "killed")


def test_a_build_that_was_killed_halfway_asks_only_the_other_half(resumed):
    done, tally, _ = resumed
    assert (tally.requests, tally.replies) == (11, 10)  # one was under way when it was killed
    assert (done["status"], done["experiments"]) == ("finished", 1)


def test_the_ledger_is_the_server_s_own_count(resumed):
    done, tally, _ = resumed
    spent = done["ledger"]
    assert (spent["llm_calls"], spent["llm_usd"]) == (tally.replies, tally.nano_usd / 10**9)
    tokens = (spent["llm_input_tokens"], spent["llm_output_tokens"])
    assert tokens == (tally.input_tokens, tally.output_tokens)


def test_the_report_and_the_closing_words_name_the_cost(resumed, program):
    _, tally, folder = resumed
    page = (folder.path / "report.html").read_text("utf8")
    assert f"Language models: 10 calls, {tally.input_tokens} tokens read" in page
    shown = subprocess.run(
        [sys.executable, "-m", "ftdojo.cli.main", "resume", "killed"],
        env=program.env | {"OPENAI_API_KEY": ""},  # a run that has ended needs no key
        capture_output=True,
        text=True,
    )
    assert f"llm:      10 calls, {tally.input_tokens} tokens in" in shown.stdout, shown.stderr


def test_the_run_folder_holds_every_word_and_no_key(resumed):
    _, _, folder = resumed
    files = [path for path in folder.path.rglob("*") if path.is_file()]
    assert [path for path in files if KEY.encode() in path.read_bytes()] == []
    said = (folder.path / "llm" / "exchanges.jsonl").read_text().splitlines()
    assert sorted(json.loads(each)["reply"]["text"] for each in said) == [
        f"Say {n}" for n in range(10)
    ]


def test_a_run_is_played_again_from_its_record_without_a_model(resumed, program):
    done, tally, folder = resumed
    again = program.call(*program.run("again", "--replay", "killed"))
    other = RunFolder(program.home / "runs" / "again")
    digests = [each.experiments()[0].feedback.check.data.digest for each in (folder, other)]
    assert digests[0] == digests[1]
    assert again["test"] == done["test"]
    assert again["ledger"]["llm_calls"] == tally.replies


def test_a_cap_does_not_end_the_run(program):
    with ScriptedLlm(behaviours.echo, key=KEY) as server:
        caps = ("--llm-weak", "openai/other", "--max-llm-calls", "4")
        done = program.call(*program.asking("capped", server.url), *caps)
    assert (done["status"], done["stopped_by"], done["experiments"]) == ("finished", None, 1)
    assert server.tally.requests == done["ledger"]["llm_calls"] == 4
    assert done["ledger"]["llm_usd"] is None  # nobody gave the other model's price
