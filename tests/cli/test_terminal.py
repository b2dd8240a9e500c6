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


LISTING = ("models", "list")
LOST = "nothing that was recorded is lost: `ftdojo runs list` shows the runs, `ftdojo resume RUN` goes on."


def told_in(shell, environment, *args):
    """Run a command line of the shell in which ``$@`` is the program; return exit code, stdout and stderr."""
    done = subprocess.run(
        ["sh", "-c", shell, "sh", *PROGRAM, *args], capture_output=True, text=True, env=environment
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("shell", "code", "why"),
    [
        ('"$@" > /dev/full', 1, "the output cannot be written: No space left on device"),
        ('"$@" >&-', 1, "the output cannot be written: it is closed"),
        ('"$@" <&- >&-', 1, "the output cannot be written: it is closed"),
        ('{ "$@"; echo $? >&2; } | true', 0, "whoever read the output is gone"),
    ],
)
def test_output_that_cannot_be_written_is_one_line(environment, shell, code, why):
    ended, out, err = told_in(shell, environment, *LISTING)
    said = err.removesuffix("141\n") if "|" in shell else err
    assert (ended, out, said) == (code, "", f"ftdojo: {why}; {LOST}\n")


def test_progress_that_cannot_be_written_is_left_out(environment):
    listed = told_in('"$@"', environment, *LISTING)
    assert listed[0] == 0
    for shell in ('"$@" 2> /dev/full', '"$@" 2>&-'):
        assert told_in(shell, environment, *LISTING) == listed


def acting(code, environment, **how):
    """Run the program with a command that does ``code``."""
    text = f"import os, signal, sys, ftdojo.cli.main as it\ndef act(program):\n    {code}\nit._called = act\nit.main()"
    return subprocess.run(
        [sys.executable, "-c", text], env=environment, capture_output=True, text=True, **how
    )


HOSTILE = r"\x1b]0;owned\x07 \x9b2J \u202e\u2066 \ud800 \U000e0041 caf\xe9"
WRITTEN = r"\u001b]0;owned\u0007 \u009b2J \u202e\u2066 \ud800 \udb40\udc41 caf"


@pytest.mark.parametrize("encoding", ["utf8", "ascii", "latin-1"])
def test_nothing_that_leaves_can_steer_a_terminal_or_fails_to_be_encoded(environment, encoding):
    code = f'import typer; print("{HOSTILE}"); typer.echo("{HOSTILE}", err=True)'
    done = acting(code, environment | {"PYTHONIOENCODING": encoding}, encoding=encoding)
    expected = WRITTEN + (r"\u00e9" if encoding == "ascii" else "\xe9") + "\n"
    assert done.stdout == done.stderr == expected


@pytest.mark.parametrize(("number", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_before_there_is_a_run_is_one_line(environment, number, code):
    done = acting(f"signal.raise_signal(signal.{number})", environment)
    assert (done.returncode, done.stderr) == (code, "ftdojo: interrupted.\n")


def test_who_asked_not_to_hang_up_is_obeyed(environment):
    code = "signal.raise_signal(signal.SIGHUP); print('went on'); return 0"
    done = acting(
        code, environment, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "went on\n", "")


@pytest.mark.parametrize(
    ("stage", "number", "code"),
    [
        ("data", signal.SIGINT, 130),
        ("data", signal.SIGTERM, 143),
        pytest.param("data", signal.SIGHUP, 129, marks=pytest.mark.slow),
        pytest.param("training", signal.SIGTERM, 143, marks=pytest.mark.slow),
    ],
)
def test_an_interrupted_run_leaves_no_process_and_says_how_to_go_on(
    environment, home, learned, stage, number, code
):
    asked = ("run", "toy_yes:task", "--agent", "toy_yes:Endless", "--model", "tiny")
    name = f"halted-in-{stage}-by-{number}"
    started = subprocess.Popen(
        [*PROGRAM, *asked, "--budget", "5h", "--name", name],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        text=True,
        start_new_session=True,
    )
    family = family_in(stage, started.pid, home / "runs" / name)
    os.killpg(started.pid, number)
    out, err = started.communicate(timeout=60)
    assert (started.returncode, out) == (code, ""), err
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
