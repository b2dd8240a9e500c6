"""What a controller keeps in memory of its run folder is what the files say, and nothing is read twice."""

import sys
import threading
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ftdojo.errors import StoreError
from ftdojo.records import ExperimentBegan, Grade, Graded, Status
from ftdojo.store import RunFolder
from ftdojo.store.index import RunIndex

sys.path.insert(0, str(Path(__file__).parent.parent / "toys"))
from toy_reads import reads_below

OUTPUT = Graded(
    item="i", output="4", grade=Grade(score=1.0, readable=True), tokens=3, finished=True
)
WRITES = st.lists(
    st.tuples(
        st.sampled_from(["e1", "e2", "e3", "e10", "e11"]),
        st.sampled_from(["running", "done", "predictions", "weights", "note"]),
    ),
    max_size=12,
)


def write(folder, experiment, name, what):
    """Write as a controller does: weights only while an experiment runs."""
    match what:
        case "running" | "done":
            folder.save_experiment(experiment(name, Status(what)))
        case "predictions":
            folder.save_predictions(name, "validation", [OUTPUT] * len(name))
        case "weights":
            folder.save_experiment(experiment(name, Status.RUNNING))
            adapter = folder.experiment_dir(name) / "adapter"
            adapter.mkdir(exist_ok=True)
            (adapter / "weights").write_bytes(b"\0" * 1000 * len(name))
        case "note":
            folder.event(ExperimentBegan(experiment=name, plan="p"))


def known(folder):
    """Return the names of the experiments whose folders count: those that were ever saved."""
    return {each.id for each in folder.experiments()}


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # both make the same each time
)
@given(writes=WRITES)
def test_a_controller_knows_what_a_reader_finds(config, experiment, writes):
    with TemporaryDirectory() as root:
        folder = RunFolder.create(Path(root), config)
        with folder.lock():
            for name, what in writes:
                if what == "predictions" and name not in known(folder):
                    continue
                write(folder, experiment, name, what)
                reader = RunFolder(folder.path)
                assert folder.experiments() == reader.experiments()
                assert folder.ended() == reader.ended()
                assert folder.disk_bytes() == reader.disk_bytes()


def test_a_controller_reads_each_experiment_once_and_lists_an_ended_one_no_second_time(
    folder, experiment, report
):
    for at in range(1, 6):
        folder.save_experiment(experiment(f"e{at}"))
    folder.save_base(report)
    with folder.lock():
        with reads_below(folder.path) as first:
            assert len(folder.experiments()) == 5
            assert folder.base() == report
            folder.disk_bytes()
        folder.save_experiment(experiment("e6"))
        folder.disk_bytes()
        with reads_below(folder.path) as later:
            assert len(folder.experiments()) == 6
            assert folder.base() == report
            folder.disk_bytes()
    assert sorted(each for each in first if each.endswith("experiment.json")) == [
        f"experiments/e{at}/experiment.json" for at in range(1, 6)
    ]
    assert later == ["experiments/base"]


def test_what_another_process_wrote_is_seen_once_the_lock_is_let_go(folder, experiment):
    with folder.lock():
        assert folder.experiments() == []
    RunFolder(folder.path).save_experiment(experiment("e1"))
    assert folder.experiments() == [experiment("e1")]


def test_a_damaged_experiment_is_named_whoever_reads(folder, experiment):
    folder.save_experiment(experiment("e1"))
    (folder.experiment_dir("e1") / "experiment.json").write_text("{}")
    with folder.lock(), pytest.raises(StoreError, match=r"e1/experiment.json is damaged"):
        folder.experiments()


def test_the_base_is_known_as_it_was_stored_last(folder, report):
    with folder.lock():
        assert folder.base() is None
        folder.save_base(report)
        folder.save_base(replace(report, metric="other"))
        assert folder.base() == RunFolder(folder.path).base() == replace(report, metric="other")


def test_an_experiment_that_is_stored_while_another_thread_reads_is_not_forgotten(
    tmp_path, experiment
):
    reading, go_on = threading.Event(), threading.Event()

    def read():
        if not reading.is_set():  # the first to read is slow
            reading.set()
            go_on.wait(10)
        return []

    index = RunIndex(tmp_path, read)
    first = threading.Thread(target=index.experiments)
    first.start()
    reading.wait(10)
    second = threading.Thread(target=index.put, args=(experiment("e1"),))
    second.start()
    second.join(0.2)  # as long as it takes, unless it waits for the first
    go_on.set()
    first.join()
    second.join()
    assert index.experiments() == [experiment("e1")]
