"""What a script finds in the sandbox, and what a caller learns of its end."""

import signal
import site
import subprocess
import sys
from pathlib import Path

import pytest

import ftdojo
from ftdojo.errors import SandboxError, UsageError
from ftdojo.sandbox import Limits, end_orphans


def test_a_script_that_ends_well_is_ok_and_its_words_are_kept(run):
    outcome = run("import sys\nprint('out', flush=True)\nprint('err', file=sys.stderr)")
    assert outcome.ok
    assert (outcome.ended, outcome.exit_code, outcome.log) == ("exit", 0, "out\nerr\n")


def test_a_script_that_fails_is_an_outcome_with_its_traceback(run):
    outcome = run("raise LookupError('no such row')")
    assert not outcome.ok
    assert (outcome.ended, outcome.exit_code) == ("exit", 1)
    assert outcome.log.endswith("LookupError: no such row\n")


@pytest.mark.parametrize("tier", ["sandbox", "unsafe"])
def test_whoever_waits_for_a_script_is_told_that_time_passes(request, job, tier):
    (job / "s.py").write_text("import time; time.sleep(2.5)")
    told = []
    asked = {"workdir": job, "readonly": {}, "env": {}, "limits": Limits()}
    request.getfixturevalue(tier).run_python("s.py", **asked, on_tick=lambda: told.append(1))
    assert 1 <= len(told) <= 20


@pytest.mark.parametrize("code", [0, 1, 2, 7, 127, 200])
def test_the_exit_code_is_the_scripts_own(run, code):
    assert run(f"import sys; sys.exit({code})").exit_code == code


def test_a_script_that_cannot_be_parsed_blames_the_script(run):
    outcome = run("def broken(:")
    assert outcome.exit_code == 1
    assert "SyntaxError" in outcome.log


def test_a_crash_is_reported_as_128_plus_its_signal(run):
    assert run("import os; os.abort()").exit_code == 128 + 6


def test_files_written_are_there_afterwards_and_belong_to_the_caller(run, job):
    run("open('rows.jsonl', 'w').write('{}'); import os; os.makedirs('a/b'); os.chmod('a', 0)")
    assert (job / "rows.jsonl").read_text() == "{}"
    assert {each.stat().st_uid for each in job.rglob("*")} == {job.stat().st_uid}
    assert (job / "a" / "b").is_dir()


def test_the_folder_is_home_and_current(run):
    assert run("import os; print(os.getcwd(), os.environ['HOME'])").log == "/job /job\n"


def test_a_file_beside_the_script_can_be_read_and_replaced(run, job):
    (job / "notes.txt").write_text("before")
    (job / "notes.txt").chmod(0o600)
    assert run("t = open('notes.txt').read(); open('notes.txt', 'w').write(t + ' after')").ok
    assert (job / "notes.txt").read_text() == "before after"


def test_packages_of_this_interpreter_can_be_imported(run):
    outcome = run(
        "import numpy, yaml, sys; print(sys.prefix, sys.version_info[:3], numpy.ones(2).sum())"
    )
    assert outcome.log == f"{sys.prefix} {sys.version_info[:3]} 2.0\n"


def test_a_pool_of_processes_works(run):
    code = "from multiprocessing import Pool\nif __name__ == '__main__':\n print(Pool(2).map(abs, [-1, 2]))"
    assert run(code).log == "[1, 2]\n"


def test_ftdojo_itself_cannot_be_imported(run, monkeypatch):
    source = Path(ftdojo.__file__).parents[1]
    packages = [*site.getsitepackages(), str(source)]  # as if it were installed beside numpy
    monkeypatch.setattr(site, "getsitepackages", lambda: packages)
    outcome = run(
        f"import os; print(os.listdir({str(source)!r}), os.listdir({str(source / 'ftdojo')!r}))"
    )
    assert outcome.log == "['ftdojo'] []\n"


def test_a_mount_can_be_read_but_not_written(run, tmp_path):
    source = tmp_path / "source"
    source.mkdir(mode=0o755)
    (source / "rows.jsonl").write_text("raw")
    (source / "rows.jsonl").chmod(0o666)
    code = "print(open('/data/rows.jsonl').read())\nopen('/data/rows.jsonl', 'a')"
    outcome = run(code, readonly={"/data": source})
    assert outcome.log.startswith("raw\n")
    assert "Read-only file system: '/data/rows.jsonl'" in outcome.log


def test_one_file_can_be_mounted_deep_down(run, tmp_path):
    (tmp_path / "rows").write_text("raw")
    code = "print(open('/data/deep/rows.jsonl').read())"
    assert run(code, readonly={"/data/deep/rows.jsonl": tmp_path / "rows"}).log == "raw\n"


