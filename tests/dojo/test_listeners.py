"""Whoever listens to a run hears everything in order, and cannot end it."""

import pytest

from ftdojo.dojo import start
from ftdojo.dojo.listeners import Emitter
from ftdojo.errors import StoreError, UnknownName, UsageError
from ftdojo.records import (
    EVENTS,
    OUTSIDE,
    ActionTaken,
    Announced,
    Check,
    ExperimentBegan,
    ExperimentEnded,
    FinalTestOpened,
    JudgeLost,
    ListenerFailed,
    RunSpec,
    StageReached,
    Submission,
    Train,
    TrainingStepped,
    kind_of,
)
from ftdojo.store import RunFolder

BROKEN = Submission(plan="p", data="pass", train="lerning_rate: 1\n")
EVENT = FinalTestOpened(chosen="e1")


class Clumsy:
    """A listener that fails at every event, and counts them."""

    def __init__(self):
        self.called = 0

    def __call__(self, event):
        self.called += 1
        raise ValueError("no\nconnection")


@pytest.fixture
def toy_log():
    """A module with listeners by name; what they heard is in ``HEARD``."""
    import toy_listeners

    toy_listeners.HEARD.clear()
    return toy_listeners


def spec(*listeners):
    return RunSpec(task="ftdojo_toy:task", agent=OUTSIDE, model="tiny", listeners=listeners)


def test_a_listener_hears_of_an_experiment_from_its_beginning_to_its_end(new, toy):
    heard = []
    with new("heard", listeners=[heard.append]) as dojo:
        dojo.reset()
        dojo.step(Train(submission=toy.handed_in(steps=12, seed=900)))
    about = [each for each in heard if getattr(each, "experiment", "") == "e1"]
    assert isinstance(about[0], ExperimentBegan)
    assert isinstance(about[-1], ExperimentEnded)
    assert [each.stage for each in about if isinstance(each, StageReached)][:3] == [
        *("static", "dry-run", "data")
    ]
    steps = [each for each in about if isinstance(each, TrainingStepped)]
    assert {each.of for each in steps} == {12}
    losses = [each.point for each in steps]
    assert losses == list(dojo.folder.experiments()[0].feedback.training.curve)
    assert losses == dojo.folder.losses("e1")
    assert isinstance(heard[-1], ActionTaken)


def test_a_listener_hears_a_look_with_its_page_and_the_log_keeps_its_digest(new):
    from ftdojo.records import Look

    heard = []
    with new("pages", listeners=[heard.append]) as dojo:
        dojo.reset()
        dojo.step(Look(what="source", name="right", limit=2))
        (kept,) = [each for each in dojo.folder.events() if isinstance(each, ActionTaken)]
    assert len(heard[-1].outcome.found) == 2
    assert kept.outcome.found == ()
    assert kept.outcome.digest == heard[-1].outcome.digest


def test_a_listener_that_fails_ends_nothing_and_is_named_once(new, capsys):
    clumsy, heard = Clumsy(), []
    with new("clumsy", listeners=[clumsy, heard.append]) as dojo:
        dojo.reset()
        step = dojo.step(Check(submission=BROKEN))
        failed = [each for each in dojo.folder.events() if isinstance(each, ListenerFailed)]
    assert step.observation.failure.file == "train.yaml"
    line = "ftdojo: the listener Clumsy failed (ValueError: no connection); the run goes on.\n"
    assert capsys.readouterr().err == line
    assert failed == [ListenerFailed(listener="Clumsy", message="ValueError: no connection")]
    assert clumsy.called == len(heard)
    assert heard.count(failed[0]) == 1


def test_what_stops_a_program_is_not_held_back():
    def interrupted(event):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Emitter([interrupted])(EVENT)


def test_a_log_that_cannot_be_written_ends_the_run(new):
    with new("no-log") as dojo:
        log = dojo.folder.path / "events.jsonl"
        log.unlink(missing_ok=True)
        log.mkdir()
        with pytest.raises(StoreError, match=r"events.jsonl cannot be written"):
            dojo.reset()


def test_listeners_are_called_in_their_order_and_each_event_is_over_before_the_next():
    calls = []
    emit = Emitter(
        [lambda event: calls.append(("a", event)), lambda event: calls.append(("b", event))]
    )
    other = JudgeLost(message="gone")
    emit(EVENT)
    emit(other)
    assert calls == [("a", EVENT), ("b", EVENT), ("a", other), ("b", other)]


def test_a_run_calls_the_listeners_that_it_names_also_when_it_is_resumed(home, cache, toy_log):
    from ftdojo.dojo import resume

    where = {"root": home / "runs", "cache": cache}
    with start(spec("toy_listeners:Heard"), name="named", **where) as dojo:
        dojo.reset()
    first = len(toy_log.HEARD)
    assert first >= 2
    assert {path for path, _ in toy_log.HEARD} == {dojo.folder.path}
    with resume("named", **where) as again:
        again.reset()
    assert len(toy_log.HEARD) > first
    assert RunFolder(dojo.folder.path).config.spec.listeners == ("toy_listeners:Heard",)


@pytest.mark.parametrize(
    ("name", "error", "why"),
    [
        ("wandbb", UnknownName, "No listener is called 'wandbb'.*'ftdojo.listeners'"),
        (
            "toy_listeners:Herd",
            UsageError,
            "The listener 'toy_listeners:Herd' .* cannot be imported",
        ),
    ],
)
def test_a_listener_that_is_not_there_is_refused_before_there_is_a_run(
    home, cache, toys, name, error, why
):
    with pytest.raises(error, match=why):
        start(spec(name), name="nameless", root=home / "runs", cache=cache)
    assert not (home / "runs" / "nameless").exists()


def test_a_listener_that_cannot_be_made_is_one_line(home, cache, toys):
    with pytest.raises(
        UsageError,
        match=r"The listener 'toy_listeners:unmade' cannot be made \(no key\); fix it, or",
    ):
        start(spec("toy_listeners:unmade"), name="unmade", root=home / "runs", cache=cache)


def test_what_is_announced_before_there_is_a_run_reaches_a_listener():
    heard = []
    Emitter([heard.append])(Announced(text="Getting a model."))
    assert heard == [Announced(text="Getting a model.")]


def test_every_kind_of_event_has_a_name_of_its_own_in_small_letters():
    assert {kind_of(each): each for each in EVENTS.values()} == EVENTS
    assert all(name == name.lower() and " " not in name for name in EVENTS)
    assert len(EVENTS) == 24
