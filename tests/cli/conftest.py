"""The program as a user calls it: in this process where only words matter, as a process where its end matters."""

import io
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from ftdojo.cli.main import main

TOYS = Path(__file__).parent.parent / "toys"
PROGRAM = (sys.executable, "-m", "ftdojo.cli.main")
TINY = ("--model", "tiny", "--budget", "10m")
INHERITED = ("PATH", "HOME", "LANG", "FTDOJO_LOW_PRECISION")


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How one call of the program ended."""

    code: int
    out: str
    err: str


@pytest.fixture(scope="module", autouse=True)
def _workers(warm_workers):
    """Start a worker for many runs instead of one for each."""


@pytest.fixture(scope="session")
def home(tmp_path_factory):
    """A folder with the runs and the cache that the tests of this folder share."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def environment(home):
    kept = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return kept | {
        "FTDOJO_HOME": str(home / "runs"),
        "FTDOJO_CACHE": str(home / "cache"),
        "PYTHONPATH": str(TOYS),
        "OMP_NUM_THREADS": "1",
        "PYTHONWARNINGS": "ignore",
    }


@pytest.fixture(scope="session")
def call(environment):
    """Call the program in this process, if need be in the folder ``cwd``; ``env`` replaces variables."""

    def called(*args, cwd=None, **env):
        with pytest.MonkeyPatch.context() as patch:
            for name, value in (environment | env).items():
                patch.setenv(name, str(value))
            patch.syspath_prepend(TOYS)
            patch.chdir(cwd or Path.cwd())
            patch.setattr(sys, "argv", ["ftdojo", *map(str, args)])
            out, err = (io.TextIOWrapper(io.BytesIO(), "utf8", newline="") for _ in "oe")
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", err)
            with pytest.raises(SystemExit) as ended:
                main()
        said = []
        for stream in (out, err):
            stream.flush()
            said.append(stream.buffer.getvalue().decode("utf8"))
        return Ended(code=ended.value.code, out=said[0], err=said[1])

    return called


@pytest.fixture(scope="session")
def program(environment):
    """Run the program as a process of its own."""

    def run(*args, cwd=None, **env):
        done = subprocess.run(
            [*PROGRAM, *map(str, args)],
            capture_output=True,
            text=True,
            cwd=cwd,
            env=environment | {name: str(value) for name, value in env.items()},
        )
        return Ended(code=done.returncode, out=done.stdout, err=done.stderr)

    return run


@pytest.fixture
def without_bwrap(environment):
    """Run the program where no bubblewrap is installed."""
    hide = f'mount --bind /dev/null {shutil.which("bwrap") or "/usr/bin/bwrap"} && exec "$@"'

    def run(*args):
        command = ["unshare", "--mount", "sh", "-c", hide, "sh", *PROGRAM, *args]
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        if done.stderr.startswith(("unshare:", "mount:")):
            pytest.skip(f"hiding bwrap is not permitted: {done.stderr.strip()}")
        return Ended(code=done.returncode, out=done.stdout, err=done.stderr)

    return run


@pytest.fixture(scope="session")
def learned(call):
    """A run that chose what it trained, called ``learned``; how the call that made it ended."""
    return call("run", "toy_yes:task", "--agent", "toy_yes:Learner", *TINY, "--name", "learned")


@pytest.fixture(scope="session")
def idle(program, learned):
    """A run that kept the base, called ``idle``; printed as JSON."""
    asked = ("toy_yes:task", "--agent", "toy_yes:Idler", *TINY, "--name", "idle", "--json")
    return program("run", *asked)


@pytest.fixture
def refused():
    """Check that a call was refused in one line of talk, without a traceback, and return that line."""

    def check(ended, *, code):
        assert (ended.code, ended.out) == (code, ""), ended.err
        lines = ended.err.splitlines()
        assert len(lines) == 1, ended.err
        assert lines[0].startswith("ftdojo: ")
        return lines[0].removeprefix("ftdojo: ")

    return check