def test_the_environment_holds_what_was_given_and_a_few_defaults(run, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "sk-1234")
    outcome = run(
        "import os; print(*sorted(os.environ)); print(os.environ['ROWS'])", env={"ROWS": "5"}
    )
    names, rows = outcome.log.splitlines()
    assert rows == "5"
    assert set(names.split()) == {
        *("HOME", "LANG", "LOGNAME", "PATH", "PWD", "ROWS", "TMPDIR", "USER"),
        *("MKL_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"),
        *("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "PYTHONUTF8"),
    }


def test_a_script_that_is_not_there_is_the_callers_mistake(sandbox, job):
    with pytest.raises(UsageError, match=r"No script 'data.py' lies in .*; write it there first"):
        sandbox.run_python("data.py", workdir=job, readonly={}, env={}, limits=_limits())


@pytest.mark.parametrize("tier", ["sandbox", "unsafe"])
def test_a_script_may_lie_in_a_mount(request, tier, job, tmp_path):
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "start.py").write_text("import os; print(os.getcwd())")
    opened, mounted = request.getfixturevalue(tier), {"/tools": tmp_path / "tools"}
    script = opened.path_of("/tools", tmp_path / "tools") + "/start.py"
    asked = {"workdir": job, "readonly": mounted, "env": {}, "limits": _limits()}
    assert opened.run_python(script, **asked).log.strip() == opened.path_of("/job", job)


def test_a_mount_that_is_named_from_here_is_found_from_the_script_s_folder(
    unsafe, job, tmp_path, monkeypatch
):
    (tmp_path / "data").mkdir()
    monkeypatch.chdir(tmp_path)
    assert Path(unsafe.path_of("/data", Path("data"))) == tmp_path / "data"


@pytest.mark.parametrize("script", ["/etc/passwd", "/tools/../etc/passwd", "/tools/absent.py"])
def test_a_script_elsewhere_is_refused(sandbox, job, tmp_path, script):
    with pytest.raises(UsageError, match="No script"):
        sandbox.run_python(
            script, workdir=job, readonly={"/tools": tmp_path}, env={}, limits=_limits()
        )


@pytest.mark.parametrize("place", ["data", "/", "/data/../etc", "/data/", ""])
def test_a_mount_needs_a_plain_absolute_path(run, tmp_path, place):
    with pytest.raises(UsageError, match=r"the place of a mount; give a plain path such as /data"):
        run("", readonly={place: tmp_path})


@pytest.mark.parametrize("place", ["/usr/share/x", "/job/data", "/etc", "/data/inner"])
def test_a_mount_inside_another_is_refused(run, tmp_path, place):
    with pytest.raises(UsageError, match=r"lies inside another mount; give a path such as /data"):
        run("", readonly={"/data": tmp_path, place: tmp_path})


def test_a_mount_of_nothing_is_refused(run, tmp_path):
    with pytest.raises(UsageError, match=r"absent, to be seen as /data, does not exist"):
        run("", readonly={"/data": tmp_path / "absent"})


def test_a_limit_of_nothing_is_refused():
    with pytest.raises(UsageError, match=r"wall_s=0 allows nothing; give a positive number"):
        _limits(wall_s=0)


def test_when_the_sandbox_cannot_be_built_the_script_is_not_blamed(run):
    with pytest.raises(SandboxError, match=r"could not be built: bwrap: .*; see 'ftdojo doctor'"):
        run("print('never')", env={"A=B": "no variable has such a name"})


def test_a_script_that_quotes_the_sandbox_is_blamed_itself(run):
    outcome = run("import sys; print('bwrap: setting up uid map: denied'); sys.exit(1)")
    assert (outcome.ended, outcome.exit_code) == ("exit", 1)


def test_two_scripts_may_run_at_once(sandbox, tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    def one(name):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "s.py").write_text(f"import time; time.sleep(0.2); print({name!r})")
        return sandbox.run_python("s.py", workdir=folder, readonly={}, env={}, limits=_limits()).log

    with ThreadPoolExecutor() as pool:
        assert list(pool.map(one, "abc")) == ["a\n", "b\n", "c\n"]


def _limits(**changed):
    from ftdojo.sandbox import Limits

    return Limits(**changed)


def test_a_sandbox_that_a_killed_controller_left_half_built_is_ended_and_no_other(tmp_path):
    def built(folder):
        words = [
            "bwrap",
            "--dev-bind",
            "/",
            "/",
            "--setenv",
            "X",
            str(folder / "job"),
            "sleep",
            "60",
        ]
        return subprocess.Popen(words, start_new_session=True)

    left, other = built(tmp_path / "scratch"), built(tmp_path / "scratches")
    try:
        end_orphans(tmp_path / "scratch")
        assert left.wait(20) == -signal.SIGKILL
        assert other.poll() is None
    finally:
        for each in (left, other):
            each.kill()
            each.wait()
