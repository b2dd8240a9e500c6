"""Every limit holds, against one process and against many."""

import pytest

from ftdojo.sandbox import watch

MIB = 2**20


def test_a_script_that_forks_without_end_is_stopped(run):
    outcome = run("import os\nwhile True: os.fork()", processes=20)
    assert not outcome.ok
    assert outcome.seconds < 20
    assert outcome.ended in {"exit", "killed"}


def test_no_more_processes_run_at_once_than_allowed(run):
    code = """
import os, time
count = 1
try:
    while count < 100:
        if os.fork() == 0:
            time.sleep(10); os._exit(0)
        count += 1
except OSError as error:
    print(count, error.strerror)
"""
    assert run(code, processes=20).log == "20 Resource temporarily unavailable\n"


def test_threads_count_as_processes(run):
    code = "import threading, time\nfor _ in range(99): threading.Thread(target=time.sleep, args=(1,), daemon=True).start()"
    assert "can't start new thread" in run(code, processes=20).log


def test_one_huge_allocation_is_refused_and_called_memory(run):
    outcome = run("kept = bytearray(2**32)")
    assert (outcome.ended, outcome.exit_code) == ("memory", 1)


def test_memory_that_grows_is_ended(run):
    code = "kept = []\nfor _ in range(100): kept.append(b'x' * 2**24)"
    outcome = run(code)
    assert outcome.ended == "memory"
    assert outcome.peak_bytes


def test_memory_of_all_processes_is_added_up(run):
    code = "import os, time\nfor _ in range(8): os.fork() == 0 and (bytearray(b'x' * (60 * 2**20)), time.sleep(15), os._exit(0))\ntime.sleep(15)"
    assert run(code).ended == "memory"


def test_memory_shared_by_children_is_counted_once(run):
    code = "import os, time\nkept = b'x' * (100 * 2**20)\nfor _ in range(5): os.fork() == 0 and (time.sleep(0.5), os._exit(0))\ntime.sleep(0.6)"
    assert run(code).ok


def test_a_script_that_catches_its_memory_error_goes_on(run):
    code = "try: bytearray(10**11)\nexcept MemoryError: print('smaller then')"
    assert run(code).ok


def test_an_endless_loop_is_ended_by_processor_time(run):
    assert run("while True: pass", cpu_s=1.0).ended == "cpu-time"


def test_processor_time_of_dead_children_counts(run):
    code = """
import os, time
while True:
    if os.fork() == 0:
        while time.process_time() < 0.2: pass
        os._exit(0)
    os.wait()
"""
    assert run(code, cpu_s=1.0).ended == "cpu-time"


@pytest.mark.parametrize("lives_s", [0.3, 0.02], ids=["long", "short"])
@pytest.mark.parametrize("orphans", [False, True])
def test_processor_time_of_children_that_nobody_waits_for_counts(run, lives_s, orphans):
    code = f"""
import os, signal, time
signal.signal(signal.SIGCHLD, signal.SIG_DFL if {orphans} else signal.SIG_IGN)
while True:
    if os.fork() == 0:
        if {orphans} and os.fork(): os._exit(0)
        while time.process_time() < {lives_s}: pass
        os._exit(0)
    time.sleep({lives_s})
    if {orphans}: os.wait()
"""
    assert run(code, cpu_s=1.0).ended == "cpu-time"


def test_a_script_that_waits_is_ended_by_wall_time(run):
    outcome = run("print('before'); import time; time.sleep(60)", wall_s=1.0)
    assert (outcome.ended, outcome.exit_code, outcome.log) == ("wall-time", None, "before\n")
    assert 1.0 <= outcome.seconds < 10


def test_a_file_cannot_outgrow_its_limit(run, job):
    outcome = run("with open('big', 'wb') as f:\n while True: f.write(bytes(2**20))")
    assert outcome.ended == "file-size"
    assert (job / "big").stat().st_size <= 16 * MIB


def test_a_hole_does_not_help_a_file_past_its_limit(run):
    assert "File too large" in run("open('big', 'wb').truncate(10**12)").log


@pytest.mark.parametrize(
    "step",
    [
        "open(f'{i}', 'wb').write(bytes(2**20))",
        "f = open('x', 'wb'); kept.append(f); f.write(bytes(2**20)); f.flush(); os.unlink('x')",
        "os.makedirs(f'{i}/a'); [open(f'{i}/a/{n}', 'w') for n in range(100)]",
    ],
    ids=["files", "deleted but open", "empty files"],
)
def test_a_folder_cannot_outgrow_its_limit(run, step):
    outcome = run(
        f"import os, time\nkept = []\nfor i in range(150):\n {step}; time.sleep(0.02)",
        folder_bytes=8 * MIB,
    )
    assert outcome.ended == "folder-size"


def test_room_on_the_disk_cannot_be_set_aside_in_an_instant(run, job):
    code = """
import os, time
held = []
for i in range(400):
    held.append(open(f"{i}", "wb"))
    os.posix_fallocate(held[-1].fileno(), 0, 15 * 2**20)
time.sleep(15)
"""
    assert run(code).ended == "folder-size"
    assert sum(each.stat().st_blocks * 512 for each in job.iterdir()) < 400 * MIB


def test_a_folder_is_looked_at_again_as_soon_as_it_could_be_full(run, job, monkeypatch):
    monkeypatch.setattr(watch, "_FOLDER_EVERY_S", 60.0)
    code = (
        "import time\nfor i in range(150): open(f'{i}', 'wb').write(bytes(2**20)); time.sleep(0.02)"
    )
    assert run(code).ended == "folder-size"


def test_a_folder_that_grew_at_the_last_moment_is_still_too_large(run):
    code = "for i in range(3): open(f'{i}', 'wb').write(bytes(2**20))"
    assert run(code, folder_bytes=2 * MIB).ended == "folder-size"


def test_a_bottomless_nest_of_folders_is_ended_and_removed(run, job):
    code = "import os\nfor _ in range(500):\n os.mkdir('d'); os.chdir('d')"
    assert run(code).ended == "folder-size"
    deepest = max((len(path.parts) for path in job.rglob("*")), default=0)
    assert deepest - len(job.parts) < 80


def test_names_too_long_to_walk_are_ended_and_removed(run, job):
    code = "import os\nname = 'd' * 250\nfor _ in range(40):\n os.mkdir(name); os.chdir(name)"
    assert run(code).ended == "folder-size"
    assert max(len(str(path)) for path in job.rglob("*")) < 4000


def test_a_flood_of_output_keeps_only_its_end(run):
    code = "import os\nfor _ in range(200):\n os.write(1, b'x' * 2**20); os.write(2, b'y' * 2**20)\nprint('end')"
    outcome = run(code, log_bytes=1000)
    assert outcome.ok
    assert outcome.log.endswith("yend\n")
    assert len(outcome.log) == 1000


def test_a_script_that_closes_its_output_is_still_watched(run):
    outcome = run("import os, time; os.close(1); os.close(2); time.sleep(60)", wall_s=1.0)
    assert outcome.ended == "wall-time"


def test_what_is_printed_cannot_command_a_terminal(run):
    outcome = run(r"print('\x1b]0;title\x07\x1b[2Ja\x00b\x1b[31m\u202ec\x9b1m')")
    assert outcome.log == "abc1m\n"


def test_bytes_that_are_no_text_are_replaced(run):
    assert run(r"import os; os.write(1, b'\xff\xfea')").log == "\ufffd\ufffda"
