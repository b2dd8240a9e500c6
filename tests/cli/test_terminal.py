"""What a terminal, a pipe and an impatient user get."""

import os
import pty
import signal
import subprocess
import sys
import time

import psutil
import pytest

from ftdojo.cli import tables
from ftdojo.cli.tables import one_line

PROGRAM = (sys.executable, "-m", "ftdojo.cli.main")
IDLE = ("run", "toy_yes:task", "--agent", "toy_yes:Idler", "--model", "tiny")
LONG = "a note that goes on and on, well past the last column of a narrow terminal window"


def on_terminal(*args, env):
    """Run the program on a terminal of 80 columns and return all that it wrote there."""
    ours, theirs = pty.openpty()
    started = subprocess.Popen(
        [*PROGRAM, *args], stdin=theirs, stdout=theirs, stderr=theirs, env=env
    )
    os.close(theirs)
    written = b""
    try:
        while chunk := os.read(ours, 4096):
            written += chunk
    except OSError:  # the other end is closed
        pass
    assert started.wait() == 0, written.decode()
    os.close(ours)
    return written.decode()


@pytest.mark.parametrize("asked", ["NO_COLOR", "CI"])
def test_who_asks_for_plain_text_gets_no_escape_codes(environment, idle, asked):
    env = environment | {asked: "1", "TERM": "xterm-256color"}
    written = on_terminal(*IDLE, "--name", f"plain-{asked}", env=env)
    assert "\x1b" not in written
    assert "base: validation 0.000 [" in written


def test_a_terminal_gets_bars(environment, idle):
    env = environment | {"TERM": "xterm-256color", "COLUMNS": "80"}
    written = on_terminal(*IDLE, "--name", "bars", env=env)
    assert "\x1b[" in written
    assert "finishing with base: confirmation, then the test, once" in written


def test_a_pipe_gets_no_escape_codes_and_whole_lines(learned):
    assert "\x1b" not in learned.out + learned.err
    assert any(len(line) > 80 for line in learned.out.splitlines())


@pytest.mark.parametrize("row", [{"run": "r" * 70, "note": "short"}, {"run": "r1", "note": LONG}])
def test_away_from_a_terminal_no_row_is_broken(capsys, monkeypatch, row):
    monkeypatch.setenv("COLUMNS", "50")
    tables.table([row], ("run", "note"))
    assert capsys.readouterr().out.splitlines()[1:] == [f"{row['run']:<3}  {row['note']}"]


def test_the_last_column_is_wrapped_on_a_terminal(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "50")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    tables.table([{"id": "e1", "note": LONG}], ("id", "note"))
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 50
    assert {line[:4] for line in lines[2:]} == {"    "}


def test_what_others_wrote_cannot_steer_the_terminal():
    assert one_line("\x1b]0;owned\x07 a\r\n\u202eb\x9b2J") == "]0;owned a b 2J"


def test_brackets_in_a_plan_are_shown_as_they_are(environment, idle):
    env = environment | {"TERM": "xterm-256color", "COLUMNS": "80"}
    asked = ("run", "toy_yes:task", "--agent", "toy_yes:Marker", "--model", "tiny")
    assert "e1: [/red] closes nothing" in on_terminal(*asked, "--name", "marks", env=env)


def test_a_reader_that_goes_away_is_no_error(environment):
    started = subprocess.Popen(
        [*PROGRAM, "models", "list"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    )
    started.stdout.close()
    assert (started.stderr.read(), started.wait()) == (b"", 0)
    started.stderr.close()


@pytest.mark.parametrize("stage", ["data", pytest.param("training", marks=pytest.mark.slow)])
def test_an_interrupted_run_leaves_no_process_and_says_how_to_go_on(
    environment, home, learned, stage
):
    asked = ("run", "toy_yes:task", "--agent", "toy_yes:Endless", "--model", "tiny")
    name = f"halted-in-{stage}"
    started = subprocess.Popen(
        [*PROGRAM, *asked, "--budget", "5h", "--name", name],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        text=True,
        start_new_session=True,
    )
    family = family_in(stage, started.pid, home / "runs" / name)
    os.killpg(started.pid, signal.SIGINT)
    out, err = started.communicate(timeout=60)
    assert (started.returncode, out) == (130, ""), err
    assert err.splitlines()[-1] == f"ftdojo: interrupted; `ftdojo resume {name}` goes on."
    assert "Traceback" not in err
    assert not psutil.wait_procs(family, timeout=10)[1]


def family_in(stage, pid, folder):
    """Wait until run ``folder`` is in ``stage``; return every process of the run."""
    told = {"data": '"kind":"experiment-began"', "training": '"check"'}[stage]
    log = folder / {"data": "events.jsonl", "training": "ledger.jsonl"}[stage]
    wanted = {"data": 1, "training": 2}[stage]
    until = time.monotonic() + 120
    while not log.exists() or log.read_text().count(told) < wanted:
        assert time.monotonic() < until, "it never came so far"
        time.sleep(0.1)
    return [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]


def test_an_interrupt_before_there_is_a_run_is_one_line(environment):
    code = "import signal, ftdojo.cli.main as it; it._called = lambda p: signal.raise_signal(signal.SIGINT); it.main()"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True)
    assert (done.returncode, done.stderr) == (130, b"ftdojo: interrupted.\n")
