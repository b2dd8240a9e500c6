"""Which tier is in force, what is said when it is not, and what each tier admits of itself."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

import ftdojo
from ftdojo.errors import SandboxError, UnknownName
from ftdojo.sandbox import Limits, Sandbox, open_sandbox, prove
from ftdojo.sandbox.attacks import ATTACKS
from ftdojo.sandbox.bubblewrap import Bubblewrap
from ftdojo.sandbox.tiers import _probe

NAMES = {attack.name for attack in ATTACKS}
OPEN_IN_UNSAFE = {
    "no network",
    "host files cannot be read",
    "held-out items are out of sight",
    "only the folder can be written",
    "no foreign environment",
    "daemons die with the script",
}


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """Put a shell script in the place of bubblewrap; return a function that takes its text."""
    place = tmp_path / "bwrap"
    find = shutil.which

    def put(text):
        place.write_text(f"#!/bin/sh\n{text}")
        place.chmod(0o755)
        found = lambda name, **kw: str(place) if name == "bwrap" else find(name, **kw)  # noqa: E731
        monkeypatch.setattr(shutil, "which", found)

    return put


def test_auto_is_bubblewrap_and_is_opened_once(sandbox):
    assert open_sandbox().tier == "bubblewrap"
    assert open_sandbox("auto") is open_sandbox("auto")


def test_an_unknown_tier_is_answered_with_the_nearest():
    with pytest.raises(UnknownName, match=r"No sandbox is called 'unsave'. Did you mean 'unsafe'"):
        open_sandbox("unsave")


def test_without_bubblewrap_one_line_says_what_to_do(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name, **_: None)
    expected = r"^bwrap is missing.*apt-get install bubblewrap; or pass --sandbox unsafe"
    with pytest.raises(SandboxError, match=expected):
        Bubblewrap()


def test_an_old_bubblewrap_is_refused_with_the_version_needed(stand_in):
    stand_in("echo bubblewrap 0.6.1")
    with pytest.raises(
        SandboxError, match=r"bubblewrap 0.6.1 is too old: it lacks --disable-userns, so 0.8.0"
    ):
        Bubblewrap()


def test_a_bubblewrap_that_may_not_make_namespaces_is_quoted(stand_in):
    stand_in("echo '--disable-userns bwrap: No permissions to create a new namespace'; exit 1")
    with pytest.raises(
        SandboxError, match=r"could not be built: .*No permissions to create.*--sandbox unsafe"
    ):
        _probe(Bubblewrap())


def test_a_sandbox_in_which_python_does_not_start_names_the_cure(stand_in):
    stand_in(
        'echo "--disable-userns"; while [ "$1" != --json-status-fd ]; do shift || exit 0; done\n'
        "echo '{\"exit-code\": 126}' > /proc/self/fd/$2; echo python: Permission denied; exit 126"
    )
    with pytest.raises(
        SandboxError, match=r"exit 126: python: Permission denied\); check that .* can be read"
    ):
        _probe(Bubblewrap())


def test_the_unsafe_tier_is_labelled_and_admits_what_it_leaves_open(unsafe):
    assert unsafe.tier == unsafe.describe()["tier"] == "unsafe-subprocess"
    attacks = [attack for attack in ATTACKS if attack.name in OPEN_IN_UNSAFE]
    held = {proof.name for proof in prove(unsafe, attacks) if proof.holds}
    assert held == set()


def test_the_unsafe_tier_still_bounds_accidents(unsafe):
    names = {"a fork bomb stops", "wall time is bounded", "one file is bounded"}
    attacks = [attack for attack in ATTACKS if attack.name in names]
    assert {proof.name for proof in prove(unsafe, attacks) if proof.holds} == names


def test_the_unsafe_tier_names_the_hosts_own_paths(unsafe, sandbox, tmp_path):
    assert unsafe.path_of("/data", tmp_path) == str(tmp_path)
    assert sandbox.path_of("/data", tmp_path) == "/data"


def test_the_unsafe_tier_clears_the_environment_too(unsafe, job, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "sk-1234")
    (job / "s.py").write_text("import os; print('SECRET_KEY' in os.environ, os.environ['HOME'])")
    outcome = unsafe.run_python("s.py", workdir=job, readonly={}, env={}, limits=Limits())
    assert outcome.log == f"False {job}\n"


def test_the_unsafe_tier_ends_children_with_their_script(unsafe, job):
    child = "import time\nwhile True: open('alive', 'a').write('.'); time.sleep(0.01)"
    code = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {child!r}])"
    (job / "s.py").write_text(code)
    limits = Limits(wall_s=1.0)
    outcome = unsafe.run_python("s.py", workdir=job, readonly={}, env={}, limits=limits)
    size = (job / "alive").stat().st_size
    time.sleep(0.3)
    assert outcome.ended == "wall-time"
    assert (job / "alive").stat().st_size == size


def test_the_unsafe_tier_waits_for_a_script_that_closed_its_output(unsafe, job):
    (job / "s.py").write_text(
        "import os, time; os.close(1); os.close(2); time.sleep(0.5); open('end', 'w')"
    )
    assert unsafe.run_python("s.py", workdir=job, readonly={}, env={}, limits=Limits()).ok
    assert (job / "end").exists()


def test_a_tier_describes_itself_in_single_lines(sandbox):
    described = sandbox.describe()
    assert described["version"].startswith("bubblewrap ")
    assert {"tier", "network", "memory", "processes", "cpu", "disk"} <= set(described)
    assert all(line and "\n" not in line for line in described.values())


@pytest.mark.slow
def test_every_promise_holds_in_bubblewrap(sandbox):
    proofs = prove(sandbox)
    assert {proof.name for proof in proofs} == NAMES
    assert [proof for proof in proofs if not proof.holds] == []


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="the other tests already run as a plain user")
def test_every_promise_holds_for_a_plain_user_too(sandbox):
    python = _python_for_all()
    code = (
        "from ftdojo.sandbox import open_sandbox, prove\n"
        "print(*(p.detail for p in prove(open_sandbox()) if not p.holds), sep='\\n', end='done')"
    )
    ran = subprocess.run(
        ["setpriv", "--reuid=64321", "--regid=64321", "--clear-groups", python, "-c", code],
        env={
            "PYTHONPATH": os.pathsep.join(_code_paths()),
            "PYTHONDONTWRITEBYTECODE": "1",
            "HOME": "/nowhere",
        },
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.stdout, ran.stderr) == ("done", "")


def _code_paths() -> list[str]:
    import psutil

    return [str(Path(module.__file__).parents[1]) for module in (ftdojo, psutil)]


def _python_for_all() -> str:
    """Return a Python of this version that another user can start with our packages, or skip."""
    env = {"PYTHONPATH": os.pathsep.join(_code_paths()), "PYTHONDONTWRITEBYTECODE": "1"}
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, f"/usr/bin/python{version}"):
        probe = ["setpriv", "--reuid=64321", "--regid=64321", "--clear-groups", python]
        tried = subprocess.run(
            [*probe, "-c", "import os, sys, ftdojo.sandbox; os.stat(sys.executable)"],
            env=env,
            cwd="/",
            capture_output=True,
            check=False,
        )
        if tried.returncode == 0:
            return python
    pytest.skip("no interpreter that another user can start with these packages")


def test_both_tiers_keep_the_protocol(sandbox, unsafe):
    tiers: list[Sandbox] = [sandbox, unsafe]
    assert [tier.tier for tier in tiers] == ["bubblewrap", "unsafe-subprocess"]
