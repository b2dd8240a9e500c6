"""Records survive storage exactly, and a damaged text is refused with its name."""

import json
import math
import typing
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftdojo import records
from ftdojo.errors import StoreError
from ftdojo.records import (
    BASE,
    Check,
    Estimate,
    Experiment,
    Finish,
    Look,
    Shell,
    Status,
    Submission,
    Train,
)
from ftdojo.store import codec

STORED = [
    records.Experiment,
    records.Feedback,
    records.Result,
    records.Graded,
    records.TrainingReport,
    records.Observation,
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=4,
)


@cache
def anything(kind):
    """Return a strategy for ``kind`` in which ``Any`` is JSON, at any depth; the same one each time, for kinds within kinds."""
    if kind is typing.Any:
        return JSON
    if kind is Path:
        return st.sampled_from([Path("adapter"), Path("experiments/e1/adapter")])
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin is tuple and inner[-1] is Ellipsis:
        return st.lists(anything(inner[0]), max_size=2).map(tuple)
    if origin is tuple:
        return st.tuples(*map(anything, inner))
    if isinstance(origin, type) and issubclass(origin, typing.Mapping):
        return st.dictionaries(anything(inner[0]), anything(inner[1]), max_size=2)
    if origin is not None and origin is not typing.Literal:
        return st.one_of(*map(anything, inner))
    if hasattr(kind, "__dataclass_fields__"):
        hints = typing.get_type_hints(kind)
        return st.builds(
            kind, **{name: st.deferred(lambda h=h: anything(h)) for name, h in hints.items()}
        )
    return st.from_type(kind)


@pytest.mark.parametrize("kind", STORED, ids=lambda kind: kind.__name__)
def test_every_stored_record_comes_back_as_it_was_nan_and_infinity_included(kind):
    @settings(max_examples=25, deadline=None)
    @given(anything(kind))
    def check(record):
        text = codec.dump(record)
        assert "\n" not in text
        json.loads(text, parse_constant=pytest.fail)
        assert repr(codec.load(kind, text)) == repr(record)

    check()


def test_a_loss_that_is_no_number_is_spelt_out():
    text = codec.dump(Estimate(score=math.nan, n=1, low=-math.inf, high=math.inf))
    assert text == '{"score":"NaN","n":1,"low":"-Infinity","high":"Infinity"}'


@pytest.mark.parametrize(
    "action",
    [
        Look(what="source", name="worked", offset=40),
        Shell(command="ls", wall_s=5.0),
        Check(submission=Submission(plan="p", data="d", train="t")),
        Train(submission=Submission(plan="p", data="d", train="t"), validate_items=40),
        Finish(experiment=BASE),
    ],
    ids=lambda action: type(action).__name__,
)
def test_an_action_comes_back_as_the_same_kind_of_action(action):
    assert codec.load_action(codec.dump_action(action)) == action


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it holds 0 records, not one"),
        ('{"score":0.5,"n":2,', "Invalid JSON"),
        ('{"score":0.5,"n":2,"low":0}', "high: "),
        ('{"score":0.5,"n":2,"low":0,"high":1,"unit":"m"}', "unit: "),
        ('{"score":"half","n":2,"low":0,"high":1}', "score: "),
        ("[1]", "the whole: "),
        ('{"score":1,"n":2,"low":0,"high":1},' * 2 + "7", "the whole: "),
        ("\x00\x00", "the whole: "),
        (", ".join(['{"score":1,"n":2,"low":0,"high":1}'] * 2), "it holds 2 records"),
    ],
)
def test_a_damaged_record_is_refused_with_the_file_and_the_field(text, why):
    with pytest.raises(StoreError, match="Restore it from a copy") as caught:
        codec.load(Estimate, text, where="runs/r/base.json")
    assert str(caught.value).startswith(
        "runs/r/base.json is damaged or was written by another version"
    )
    assert why in str(caught.value)


def test_an_unknown_field_deep_inside_is_refused_too():
    text = codec.dump(
        Experiment(
            id="e1",
            parent=BASE,
            submission=Submission(plan="", data="", train=""),
            status=Status.DONE,
        )
    ).replace('"data"', '"note":"","data"')
    with pytest.raises(StoreError, match=r"submission\.note"):
        codec.load(Experiment, text)


def test_text_that_no_file_can_hold_is_refused():
    with pytest.raises(StoreError, match=r"This Submission cannot be stored: .* valid Unicode"):
        codec.dump(Submission(plan="\ud800", data="", train=""))


def test_a_field_of_the_wrong_type_is_refused_when_written_not_when_read():
    with pytest.raises(StoreError, match=r"Estimate cannot be stored: .*types it declares"):
        codec.dump(Estimate(score="high", n=1, low=0.0, high=1.0))


def test_fields_that_are_no_data_are_refused():
    with pytest.raises(StoreError, match="These fields cannot be stored"):
        codec.dump_object({"fill": print})


NEST = pytest.param("[" * 100_000, id="a nest")


@pytest.mark.parametrize("text", ["[]", "{", "7", NEST, pytest.param("9" * 5000, id="a number")])
def test_a_line_that_is_no_object_is_refused(text):
    with pytest.raises(StoreError, match=r"events.jsonl line 3 is damaged"):
        codec.load_object(text, where="events.jsonl line 3")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"verb":"rm"}', "No action is called 'rm'."),
        ("{}", "No action is called ''."),
        ('{"verb":["train"]}', "No action is called"),
        ('{"verb":"look"}', "look lacks what"),
        ('{"verb":"finish","with":{}}', "No field of finish is called 'with'."),
        ('{"action":"finish","with":{"experiment":"e1"}}', "No action is called ''."),
    ],
)
def test_a_damaged_action_is_refused_with_the_file_and_the_reason(text, why):
    with pytest.raises(
        StoreError, match=r"^pending.json is damaged or was written by another"
    ) as caught:
        codec.load_action(text, where="pending.json")
    assert why in str(caught.value)


def test_an_action_that_no_file_can_hold_is_refused():
    with pytest.raises(StoreError, match="These fields cannot be stored"):
        codec.dump_action(Shell(command="\ud800"))
