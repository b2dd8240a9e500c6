"""``ftdojo.json`` comes back as it was written, and anything else is refused in one line."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftdojo.errors import ModelError
from ftdojo.export import AskCard, asked_as, read_asked
from ftdojo.export.asked import MAX_BYTES, Origin, dump_asked
from ftdojo.tasks.text.extract import task

TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.fixture(scope="session")
def made(asked):
    return AskCard(
        format=1,
        form="adapter",
        asked=asked,
        base=Origin(name="tiny", revision="v1", digest="ab"),
        run="r1",
        experiment="e3",
        versions={"torch": "2"},
    )


@settings(deadline=None)
@given(system=TEXT, around=TEXT, stop=st.lists(TEXT.filter(bool)))
def test_it_comes_back_as_it_was_written(made, tmp_path_factory, system, around, stop):
    folder = tmp_path_factory.mktemp("asked")
    asked = replace(made.asked, system=system, template=around + "{question}", stop=tuple(stop))
    card = replace(made, asked=asked)
    (folder / "ftdojo.json").write_text(dump_asked(card), "utf8")
    assert read_asked(folder) == card


def test_a_task_is_asked_with_its_own_words():
    how = asked_as(task)
    assert how.prompt("Ann wants 3 pens") == task.prompt("Ann wants 3 pens")
    assert (how.max_new_tokens, how.columns) == (96, ())


def test_the_columns_of_a_question_are_those_of_its_sources():
    asking = replace(task, question='{line} as {"json": 1} {no column}')
    known = replace(task.sources[0], fields={"line": "asks"})
    assert asked_as(replace(asking, sources=(known,))).columns == ("line",)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"format": 2}, "format: Input should be 1"),
        ({"more": 1}, "more: Unexpected keyword argument"),
        ({"form": "pickle"}, "form: Input should be 'adapter', 'merged' or 'gguf'"),
        ({"asked": {"template": "no hole"}}, r"asked.template: String should match pattern"),
        ({"asked": {"stop": [""]}}, "asked.stop.0: String should have at least 1 character"),
        ({"asked": {"max_new_tokens": 0}}, "asked.max_new_tokens: Input should be greater"),
        ({"asked": {"max_new_tokens": "24"}}, "asked.max_new_tokens: Input should be a valid int"),
        ({"asked": {"more": ""}}, "asked.more: Unexpected keyword argument"),
    ],
)
def test_what_no_export_says_is_refused_by_name(made, tmp_path, change, why):
    said = json.loads(dump_asked(made))
    inner = change.pop("asked", {})
    said = said | change | {"asked": said["asked"] | inner}
    (tmp_path / "ftdojo.json").write_text(json.dumps(said))
    with pytest.raises(ModelError, match=why):
        read_asked(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "\ud800", "{},{}", "9" * 5000, "[" * 9000])
def test_what_is_no_such_object_is_refused(tmp_path, text):
    (tmp_path / "ftdojo.json").write_bytes(text.encode(errors="surrogatepass"))
    with pytest.raises(ModelError, match=r"ftdojo.json (does not hold how|holds \d+ records)"):
        read_asked(tmp_path)


def test_two_records_are_one_too_many(made, tmp_path):
    (tmp_path / "ftdojo.json").write_text(f"{dump_asked(made)},{dump_asked(made)}")
    with pytest.raises(ModelError, match="holds 2 records, not one; export"):
        read_asked(tmp_path)


def test_an_absent_or_huge_file_is_named(tmp_path):
    with pytest.raises(ModelError, match=r"cannot be read \(No such file.*use the run it is from"):
        read_asked(tmp_path)
    (tmp_path / "ftdojo.json").write_text(" " * (MAX_BYTES + 1))
    with pytest.raises(ModelError, match="has more than 1000000 bytes; export"):
        read_asked(tmp_path)
