"""The doctor shows the machine and proves the sandbox, attack by attack."""

import json

import pytest

from ftdojo import sandbox
from ftdojo.cli import doctor
from ftdojo.sandbox.attacks import ATTACKS


@pytest.fixture(scope="module")
def seen(program):
    return program("doctor", "--json")


@pytest.mark.slow
def test_every_promise_of_the_sandbox_is_attacked_and_holds(seen):
    if "bwrap is missing" in seen.err:
        pytest.skip(f"no sandbox here: {seen.err.strip()}")
    proofs = json.loads(seen.out)["proofs"]
    assert [proof for proof in proofs if not proof["holds"]] == []
    assert [proof["name"] for proof in proofs] == [attack.name for attack in ATTACKS]
    assert (seen.code, seen.err) == (0, "")


@pytest.mark.slow
def test_the_machine_is_described_apart_from_the_sandbox(seen):
    found = json.loads(seen.out)
    assert found["machine"]["cpu"] != found["sandbox"].get("cpu")
    assert found["machine"]["memory_bytes"] > 10**8
    assert set(found["places"]) == {"cache", "runs", "cache_free_bytes", "runs_free_bytes"}


@pytest.mark.slow
def test_the_number_format_is_shown_with_what_decided_it(program):
    ended = program("doctor", "--sandbox", "unsafe", FTDOJO_LOW_PRECISION=0)
    assert "  number format   float32\n" in ended.out
    assert "  decided by      FTDOJO_LOW_PRECISION=0\n" in ended.out


@pytest.mark.slow
def test_the_unsafe_tier_is_shown_for_what_it_is(program):
    ended = program("doctor", "--sandbox", "unsafe")
    assert ended.code == 0
    assert "  tier            unsafe-subprocess\n" in ended.out
    assert "  NOT HELD  no network: " in ended.out


@pytest.mark.slow
def test_what_a_run_needs_is_ok_line_by_line_and_no_key_is_shown(program):
    ended = program("doctor", "--sandbox", "unsafe", OPENAI_API_KEY="sk-of-mine-0123456789")
    needs = ended.out.partition("what a run needs\n")[2].splitlines()
    assert {line.split()[0] for line in needs} == {"ok"}
    named = [line[12:].partition(":")[0] for line in needs]
    assert named == [
        "sandbox",
        "disk of runs",
        "disk of cache",
        "memory",
        "open files",
        "model",
        "language models",
    ]
    assert needs[-1].endswith("set: OPENAI_API_KEY")
    assert "sk-of-mine" not in ended.out + ended.err


def test_a_problem_is_named_with_what_to_do_and_ends_with_1(call, monkeypatch, tmp_path):
    monkeypatch.setattr(sandbox, "prove", lambda opened: [])
    monkeypatch.setattr(doctor, "LEAST_FREE_BYTES", 10**18)
    done = call("doctor")
    assert done.code == 1
    assert "  problem   disk of runs: " in done.out
    assert "; make room there, a run wants " in done.out
    assert done.err.splitlines()[-1].startswith("ftdojo: disk of runs: ")


def test_a_sandbox_that_cannot_be_opened_fails_after_what_is_known_was_shown(without_bwrap):
    done = without_bwrap("doctor")
    assert done.code == 1
    assert "  tier            none\n" in done.out
    assert done.err.startswith("ftdojo: bwrap is missing, which the sandbox needs: apt-get install")
