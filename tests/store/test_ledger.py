"""The ledger forgets nothing: not through a kill, not through a second start."""

import pytest

from ftdojo.errors import StoreError, UsageError
from ftdojo.store import Ledger


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
            "'training' is no stage of the ledger; one of check, data,",
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
