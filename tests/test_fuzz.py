"""The fuzzer's eye and hand: it sees a broken contract, and what it is fed first keeps all of them."""

import json
import time
from pathlib import Path

import pytest

from ftdojo.errors import UsageError

ROOT = Path(__file__).parent.parent


@pytest.fixture
def fuzz(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(ROOT)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    from benchmarks.fuzz import catalogue, contract, mutate

    monkeypatch.setattr(contract, "MOST_CPU_S", 1.0)
    monkeypatch.setattr(contract, "MOST_BYTES", 50 * 2**20)
    return catalogue, contract, mutate


def _busy(data):
    until = time.process_time() + 1.2
    while time.process_time() < until:
        pass


def _raising(error):
    def run(data):
        raise error

    return run


BROKEN = {
    "a traceback": (_raising(KeyError("x")), "KeyError"),
    "a nest": (lambda data: json.loads("[" * 100_000), "RecursionError"),
    "two lines": (lambda data: ["a\nb"], "several lines"),
    "a code": (lambda data: ["a\x1b[31mb"], "control character"),
    "no words": (lambda data: [" "], "says nothing"),
    "a novel": (lambda data: ["x" * 10_000], "too long"),
    "time": (_busy, "slow"),
    "memory": (lambda data: bytearray(b"x") * 2**27 and None, "memory"),
}


@pytest.mark.parametrize(("run", "kind"), BROKEN.values(), ids=BROKEN)
def test_a_broken_contract_is_seen(fuzz, run, kind):
    assert fuzz[1].breach(run, b"").kind == kind


@pytest.mark.parametrize(
    "run", [_raising(UsageError("Wrong.")), lambda data: None, lambda data: []]
)
def test_a_result_or_one_clear_line_keeps_the_contract(fuzz, run):
    assert fuzz[1].breach(run, b"") is None


def test_equal_seeds_make_equal_changes_and_other_seeds_others(fuzz):
    line = b'\x03{"a": [1, {"b": "c"}]}'
    made = [fuzz[2].mutated(line, 1000, seed) for seed in range(40)]
    assert made == [fuzz[2].mutated(line, 1000, seed) for seed in range(40)]
    assert len(set(made)) > 20
    assert all(each[:1] == b"\x03" for each in made)


@pytest.mark.parametrize("name", ["train-yaml", "plan", "training-rows", "reply-forms", "gateway"])
def test_what_is_fed_first_keeps_every_contract(fuzz, monkeypatch, name):
    catalogue, contract, _ = fuzz
    monkeypatch.setattr(contract, "MOST_CPU_S", 5.0)
    target = catalogue.target_named(name)
    found = {contract.breach(target.run, seed) for seed in target.seeds}
    assert len(target.seeds) > 5
    assert found == {None}
