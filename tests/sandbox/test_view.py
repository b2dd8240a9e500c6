"""What a script sees of the host: what Python needs, wherever the project and its environment lie."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import ftdojo
from ftdojo.errors import SandboxError
from ftdojo.sandbox import Limits, open_sandbox, tiers, view
from ftdojo.sandbox.bubblewrap import Bubblewrap

LISTING = """
import os
for folder in {}:
    print(*sorted(os.listdir(folder)) if os.path.isdir(folder) else [])
"""


@pytest.fixture
def listing(sandbox, job):
    """Return a function that lists host folders from inside a sandbox made now."""

    def listing(*folders, unseen=()):
        (job / "s.py").write_text(LISTING.format([str(each) for each in folders]))
        made = Bubblewrap(unseen)
        outcome = made.run_python("s.py", workdir=job, readonly={}, env={}, limits=Limits())
        assert outcome.ok, outcome.log
        return outcome.log.splitlines()

    return listing


@pytest.fixture
def needed(tmp_path, monkeypatch):
    """Return a folder that Python is made to need; it holds a library and somebody's project."""
    folder = tmp_path / "usr-lib"
    for name in ("library", "app/tasks/mine", "app/venv"):
        (folder / name).mkdir(parents=True)
    (folder / "app/tasks/mine/test.jsonl").write_text("held out")
    real = view._needed()
    monkeypatch.setattr(view, "_needed", lambda: [*real, folder])
    return folder


def test_of_a_project_with_its_environment_in_it_only_the_environment_is_seen(sandbox, tmp_path):
    project, version = (
        tmp_path / "project",
        f"python{sys.version_info.major}.{sys.version_info.minor}",
    )
    (project / "lib" / version / "site-packages").mkdir(parents=True)
    (project / "bin").mkdir()
    (project / "bin" / "python").symlink_to(Path(sys.base_prefix, "bin", version))
    (project / "pyvenv.cfg").write_text(f"home = {sys.base_prefix}/bin\n")
    (project / "mine").mkdir()
    (project / "mine" / "test.jsonl").write_text("held out")
    (project / "s.py").write_text(LISTING.format([str(project)]))
    code = (
        "import sys; from pathlib import Path; from ftdojo.sandbox import *\n"
        "(job := Path('job')).mkdir(); Path('s.py').rename(job / 's.py')\n"
        "print(open_sandbox().run_python('s.py', workdir=job, readonly={}, env={}, limits=Limits()).log, end=sys.prefix)"
    )
    paths = (str(Path(ftdojo.__file__).parents[1]), sysconfig.get_path("purelib"))
    done = subprocess.run(
        [project / "bin" / "python", "-c", code],
        env={"PYTHONPATH": os.pathsep.join(paths)},
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == f"bin lib pyvenv.cfg\n{project}", done.stderr


def test_the_working_folder_is_covered_where_python_needs_what_is_around_it(
    listing, needed, monkeypatch
):
    monkeypatch.chdir(needed / "app")
    assert listing(needed, needed / "app") == ["app library", ""]


@pytest.mark.parametrize("variable", ["FTDOJO_HOME", "FTDOJO_CACHE", "FTDOJO_MIRROR"])
def test_runs_caches_and_mirrors_are_covered_too(listing, needed, monkeypatch, variable):
    monkeypatch.setenv(variable, str(needed / "app"))
    assert listing(needed, needed / "app") == ["app library", ""]


def test_a_file_and_a_folder_of_items_are_covered_and_what_python_needs_below_is_not(
    listing, needed, monkeypatch, job
):
    real = view._needed()
    (needed / "app/venv/used").touch()
    (needed / "module.py").write_text("held out")
    monkeypatch.setattr(view, "_needed", lambda: [*real, needed / "app/venv"])
    seen = listing(
        needed / "app", needed / "app/venv", unseen=(needed / "app", needed / "module.py")
    )
    assert seen == ["venv", "used"]
    (job / "s.py").write_text(f"print(open({str(needed / 'module.py')!r}).read())")
    made = Bubblewrap((needed / "module.py",))
    assert (
        "held out"
        not in made.run_python("s.py", workdir=job, readonly={}, env={}, limits=Limits()).log
    )


def test_only_what_lies_in_reach_of_scripts_needs_another_sandbox(sandbox, needed, tmp_path):
    assert open_sandbox(unseen=(tmp_path / "elsewhere",)) is open_sandbox()
    assert open_sandbox(unseen=(needed / "app",)) is not open_sandbox()


def test_what_is_in_sight_after_all_is_noticed_before_anything_runs(sandbox, needed):
    with pytest.raises(SandboxError, match=r"sees .*usr-lib/app, where held-out items may lie"):
        tiers._probe(Bubblewrap(), [needed / "app"])


def test_a_working_folder_that_python_needs_is_refused(monkeypatch):
    monkeypatch.chdir(sysconfig.get_path("purelib"))
    with pytest.raises(
        SandboxError, match=r"site-packages is needed by Python.*start from another"
    ):
        view.world({}, workdir=Path("/"), memory_bytes=1, unseen=view.hidden())


def test_python_where_the_sandbox_has_its_own_folders_is_refused(monkeypatch):
    monkeypatch.setattr(sys, "prefix", "/data/venv")
    with pytest.raises(SandboxError, match=r"/data/venv/pyvenv.cfg is needed.*in another folder"):
        view._needed()
