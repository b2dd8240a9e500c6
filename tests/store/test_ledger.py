"""The ledger forgets nothing: not through a kill, not through a second start."""

import sys
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftdojo.errors import StoreError, UsageError
from ftdojo.store import Ledger
from ftdojo.store.ledger import STAGES

sys.path.insert(0, str(Path(__file__).parent.parent / "toys"))
from toy_reads import reads_below


class Clock:
    """Seconds that go forward when told to."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def ledger(tmp_path, clock):
    return Ledger(tmp_path, clock=clock)


def test_what_passed_in_another_run_is_wall_time_too_and_charged_once(ledger, clock, tmp_path):
    ledger.open_session()
    clock.now += 5
    for _ in range(2):
        ledger.charge_reused("train", seconds=40, experiment="e1")
    ledger.charge("train", seconds=3, experiment="e2")
    ledger.charge_reused("train", seconds=7, experiment="e2")
    assert (ledger.wall_s(), ledger.spend().wall_s, ledger.spend().train_s) == (45, 45, 43)
    again = Ledger(tmp_path, clock=clock)
    assert again.wall_s() == 45
    again.open_session()
    clock.now += 2
    again.charge_reused("train", seconds=40, experiment="e1")
    assert again.wall_s() == 47


def test_seconds_add_up_stage_by_stage(ledger):
    for stage, seconds in (
        ("check", 1),
        ("data", 2),
        ("train", 3),
        ("train", 4),
        ("eval", 5),
        ("export", 6),
    ):
        ledger.charge(stage, seconds=seconds)
    spent = ledger.spend()
    assert (spent.check_s, spent.data_s, spent.train_s, spent.eval_s, spent.export_s) == (
        1,
        2,
        7,
        5,
        6,
    )


def test_wall_time_runs_while_the_controller_lives(ledger, clock):
    ledger.open_session()
    clock.now += 30
    assert ledger.wall_s() == ledger.spend().wall_s == 30


def test_after_a_kill_the_last_line_stands_for_the_whole_life(ledger, clock, tmp_path):
    ledger.open_session()
    clock.now += 30
    ledger.heartbeat()
    clock.now += 7  # killed here: nothing was written
    again = Ledger(tmp_path, clock=clock)
    assert again.wall_s() == 30
    clock.now += 3600  # nobody was alive
    again.open_session()
    clock.now += 5
    assert again.wall_s() == 35


def test_a_charge_tells_how_long_the_session_lasted(ledger, clock, tmp_path):
    ledger.open_session()
    clock.now += 12
    ledger.charge("train", seconds=10)
    assert Ledger(tmp_path).spend().wall_s == 12


def test_three_lives_add_up(tmp_path, clock):
    for _ in range(3):
        life = Ledger(tmp_path, clock=clock)
        life.open_session()
        clock.now += 10
        life.heartbeat()
        clock.now += 100
    assert Ledger(tmp_path, clock=clock).wall_s() == 30


def test_a_stage_done_again_after_a_kill_uses_up_no_second_experiment(ledger, tmp_path):
    ledger.charge("train", seconds=4, experiment="e1", experiments=1)
    again = Ledger(tmp_path)
    again.charge("train", seconds=5, experiment="e1", experiments=1)
    again.charge("train", seconds=1, experiment="e2", experiments=1)
    assert (again.spend().experiments, again.spend().train_s) == (2, 10)


def test_a_refund_gives_back_the_experiment_and_its_looks_but_no_seconds(ledger):
    ledger.charge("train", seconds=4, experiment="e1", experiments=1)
    ledger.charge("eval", seconds=2, experiment="e1", validation_queries=1)
    ledger.charge("eval", seconds=2, experiment="e2", validation_queries=1, experiments=1)
    ledger.refund("e1")
    ledger.refund("e1")
    spent = ledger.spend()
    assert (spent.experiments, spent.validation_queries, spent.train_s, spent.eval_s) == (
        1,
        1,
        4,
        4,
    )


def test_an_experiment_tried_again_after_its_refund_counts(ledger):
    ledger.charge("train", seconds=4, experiment="e1", experiments=1)
    ledger.refund("e1")
    ledger.charge("train", seconds=4, experiment="e1", experiments=1)
    assert ledger.spend().experiments == 1


def test_the_disk_is_counted_as_it_is_now(ledger, tmp_path):
    before = ledger.spend().disk_bytes
    (tmp_path / "weights").write_bytes(b"\0" * 1000)
    assert ledger.spend().disk_bytes - before == 1000


@pytest.mark.parametrize(
    ("charge", "message"),
    [
        (
            {"stage": "training", "seconds": 1},
            "'training' is not a stage of the ledger; one of check, data,",
        ),
        ({"stage": "train", "seconds": -1}, "must be finite and not negative, not -1 s"),
        ({"stage": "train", "seconds": 1, "experiments": -1}, "must be finite and not negative"),
        ({"stage": "train", "seconds": float("nan")}, "must be finite and not negative, not nan s"),
        (
            {"stage": "train", "seconds": 1, "experiments": 1},
            "charged by its id; give experiment='e1'",
        ),
    ],
)
def test_a_charge_that_makes_no_sense_is_refused(ledger, charge, message):
    with pytest.raises(UsageError, match=message):
        ledger.charge(charge.pop("stage"), **charge)
    assert ledger.spend().train_s == 0


def test_a_damaged_line_is_named(ledger, tmp_path):
    ledger.charge("train", seconds=1)
    path = tmp_path / "ledger.jsonl"
    path.write_text(path.read_text().replace('"alive_s":', '"alive":'))
    with pytest.raises(StoreError, match=r"ledger.jsonl line 1 is damaged"):
        Ledger(tmp_path).spend()


def test_exchanges_with_language_models_add_up_and_are_known_by_their_purpose(ledger, tmp_path):
    counts = {"calls": 1, "input_tokens": 30, "output_tokens": 4, "nano_usd": 1_500_000}
    ledger.pay("plan/1", seconds=2.5, **counts)
    ledger.pay("plan/2", seconds=1.5, **counts)
    spent = Ledger(tmp_path).spend()
    assert (spent.llm_calls, spent.llm_input_tokens, spent.llm_output_tokens) == (2, 60, 8)
    assert (spent.llm_s, spent.llm_usd) == (4.0, 0.003)
    assert Ledger(tmp_path).paid() == {"plan/1", "plan/2"}


def test_an_unknown_price_is_not_a_price_of_nothing(ledger):
    ledger.pay("plan/1", seconds=0, calls=1, nano_usd=0, unpriced=1)
    assert ledger.spend().llm_usd is None


def test_a_ledger_from_before_language_models_still_reads(tmp_path):
    old = '{"t":"x","session":1,"alive_s":3.0,"stage":"train","seconds":2.0,"experiment":"e1","counts":{},"refunded":false}'
    (tmp_path / "ledger.jsonl").write_text(old + "\n")
    spent = Ledger(tmp_path).spend()
    assert (spent.train_s, spent.llm_calls, spent.llm_usd) == (2.0, 0, 0.0)


NAMES, SECONDS = st.sampled_from(["e1", "e2", "e3"]), st.floats(0, 1e6)
BOOKINGS = st.lists(
    st.one_of(
        st.tuples(st.just("charge"), st.sampled_from(STAGES), NAMES, SECONDS),
        st.tuples(st.just("use up"), NAMES, SECONDS),
        st.tuples(st.just("look"), NAMES, SECONDS),
        st.tuples(st.just("refund"), NAMES),
        st.tuples(st.just("pay"), st.integers(0, 10**12), st.booleans()),
        st.just(("restart",)),
    ),
    max_size=20,
)


def book(ledger, what, *facts):
    match what, *facts:
        case "charge", stage, name, seconds:
            ledger.charge(stage, seconds=seconds, experiment=name)
        case "use up", name, seconds:
            ledger.charge("train", seconds=seconds, experiment=name, experiments=1)
        case "look", name, seconds:
            ledger.charge("eval", seconds=seconds, experiment=name, validation_queries=1)
        case "refund", name:
            ledger.refund(name)
        case "pay", nano_usd, unpriced:
            ledger.pay("x", seconds=1.0, calls=1, nano_usd=nano_usd, unpriced=int(unpriced))


@settings(max_examples=60, deadline=None)
@given(bookings=BOOKINGS)
def test_what_a_controller_adds_up_is_what_a_reader_finds(bookings):
    clock = Clock()
    with TemporaryDirectory() as root:
        ledger = Ledger(Path(root), clock=clock)
        ledger.open_session()
        for what, *facts in bookings:
            clock.now += 0.25
            if what == "restart":
                ledger = Ledger(Path(root), clock=clock)
                ledger.open_session()
            book(ledger, what, *facts)
            ledger.heartbeat()
            assert ledger.spend() == Ledger(Path(root)).spend()
            assert ledger.paid() == Ledger(Path(root)).paid()


def test_a_controller_reads_its_ledger_once(ledger, tmp_path):
    Ledger(tmp_path).charge("train", seconds=1)
    ledger.open_session()
    with reads_below(tmp_path) as read:
        for _ in range(3):
            ledger.charge("eval", seconds=1)
            ledger.spend()
            ledger.paid()
    assert read == []


class Slow(int):
    """A number that takes its time to be added, so that another thread may come between."""

    def __add__(self, other):
        time.sleep(0.002)
        return int(self) + other


def test_charges_of_many_threads_all_count(ledger):
    ledger.open_session()

    def pay():
        for _ in range(10):
            ledger.pay("x", seconds=0.5, calls=Slow(1))

    threads = [threading.Thread(target=pay) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert ledger.spend().llm_calls == 40


def test_the_disk_may_be_counted_by_whoever_knows_it_better(tmp_path):
    assert Ledger(tmp_path, disk=lambda: 42).spend().disk_bytes == 42
