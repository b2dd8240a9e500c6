"""Forms of replies: strict schemas out, forgiving reading in, and never anything but one named failure."""

import contextlib
import json
import time
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from ftdojo.errors import LlmUnusable
from ftdojo.llm import Reply, Usage
from ftdojo.llm.forms import QUOTED, correction, is_strict, read, schema_of


class Change(BaseModel):
    option: str
    default: float = 0.5


class Plan(BaseModel):
    kind: Literal["data", "training"]
    changes: list[Change]
    parent: str | None = Field(default=None, max_length=9)


GOOD = '{"kind": "data", "changes": [{"option": "lr", "default": 0.1}], "parent": null}'


def said(text, finish="stop"):
    return Reply(text=text, finish=finish, model="m", usage=Usage())


THOUGHT = GOOD.replace("0.1", "0.9")
MARKED = GOOD.replace('"lr"', '"<think>{x}</think> lr </think>"')
WRAPPED = {
    "a thought": f"<think>{THOUGHT}</think>{GOOD}",
    "a thought without a beginning": f"Maybe {THOUGHT}?</think>\n{GOOD}",
    "two thoughts": f"<think>{THOUGHT}</think><think>{{</think>{GOOD}",
    "a thought in other words": f"[THINK]{THOUGHT}[/THINK]{GOOD}",
    "a thought of a channel": f"<|channel|>analysis<|message|>{THOUGHT}<|end|><|start|>assistant"
    f"<|channel|>final<|message|>{GOOD}",
    "a thought and a comma too many": f"<think>{THOUGHT}</think>{GOOD[:-1]},}}",
    "an end of a thought in a string": MARKED,
    "the same and a comma too many": f"{MARKED[:-1]},}}",
    "the same after a thought": f"<think>{THOUGHT}</think>```json\n{MARKED}\n```",
    "another object before": f'I was given {{"a": {{}}}}. {GOOD}',
    "another object after": f'{GOOD}\nAn edit looks like {{"file": "x"}} or {{this}}.',
    "a draft before": f"First {THOUGHT}, better {GOOD}.",
    "a draft before an answer with a comma too many": f"First {THOUGHT}, better {GOOD[:-1]},}}.",
    "a list": f"[{GOOD}]",
    "a tool call": f'{{"name": "plan", "arguments": {GOOD}}}',
    "a tool call in text": json.dumps({"kind": "x", "arguments": GOOD}),
    "a string": json.dumps(GOOD),
    "a field": f'{{"plan": {GOOD}}}',
    "tags": f"<answer>{GOOD}</answer>",
}


@pytest.mark.parametrize("text", WRAPPED.values(), ids=WRAPPED)
def test_the_answer_counts_whatever_is_around_it(text):
    found = read(said(text), Plan).changes[0]
    assert found.default == 0.1
    assert "lr" in found.option


def test_a_draft_that_was_thought_is_not_the_answer():
    with pytest.raises(LlmUnusable, match="holds no JSON object"):
        read(said(f"<think>{GOOD}</think>\nI had rather not."), Plan)
    with pytest.raises(LlmUnusable, match="holds no JSON object"):
        read(said(f"<think>{GOOD[:-1]},}}</think>\nI had rather not."), Plan)
    with pytest.raises(LlmUnusable, match="changes: Field required"):
        read(said(f'<think>{GOOD}</think>\n{{"kind": "data"}}'), Plan)


@pytest.mark.parametrize("end", ["}", ",}"])
def test_halves_of_characters_nul_and_nan_leave_a_form_that_can_be_stored(end):
    halves = GOOD[:-1].replace('"lr"', '"\\ud83d\\ude00 \\ud83d \\u0000"') + end
    found = read(said(halves), Plan).changes[0]
    assert found.option == "😀 \ufffd \ufffd"
    for number in ("NaN", "Infinity", "1e999"):
        with pytest.raises(LlmUnusable, match=r"valid number|not finite"):
            read(said(GOOD[:-1].replace("0.1", number) + end), Plan)


