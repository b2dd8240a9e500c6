"""What a hostile script cannot reach, see or leave behind."""

import os
import socket
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from ftdojo.errors import SandboxError
from ftdojo.sandbox.bubblewrap import HOST_UID

IS_ROOT = os.geteuid() == 0


def test_a_listener_on_this_machine_cannot_be_reached(run):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        outcome = run(f"import socket; socket.create_connection(('127.0.0.1', {port}), 2)")
    assert "ConnectionRefusedError" in outcome.log


def test_the_network_has_no_way_out(run):
    connect = "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(('192.0.2.1', 53))"
    assert "Network is unreachable" in run(f"import socket; {connect}").log


def test_an_abstract_socket_of_the_host_cannot_be_reached(run):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("\0ftdojo-test")
        listener.listen()
        outcome = run("import socket; socket.socket(socket.AF_UNIX).connect('\\0ftdojo-test')")
    assert "ConnectionRefusedError" in outcome.log


def test_the_host_of_a_virtual_machine_cannot_be_reached(run):
    outcome = run("import socket; socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)")
    assert "Address family not supported" in outcome.log


def test_a_file_outside_cannot_be_read_by_any_path(run, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("test items")
    paths = [str(secret), f"/proc/1/root{secret}", f"/proc/2/root{secret}", f"/job/..{secret}"]
    code = "import sys\nfor path in {}:\n try: print(open(path).read())\n except OSError: pass"
    assert run(code.format([*paths, "/etc/shadow", "/etc/passwd"])).log == ""


def test_the_root_folder_shows_no_homes_and_no_settings(run):
    outcome = run("import os\nfor each in ('/', '/etc', '/usr'): print(*os.listdir(each))")
    root, settings, system = (set(line.split()) for line in outcome.log.splitlines())
    assert not root & {"home", "sys", "var", "run", "mnt", "media", "boot", "srv"}
    assert settings <= {"alternatives", "ld.so.cache", "localtime"}
    assert system <= {"bin", "lib", "lib32", "lib64", "sbin", "share", "local"}


def test_only_the_folder_and_two_scratch_places_can_be_written(run):
    places = ["/", "/usr", "/etc", "/dev", "/dev/shm", "/tmp", "/job", "/proc", "/proc/sys/kernel"]
    code = "for each in {}:\n try: open(each + '/x', 'w'); print(each)\n except OSError: pass"
    assert run(code.format([*places, sys.prefix, sys.base_prefix])).log == "/dev/shm\n/tmp\n/job\n"


def test_scratch_places_are_small(run):
    code = "for i in range(40):\n open(f'{}/{{i}}', 'wb').write(bytes(2**22))"
    for place in ("/tmp", "/dev/shm"):
        assert "No space left on device" in run(code.format(place)).log


def test_scratch_is_private_to_a_run(run):
    assert run("open('/tmp/left', 'w').write('x')").ok
    assert "FileNotFoundError" in run("open('/tmp/left')").log


def test_the_processes_around_it_give_nothing_away(run):
    code = """
import os
for pid in (1, 2):
    for name in ("environ", "mem", "maps", "fd/0", "cwd/script.py"):
        try:
            print(pid, name, len(open(f"/proc/{pid}/{name}", "rb").read(100)))
        except OSError:
            pass
print(os.listdir("/proc/self/fd"))
"""
    leaks = [line for line in run(code).log.splitlines() if not line.endswith(" 0")]
    assert leaks == ["['0', '1', '2', '3']"]


def test_a_script_has_no_capability_and_can_gain_none(run):
    code = "print(*(l for l in open('/proc/self/status') if l.startswith(('Cap', 'NoNewPrivs', 'Seccomp:'))))"
    values = [line.split()[1] for line in run(code).log.splitlines() if line.strip()]
    assert values == ["0" * 16] * 5 + ["1", "2"]


@pytest.mark.parametrize(
    "call",
    [
        "unshare(0x10000000)",
        "unshare(0x00020000)",
        "mount(b'none', b'/tmp', b'tmpfs', 0, None)",
        "ptrace(16, 1, 0, 0)",
        "memfd_create(b'x', 0)",
        "shmget(0, 4096, 0o600)",
        "syscall(425, 1, 0)",
    ],
)
def test_a_call_no_data_script_needs_is_denied(run, call):
    code = (
        f"import ctypes; c = ctypes.CDLL(None, use_errno=True); print(c.{call}, ctypes.get_errno())"
    )
    assert run(code).log == "-1 1\n"


def test_a_set_user_id_file_loses_its_power_and_is_closed_to_strangers(run, job):
    code = (
        "shutil.copy('/bin/true', 'x'); os.chmod('x', 0o6777); os.mkdir('d'); os.chmod('d', 0o2777)"
    )
    assert run(f"import os, shutil; {code}").ok
    assert (job / "x").stat().st_uid == os.geteuid()
    assert {stat.S_IMODE((job / each).stat().st_mode) for each in "xd"} == {0o755}


def test_a_link_left_behind_is_not_followed_when_taken_back(run, job, tmp_path):
    outside = tmp_path / "outside"
    outside.write_text("mine")
    outside.chmod(0o640)
    if IS_ROOT:
        os.chown(outside, 12345, 12345)
    before = outside.stat()
    run(f"import os; os.symlink({str(outside)!r}, 'link'); os.symlink('/etc', 'etc')")
    run("a second run lends the folder with the links in it")
    after = outside.stat()
    assert (before.st_mode, before.st_uid) == (after.st_mode, after.st_uid)
    assert (job / "link").is_symlink()


def test_a_daemon_that_ignores_signals_dies_with_the_script(run, job):
    code = """
import os, signal, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        while True:
            open("alive", "a").write(".")
            time.sleep(0.01)
    os._exit(0)
while not os.path.exists("alive"):
    time.sleep(0.01)
"""
    assert run(code).ok
    size = (job / "alive").stat().st_size
    time.sleep(0.3)
    assert (job / "alive").stat().st_size == size


def test_a_script_that_kills_the_sandbox_around_it_is_killed_not_excused(run):
    code = "import os, time\nfor pid in (os.getppid(), 1, 2):\n os.kill(pid, 9)\ntime.sleep(5)"
    outcome = run(code, wall_s=3.0)
    assert not outcome.ok
    assert outcome.ended in {"killed", "wall-time"}


def test_a_killed_controller_takes_the_whole_sandbox_with_it(sandbox, job):
    (job / "s.py").write_text(
        "import time\nwhile True:\n open('alive', 'a').write('.'); time.sleep(0.01)"
    )
    code = (
        "import sys; from pathlib import Path; from ftdojo.sandbox import *\n"
        "open_sandbox().run_python('s.py', workdir=Path(sys.argv[1]), readonly={}, env={}, limits=Limits())"
    )
    controller = subprocess.Popen([sys.executable, "-c", code, str(job)])
    while not (job / "alive").exists():
        time.sleep(0.01)
    controller.kill()
    controller.wait()
    time.sleep(0.3)
    size = (job / "alive").stat().st_size
    time.sleep(0.3)
    assert (job / "alive").stat().st_size == size


@pytest.mark.skipif(not IS_ROOT, reason="a plain user's sandbox reads what the user reads")
def test_as_root_a_mount_closed_to_others_is_refused_with_the_cure(run, tmp_path):
    source = tmp_path / "source"
    source.mkdir(mode=0o755)
    (source / "rows").write_text("raw")
    (source / "rows").chmod(0o600)
    with pytest.raises(
        SandboxError, match=r"rows is closed to the sandbox's user; open it with: chmod -R o\+rX"
    ):
        run("", readonly={"/data": source})


@pytest.mark.skipif(not IS_ROOT, reason="a plain user stays who they are on the host")
def test_as_root_the_script_is_an_unprivileged_user_of_the_host(run, job):
    def owner():
        while not (job / "mine").exists():
            time.sleep(0.01)
        return (job / "mine").stat().st_uid

    with ThreadPoolExecutor() as pool:
        seen = pool.submit(owner)
        run("import time; open('mine', 'w'); time.sleep(0.5)")
    assert seen.result() == HOST_UID
    assert (job / "mine").stat().st_uid == os.geteuid()
