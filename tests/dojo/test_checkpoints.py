"""A worker or a controller killed in the middle of a training costs no more than the steps since the last checkpoint."""

import os
import signal

import pytest

from ftdojo.records import BASE, Status, Train, TrainingStepped, WorkerLost

pytestmark = pytest.mark.slow


class Interrupted(BaseException):
    """Ends the controller as a kill does: nothing is put in order."""


@pytest.fixture(scope="module", autouse=True)
def _workers():
    """Start a worker for each run: here they are killed."""


@pytest.fixture(autouse=True)
def often(monkeypatch):
    monkeypatch.setattr("ftdojo.dojo.training.KEEP_S", 0.0)


@pytest.fixture
def trained(new, toy, tmp_path):
    """Play one training with a cache of its own, killing what ``kill`` kills once something was kept."""

    def train(run, kill=lambda dojo: None):
        told, killed = [], []

        def listen(event):
            told.append(event)
            stepped = isinstance(event, TrainingStepped) and event.point.step >= 30
            if stepped and not killed and dojo.folder.checkpoint_path("e1").exists():
                killed.append(event.point.step)
                kill(dojo)

        dojo = new(run, cache=tmp_path / "cache" / run, listeners=[listen])
        with dojo:
            dojo.reset()
            dojo.step(Train(submission=toy.handed_in(rows=200, steps=120)))
        return dojo.folder, told, killed

    return train


@pytest.fixture
def expected(trained, tmp_path):
    folder, _, looked = trained(f"whole-{tmp_path.name}")
    assert looked, "the state is kept"
    return folder.experiments()[0].weights.digest


def test_a_killed_worker_is_followed_by_one_that_goes_on_to_the_same_weights(trained, expected):
    folder, told, (killed_at,) = trained(
        "lost-worker", lambda dojo: os.kill(dojo._run.worker.pid, signal.SIGKILL)
    )
    (made,) = folder.experiments()
    report = made.feedback.training
    assert [each for each in told if isinstance(each, WorkerLost)]
    assert made.weights.digest == expected
    assert 0 < report.resumed_after[0] <= killed_at
    assert list(report.curve) == folder.losses("e1")
    assert not folder.checkpoint_path("e1").exists()


def test_a_killed_controller_is_resumed_to_the_same_weights(trained, expected, reopen, tmp_path):
    def interrupt(dojo):
        raise Interrupted

    with pytest.raises(Interrupted):
        trained("lost-controller", interrupt)
    with reopen("lost-controller", cache=tmp_path / "cache" / "lost-controller") as dojo:
        dojo.reset()
        dojo.step(dojo.begun())
        (made,) = dojo.folder.experiments()
        assert (made.status, made.parent) == (Status.DONE, BASE)
        assert made.weights.digest == expected
        assert made.feedback.training.resumed_after[0] > 0
        assert not dojo.folder.checkpoint_path("e1").exists()
