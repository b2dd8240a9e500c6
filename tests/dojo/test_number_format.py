"""A run is in one number format: its records say which, its cache entries are apart, and it is not resumed in another."""

import pytest

from ftdojo.errors import StoreError
from ftdojo.records import Finish, Train

SWITCH = "FTDOJO_LOW_PRECISION"
NAMES = {"0": "float32", "1": "bfloat16"}


@pytest.fixture
def switch(monkeypatch):
    return lambda value: monkeypatch.setenv(SWITCH, value)


def entries(cache, kind):
    return {str(each.relative_to(cache)) for each in (cache / kind).rglob("*") if each.is_file()}


@pytest.mark.parametrize("value", ["0", "1"])
def test_the_records_of_a_run_name_its_number_format(new, switch, value, tmp_path):
    switch(value)
    with new(f"named-{value}", cache=tmp_path / "cache") as dojo:
        seen = dojo.reset()
        assert (seen.model.dtype, seen.machine.number_format) == (NAMES[value],) * 2
        assert dojo.folder.config.machine.number_format == NAMES[value]


def test_scores_and_weights_of_one_format_are_not_taken_for_the_other(new, toy, switch, tmp_path):
    cache, found = tmp_path / "cache", []
    for value in ("0", "1", "0"):
        switch(value)
        with new(f"apart-{len(found)}", cache=cache) as dojo:
            dojo.reset()
            dojo.step(Train(submission=toy.handed_in(steps=5)))
        found.append({kind: entries(cache, kind) for kind in ("base-scores", "weights")})
    assert found[0]["base-scores"] < found[1]["base-scores"]
    assert found[0]["weights"] < found[1]["weights"]
    assert found[1] == found[2]  # the same format once more: nothing is made anew


def test_a_run_is_not_resumed_in_another_format_before_its_end(new, reopen, switch):
    switch("0")
    with new("begun") as dojo:
        dojo.reset()
    switch("1")
    said = (
        rf"began in float32, .* go on in bfloat16 \(decided by {SWITCH}=1\).* Set {SWITCH}=0 to go"
    )
    with pytest.raises(StoreError, match=said):
        reopen("begun")
    switch("0")
    with reopen("begun") as dojo:
        dojo.reset()
        dojo.step(Finish(experiment="base"))
    switch("1")
    with reopen("begun") as dojo:  # nothing is scored any more
        assert dojo.result.status == "finished"
