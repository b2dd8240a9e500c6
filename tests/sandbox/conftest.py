"""A sandbox of each tier, and one way to run a few lines of code in it."""

import shutil
import subprocess

import pytest

from ftdojo.sandbox import Limits, open_sandbox

TIGHT = {
    "wall_s": 20.0,
    "cpu_s": 20.0,
    "memory_bytes": 256 * 2**20,
    "processes": 32,
    "file_bytes": 16 * 2**20,
    "folder_bytes": 32 * 2**20,
}


@pytest.fixture(scope="session")
def sandbox():
    """Open the sandbox; only a machine that cannot have one skips, a fault of ours fails."""
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed")
    new = ["--unshare-user", "--unshare-pid", "--unshare-net"]
    command = ["bwrap", *new, "--ro-bind", "/", "/", "--proc", "/proc", "true"]
    tried = subprocess.run(command, capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"bubblewrap does not work here: {tried.stderr}")
    return open_sandbox("bubblewrap")


@pytest.fixture(scope="session")
def unsafe():
    return open_sandbox("unsafe")


@pytest.fixture
def job(tmp_path):
    folder = tmp_path / "job"
    folder.mkdir()
    return folder


@pytest.fixture
def run(sandbox, job):
    """Return a function that runs Python text in the sandbox under tight limits; named ones are changed."""

    def run(code, *, readonly=None, env=None, **limits):
        (job / "script.py").write_text(code, encoding="utf8")
        return sandbox.run_python(
            "script.py",
            workdir=job,
            readonly=readonly or {},
            env=env or {},
            limits=Limits(**TIGHT | limits),
        )

    return run