def test_a_schema_is_closed_and_asks_for_every_field():
    schema = schema_of(Plan)
    assert is_strict(schema)
    assert schema["required"] == ["kind", "changes", "parent"]
    assert schema["$defs"]["Change"]["required"] == ["option", "default"]
    assert "default" not in schema["properties"]["parent"]
    assert "maxLength" not in str(schema)


def test_a_form_with_an_open_object_is_not_strict():
    class Open(BaseModel):
        counts: dict[str, int]

    assert not is_strict(schema_of(Open))


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"\n {GOOD}\n",
        f"Here:\n```json\n{GOOD}\n```\nDone.",
        GOOD[:-1] + ",}",
        GOOD.replace('"', "'"),
        GOOD.replace("null", "None"),
        f"<think>{GOOD.replace('0.1', '0.9')}</think>\n{GOOD}",
    ],
)
def test_json_that_is_nearly_right_is_read(text):
    assert read(said(text), Plan).changes[0].default == 0.1


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "holds no JSON object"),
        ("no", "holds no JSON object"),
        ("[1, 2]", "holds no JSON object"),
        ('{"kind": "date", "changes": []}', "kind: Input should be 'data' or 'training'"),
        ('{"kind": "data"}', "changes: Field required"),
        ('{"kind": "data", "changes": [{}]}', "changes.0.option: Field required"),
        ("\ud800", "holds no JSON object"),
        ('{"a": "\ud800"}', "kind: Field required"),
    ],
)
def test_what_is_wrong_is_said(text, fault):
    with pytest.raises(LlmUnusable) as caught:
        read(said(text), Plan)
    assert fault in str(caught.value)
    assert len(str(caught.value)) < 1500


def test_half_a_plan_does_not_pass_for_a_whole_one():
    half = '{"kind": "data", "changes": [{"option": "lr"}, {"option": "ep'
    assert len(read(said(half), Plan).changes) == 2
    with pytest.raises(LlmUnusable, match="cut off") as caught:
        read(said(half, "length"), Plan)
    assert caught.value.why == "length"


@given(st.text())
def test_any_text_is_read_or_unusable(text):
    unusable(text)


@given(st.text(st.sampled_from("{}[]\":,\\ntrue1.e-+'`\ud800"), max_size=60))
def test_anything_like_json_is_read_or_unusable(text):
    unusable(text)


@given(st.integers(0, len(GOOD)), st.integers(0, len(GOOD)), st.text(max_size=5))
def test_a_damaged_reply_is_read_or_unusable(start, stop, middle):
    unusable(GOOD[:start] + middle + GOOD[stop:])


def unusable(text):
    with contextlib.suppress(LlmUnusable):
        assert isinstance(read(said(text), Plan), Plan)


@pytest.mark.parametrize(
    "rubbish", ["{", "[", '{"a":', "{x: [[[[[[[[", "{x: y} ", '"', "{'a': \"", "```{"]
)
def test_rubbish_without_end_takes_no_time(rubbish):
    began = time.monotonic()
    unusable(rubbish * (100_000 // len(rubbish)))
    unusable(rubbish + rubbish[-1] * 100_000)
    assert time.monotonic() - began < 5


def test_a_correction_is_bounded_and_shows_fault_and_form():
    turns = correction(said("x" * 10 * QUOTED), "It is bad.", schema_of(Plan))
    assert [each["role"] for each in turns] == ["assistant", "user"]
    assert len(turns[0]["content"]) == QUOTED
    assert turns[1]["content"].startswith("This answer cannot be used. It is bad.")
    assert '"kind"' in turns[1]["content"]


def test_a_cut_answer_is_asked_for_shorter():
    assert "Be much shorter." in correction(said("", "length"), "Cut.", {})[1]["content"]
    assert "shorter" not in correction(said(""), "Bad.", {})[1]["content"]
