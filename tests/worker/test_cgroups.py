"""A container's limit on memory and its kills, read from made-up folders like those of both versions."""

import os
import signal

import pytest

from ftdojo.dojo import machine
from ftdojo.errors import WorkerDied
from ftdojo.submissions import TrainConfig
from ftdojo.worker import Worker
from ftdojo.worker.cgroups import memory_limit, oom_kills

GIB = 2**30
UNLIMITED = "9223372036854771712"


@pytest.fixture
def system(tmp_path):
    """Return a function that lays out control groups and returns the arguments that lead to them."""

    def laid_out(own, **files):
        (tmp_path / "own").write_text(own)
        root = tmp_path / "cgroup"
        root.mkdir()
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return root, tmp_path / "own"

    return laid_out


V1 = "9:name=systemd:/x\n4:cpu,cpuacct:/job\n3:memory:/job/step\n0::/x\n"


@pytest.mark.parametrize(
    ("own", "files", "limit"),
    [
        ("0::/\n", {"memory.max": f"{4 * GIB}\n"}, 4 * GIB),
        ("0::/a/b\n", {"a/memory.max": f"{GIB}\n", "a/b/memory.max": "max\n"}, GIB),
        ("0::/a/b\n", {"a/memory.max": f"{2 * GIB}\n", "a/b/memory.max": f"{GIB}\n"}, GIB),
        ("0::/a\n", {"a/memory.max": "max\n"}, None),
        ("0::/../docker/77\n", {"memory.max": f"{GIB}\n"}, GIB),
        (V1, {"memory/job/memory.limit_in_bytes": f"{GIB}\n"}, GIB),
        (
            V1,
            {
                "memory/job/step/memory.limit_in_bytes": UNLIMITED,
                "memory/job/memory.limit_in_bytes": f"{3 * GIB}",
                "memory/memory.limit_in_bytes": UNLIMITED,
                "cpu/job/memory.limit_in_bytes": "1",
            },
            3 * GIB,
        ),
        ("3:memory:/docker/77\n", {"memory/memory.limit_in_bytes": f"{GIB}"}, GIB),
        ("", {}, None),
        ("nonsense\n", {"memory.max": "many\n"}, None),
    ],
)
def test_the_smallest_limit_along_the_path_is_the_one_in_force(system, own, files, limit):
    assert memory_limit(*system(own, **files)) == limit


def test_a_system_without_control_groups_has_no_limit(tmp_path):
    nowhere = tmp_path / "nowhere"
    assert (memory_limit(nowhere, nowhere), oom_kills(nowhere, nowhere)) == (None, None)


@pytest.mark.parametrize(
    ("own", "files", "kills"),
    [
        ("0::/a\n", {"a/memory.events": "low 0\nmax 9\noom 7\noom_kill 2\noom_group_kill 0\n"}, 2),
        ("0::/a\n", {"memory.events": "oom_kill 5\n"}, 5),
        ("0::/a\n", {"memory.events": "oom_kill 5\n", "a/memory.events": "oom_kill 2\n"}, 2),
        (V1, {"memory/job/step/memory.oom_control": "under_oom 0\noom_kill 3\n"}, 3),
        (
            V1,
            {
                "memory/job/step/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\n",
                "memory/job/step/memory.failcnt": "11\n",
            },
            11,
        ),
        ("0::/a\n", {"a/memory.max": "max"}, None),
    ],
)
def test_kills_for_memory_are_counted_in_the_innermost_group(system, own, files, kills):
    assert oom_kills(*system(own, **files)) == kills


def test_a_containers_limit_is_the_machines_memory(monkeypatch):
    whole = machine.memory_bytes()
    monkeypatch.setattr(machine, "memory_limit", lambda: 5 * 10**8)
    assert machine.this_machine("none").memory_bytes == 5 * 10**8
    monkeypatch.setattr(machine, "memory_limit", lambda: int(UNLIMITED))
    assert machine.memory_bytes() == whole


@pytest.mark.parametrize(("after", "suspected"), [(7, True), (6, False), (None, False)])
def test_a_kill_inside_a_containers_limit_is_put_down_to_memory(
    tiny, rows, tmp_path, after, suspected
):
    """The count is six when the request begins; the machine itself has memory to spare."""
    counted = [6]
    worker = Worker(tiny, log=tmp_path / "log", kills=lambda: counted[0])

    def kill(point):
        counted[0] = after
        os.kill(worker.pid, signal.SIGKILL)

    with pytest.raises(WorkerDied) as caught:
        worker.train(
            rows, TrainConfig(max_steps=9999), to=tmp_path / "to", seconds=60.0, on_step=kill
        )
    worker.close()
    assert caught.value.memory_suspected is suspected
