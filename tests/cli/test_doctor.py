"""The doctor shows the machine and proves the sandbox, attack by attack."""

import json

import pytest

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


def test_a_sandbox_that_cannot_be_opened_fails_after_what_is_known_was_shown(without_bwrap):
    done = without_bwrap("doctor")
    assert done.code == 1
    assert "  tier            none\n" in done.out
    assert done.err.startswith("ftdojo: bwrap is missing, which the sandbox needs: apt-get install")
