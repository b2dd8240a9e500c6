"""What a data script may write, and what is said about the rest."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftdojo.records import FailureKind
from ftdojo.submissions import RowFault, read_rows

LIMITS = {"max_rows": 5, "max_row_bytes": 400}
CHAT = ({"role": "user", "content": "2+3?"}, {"role": "assistant", "content": "5"})


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("rows") / "rows.jsonl"


def rows_of(path, *entries):
    path.write_text("".join(json.dumps(each) + "\n" for each in entries), encoding="utf-8")
    return list(read_rows(path, **LIMITS))


def fault_of(path, text):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(RowFault) as caught:
        list(read_rows(path, **LIMITS))
    return caught.value


@pytest.mark.parametrize(
    ("entry", "form"),
    [
        ({"messages": list(CHAT)}, "messages"),
        ({"prompt": "2+3?", "completion": "5"}, "prompt-completion"),
        ({"prompt": [CHAT[0]], "completion": [CHAT[1]]}, "prompt-completion"),
        ({"prompt": [CHAT[0]], "completion": "5"}, "prompt-completion"),
        ({"instruction": "2+3?", "input": "", "output": "5"}, "alpaca"),
        ({"instruction": "2+3?", "output": "5"}, "alpaca"),
        (
            {"conversations": [{"from": "human", "value": "2+3?"}, {"from": "gpt", "value": "5"}]},
            "sharegpt",
        ),
    ],
)
def test_every_known_shape_becomes_the_same_chat(path, entry, form):
    (row,) = rows_of(path, entry)
    assert row.messages == CHAT
    assert row.format == form
    assert row.ignored == ()


def test_alpacas_input_follows_its_instruction_on_a_new_line(path):
    (row,) = rows_of(path, {"instruction": "Add.", "input": "2 3", "output": "5"})
    assert row.messages[0]["content"] == "Add.\n2 3"


@pytest.mark.parametrize("shape", [{"messages": list(CHAT)}, {"prompt": "2+3?", "completion": "5"}])
def test_a_system_text_beside_any_shape_is_the_first_turn(path, shape):
    (row,) = rows_of(path, {**shape, "system": "Be brief."})
    assert row.messages == ({"role": "system", "content": "Be brief."}, *CHAT)


def test_a_system_turn_inside_the_row_wins_over_the_one_beside_it(path):
    turns = [{"role": "system", "content": "inside"}, *CHAT]
    (row,) = rows_of(path, {"messages": turns, "system": "beside"})
    assert row.messages == tuple(turns)


def test_an_empty_system_text_is_dropped(path):
    (row,) = rows_of(path, {"instruction": "2+3?", "output": "5", "system": " "})
    assert row.messages == CHAT


def test_source_is_kept_and_unknown_keys_are_named_not_used(path):
    (row,) = rows_of(path, {"messages": list(CHAT), "source": "worked", "id": 3})
    assert (row.source, row.ignored) == ("worked", ("id",))


def ends_with(**answer):
    return {"messages": [CHAT[0], CHAT[1] | answer]}


def test_a_thought_beside_an_answer_is_learnt_before_it(path):
    for key in ("reasoning_content", "reasoning", "thinking"):
        (row,) = rows_of(path, ends_with(**{key: "2 and 3.\n"}))
        assert row.messages[-1]["content"] == "<think>\n2 and 3.\n</think>\n\n5"
        assert row.ignored == ()


def test_alpacas_history_comes_before_its_question(path):
    entry = {"instruction": "2+3?", "output": "5", "history": [["Hi.", "Hello."]]}
    (row,) = rows_of(path, entry)
    earlier = ({"role": "user", "content": "Hi."}, {"role": "assistant", "content": "Hello."})
    assert (row.messages, row.ignored) == ((*earlier, *CHAT), ())


def test_openais_developer_and_gemmas_model_are_known_roles(path):
    turns = [{"role": "developer", "content": "Add."}, CHAT[0], {"role": "model", "content": "5"}]
    (row,) = rows_of(path, {"messages": turns})
    assert row.messages == ({"role": "system", "content": "Add."}, *CHAT)


def test_a_content_in_parts_of_text_is_one_text(path):
    parts = [{"type": "text", "text": "2+"}, {"type": "text", "text": "3?"}]
    (row,) = rows_of(path, {"messages": [{"role": "user", "content": parts}, CHAT[1]]})
    assert row.messages == CHAT


@pytest.mark.parametrize("mark", [{"weight": 1}, {"train": True}, {"mask": False}, {"loss": None}])
def test_an_answer_marked_as_to_be_learnt_is(path, mark):
    (row,) = rows_of(path, ends_with(**mark))
    assert (row.messages, row.masked, row.ignored) == (CHAT, False, ())


def test_an_earlier_turn_marked_as_not_to_be_learnt_is_kept_and_known(path):
    turns = [CHAT[0] | {"weight": 0}, *CHAT[1:], *CHAT]
    (row,) = rows_of(path, {"messages": turns})
    assert (row.messages, row.masked) == ((*CHAT, *CHAT), True)
    (row,) = rows_of(path, {"prompt": [CHAT[0] | {"train": False}], "completion": "5"})
    assert row.masked


def test_every_key_that_holds_something_and_is_not_used_is_named(path):
    turns = [CHAT[0] | {"name": "ada", "id": 0}, CHAT[1] | {"refusal": None, "from": "gpt"}]
    inside = {"role": "system", "content": "Inside."}
    entry = {"messages": [inside, *turns], "system": "beside", "tools": [], "score": 0, "note": ""}
    (row,) = rows_of(path, entry)
    kept = ("system", "score", "messages[].id", "messages[].name", "messages[].from")
    assert sorted(row.ignored) == sorted(kept)


def test_what_another_shape_would_use_is_named_where_this_one_does_not(path):
    (row,) = rows_of(
        path, {"messages": list(CHAT), "prompt": "q", "input": "i", "history": [["a"]]}
    )
    assert row.ignored == ("prompt", "input", "history")


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        (ends_with(weight=0), r"messages\[\].weight: 0 says that the last answer is not to be"),
        (
            ends_with(masked=True),
            r"masked: true says that the last answer is not .*; leave the row",
        ),
        (ends_with(weight=0.5), r"messages\[\].weight is 0.5; write 0 or 1"),
        (
            {"messages": [*(turn | {"loss": True} for turn in CHAT), *CHAT]},
            r"loss: true asks for an earlier turn to be learnt, .* write one row for each answer",
        ),
        (ends_with(train_detail=[{"begin_offset": 0}]), r"has train_detail: the last answer is"),
        (ends_with(tool_calls=[{"id": "1"}]), r"messages\[1\] has tool_calls: models are trained"),
        (ends_with(function_call={"name": "f"}), r"messages\[1\] has function_call: models are"),
        (ends_with() | {"tools": [{"name": "f"}]}, r"the row has tools: models are trained and"),
        (ends_with() | {"images": ["a.png"]}, r"the row has images: only text is trained here"),
        (ends_with() | {"label": False}, r"label: false, which marks an answer to avoid; leave"),
        (ends_with(content=[{"type": "image_url"}]), r"a part of type 'image_url'; only text"),
        (ends_with(content=[3]), r"messages\[1\] must be text, not None"),
        (
            ends_with(content="<think>a</think>5", reasoning="b"),
            r"messages\[1\] holds its thought twice, in content and beside it; keep one",
        ),
        (
            {"instruction": "q", "output": "a", "history": ["x"]},
            r"history must be a list of \[question, answer\] pairs",
        ),
        (
            {"messages": [CHAT[0], {"role": "tool", "content": "x"}, CHAT[1]]},
            r"has the role 'tool'; models are trained and asked without tools here",
        ),
    ],
)
def test_a_key_that_asks_for_what_is_not_done_is_refused(path, entry, says):
    with pytest.raises(RowFault, match=says):
        raise fault_of(path, json.dumps(entry))


def test_blank_lines_a_bom_and_a_missing_last_newline_are_no_fault(path):
    line = json.dumps({"messages": CHAT}).encode()
    path.write_bytes(b"\xef\xbb\xbf" + line + b"\n\n  \r\n" + line)
    assert len(list(read_rows(path, **LIMITS))) == 2


GOOD = json.dumps({"prompt": "q", "completion": "a"})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", r"Line 1 of the rows: it is not JSON \(.*column 2\); write each row with json.dumps"),
        (f"{GOOD}\n\nnope", r"Line 3 of the rows: it is not JSON"),
        ("[1]", r"a row is a JSON object, not a list; write one object a line"),
        ("null", r"a row is a JSON object, not null"),
        ('{"prompt": NaN}', r"holds a number that is not allowed \(NaN\)"),
        ("9" * 300 + "e-1" + "9" * 5, r"a row is a JSON object, not a number"),
        ("x" * 401, r"longer than 400 bytes; write one JSON object a line"),
        (b"\xff\xfe{", r"byte 1 is not UTF-8; open the file with encoding='utf-8'"),
        (f"{GOOD}\n" * 6, r"Line 6 of the rows: there are more than 5 rows"),
        ('{"prompt": "q"}', r"has no completion; add the answer: write .*completion"),
        ('{"question": "q", "answer": "a"}', r"no completion; rename 'answer': write"),
        ('{"instruction": "q", "response": "a"}', r"no completion; rename 'response': write"),
        ('{"text": "q a"}', r"text does not say where the answer begins; write"),
        (
            '{"prompt": "q", "chosen": "a", "rejected": "b"}',
            r"pairs are learnt with objective: dpo or orpo",
        ),
        ('{"a": 1, "b": 2}', r"its keys \['a', 'b'\] are not a known shape; write"),
        ('{"prompt": "q", "completion": " "}', r"has no answer: it must end with a non-empty"),
        ('{"prompt": "q", "completion": null}', r"completion must be text, not None"),
        ('{"prompt": " ", "completion": "a"}', r"a turn is empty; every turn needs text"),
        ('{"messages": []}', r"messages must be a list of turns"),
        ('{"messages": [3]}', r"messages\[0\] must be an object with role and content"),
        ('{"messages": [{"role": "tool", "content": "x"}]}', r"has the role 'tool'; models are"),
        ('{"messages": [{"role": [], "content": "x"}]}', r"has the role \[\]; write system"),
        ('{"messages": [{"role": "user", "content": "x"}]}', r"the row has no answer"),
        ('{"messages": [{"role": "assistant", "content": "x"}]}', r"has no question"),
        ('{"prompt": "q", "completion": "\\ud800"}', r"completion holds half a surrogate pair"),
        (
            '{"prompt": "q", "completion": "a", "source": 3}',
            r"source must be a text of at most 200",
        ),
    ],
)
def test_a_row_that_cannot_be_trained_on_is_named_with_what_to_write_instead(path, text, says):
    fault = fault_of(path, text)
    assert fault.kind is FailureKind.SCHEMA
    with pytest.raises(RowFault, match=says):
        raise fault


def test_a_source_too_long_to_count_by_is_refused(path):
    row = {"prompt": "q", "completion": "a", "source": "s" * 201}
    assert "source must be a text of at most 200" in str(fault_of(path, json.dumps(row)))


def test_a_row_nested_without_end_is_refused(path):
    path.write_text('{"prompt":' * 100_000)
    with pytest.raises(
        RowFault, match="nested too deeply; a row holds texts and one list of turns"
    ):
        next(read_rows(path, max_rows=1, max_row_bytes=10**7))


def test_a_system_turn_in_the_middle_is_refused(path):
    turns = [CHAT[0], {"role": "system", "content": "s"}, CHAT[1]]
    assert "may only come first" in str(fault_of(path, json.dumps({"messages": turns})))


def test_rows_before_the_first_bad_line_are_yielded(path):
    path.write_text(f"{GOOD}\n{{\n")
    rows = read_rows(path, **LIMITS)
    assert next(rows).messages[1]["content"] == "a"
    with pytest.raises(RowFault) as caught:
        next(rows)
    assert caught.value.line == 2


@pytest.mark.parametrize("text", ["", "\n \n"])
def test_no_rows_at_all_is_empty_data(path, text):
    fault = fault_of(path, text)
    assert (fault.kind, fault.line) == (FailureKind.EMPTY_DATA, 0)
    assert str(fault).startswith("The row file is empty; data.py must write at least one")


def test_a_missing_file_is_empty_data(tmp_path):
    with pytest.raises(RowFault, match=r"cannot be read \(No such file.*\); data.py must write it"):
        list(read_rows(tmp_path / "none.jsonl", **LIMITS))


@given(st.binary(max_size=500))
def test_arbitrary_bytes_raise_nothing_but_a_row_fault(path, content):
    path.write_bytes(content)
    with suppress(RowFault):
        assert all(row.messages for row in read_rows(path, **LIMITS))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["role", "content", "from", "value", "type", "weight", "x"]), inner
        )
    ),
    max_leaves=8,
)
KEYS = "messages prompt completion instruction input output history conversations source system text chosen tools"


@given(st.dictionaries(st.sampled_from(KEYS.split()), json_values, max_size=4))
def test_arbitrary_json_yields_answered_rows_or_a_row_fault(path, entry):
    path.write_text(json.dumps(entry))
    with suppress(RowFault):
        (row,) = read_rows(path, max_rows=1, max_row_bytes=10**6)
        assert row.messages[-1]["role"] == "assistant"
        assert all(turn["content"].strip() for turn in row.messages)


@given(st.text(min_size=1).filter(str.strip), st.text(min_size=1).filter(str.strip))
def test_question_and_answer_survive_unchanged(path, question, answer):
    path.write_text(json.dumps({"prompt": question, "completion": answer}))
    (row,) = read_rows(path, max_rows=1, max_row_bytes=10**6)
    assert [turn["content"] for turn in row.messages] == [question, answer]
