"""Raw sources on disk: written once, verified, read in parts."""

import json
import logging
from dataclasses import replace

import pytest

from ftdojo import sources
from ftdojo.errors import StoreError, UsageError
from ftdojo.records import Source

SOURCE = Source(
    name="counts",
    summary="Numbers and what comes next.",
    licence="Apache-2.0",
    fields={"q": "a number", "a": "the next one"},
    prompt_field="q",
    response_field="a",
    notes="",
    version=1,
    rows=lambda: iter([{"q": f"after {at}", "a": str(at + 1)} for at in range(100)]),
)


def lines(path):
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def test_a_source_is_stored_with_every_row_in_order(tmp_path):
    stored = sources.materialise(SOURCE, cache=tmp_path)
    assert lines(stored.path) == list(SOURCE.rows())
    assert (stored.rows, stored.bytes) == (100, stored.path.stat().st_size)


def test_a_stored_source_is_not_written_again(tmp_path):
    first = sources.materialise(SOURCE, cache=tmp_path)
    written = first.path.stat().st_mtime_ns
    assert sources.materialise(SOURCE, cache=tmp_path) == first
    assert first.path.stat().st_mtime_ns == written


@pytest.mark.parametrize("damage", [b"", b'{"q": 1}\n'])
def test_a_damaged_file_is_made_again_and_the_log_says_so(tmp_path, caplog, damage):
    stored = sources.materialise(SOURCE, cache=tmp_path)
    stored.path.write_bytes(damage)
    with caplog.at_level(logging.WARNING):
        again = sources.materialise(SOURCE, cache=tmp_path)
    assert (again, len(lines(again.path))) == (stored, 100)
    assert "rows of source 'counts' are damaged or incomplete; making them again" in caplog.text


@pytest.mark.parametrize("note", ["", "{}", '{"digest": 7}', '{"digest": "%s"}'])
def test_a_damaged_note_beside_the_rows_is_made_again(tmp_path, note):
    stored = sources.materialise(SOURCE, cache=tmp_path)
    stored.path.with_name("stored.json").write_text(note.replace("%s", stored.digest))
    assert sources.materialise(SOURCE, cache=tmp_path) == stored


def test_what_a_killed_writer_left_behind_is_replaced(tmp_path):
    stored = sources.materialise(SOURCE, cache=tmp_path)
    stored.path.rename(stored.path.with_name("rows.jsonl.part"))
    assert sources.materialise(SOURCE, cache=tmp_path) == stored
    assert not stored.path.with_name("rows.jsonl.part").exists()


def test_two_sources_of_one_name_do_not_share_a_file(tmp_path):
    other = replace(SOURCE, rows=lambda: iter([{"q": "other", "a": "rows"}]))
    first, second = (sources.materialise(each, cache=tmp_path) for each in (SOURCE, other))
    assert first.path != second.path


@pytest.mark.parametrize("row", [{"q": {1, 2}}, {"q": float("nan")}, {"q": "\ud800"}])
def test_a_row_that_is_no_json_is_named_and_nothing_is_kept(tmp_path, row):
    broken = replace(SOURCE, rows=lambda: iter([{"q": "fine", "a": "1"}, row]))
    with pytest.raises(StoreError, match=r"^Row 1 of source 'counts' cannot be written as JSON"):
        sources.materialise(broken, cache=tmp_path)
    assert not list(tmp_path.rglob("rows.jsonl*"))


def test_a_column_of_bytes_that_is_not_declared_is_left_out(tmp_path):
    told = [
        {"q": "x", "a": "y", "photo": {"bytes": b"\x89", "path": None}},
        {"q": "z", "photo": None},
    ]
    stored = sources.materialise(replace(SOURCE, rows=lambda: iter(told)), cache=tmp_path)
    assert lines(stored.path) == [{"q": "x", "a": "y"}, {"q": "z"}]


def test_a_declared_column_of_bytes_is_named(tmp_path):
    broken = replace(SOURCE, rows=lambda: iter([{"q": "x", "a": [b"y"]}]))
    with pytest.raises(
        StoreError, match=r"^Row 0 of source 'counts' holds bytes in 'a', which JSON"
    ):
        sources.materialise(broken, cache=tmp_path)


def test_a_cache_that_cannot_be_written_says_what_to_do(tmp_path):
    (tmp_path / "sources").write_text("in the way")
    with pytest.raises(
        StoreError, match=r"'counts' cannot be kept in .*File exists.* FTDOJO_CACHE"
    ):
        sources.materialise(SOURCE, cache=tmp_path)


@pytest.mark.parametrize("rows", [1, 7, 100])
def test_a_head_is_spread_over_the_whole_file(tmp_path, rows):
    stored = sources.materialise(SOURCE, cache=tmp_path)
    assert sources.head(stored, rows=rows, to=tmp_path / "head.jsonl") == rows
    at = [int(row["a"]) - 1 for row in lines(tmp_path / "head.jsonl")]
    assert at == [number * 100 // rows for number in range(rows)]


def test_a_head_longer_than_the_source_is_the_source(tmp_path):
    stored = sources.materialise(SOURCE, cache=tmp_path)
    assert sources.head(stored, rows=1000, to=tmp_path / "head.jsonl") == 100
    assert (tmp_path / "head.jsonl").read_bytes() == stored.path.read_bytes()


def test_a_head_of_nothing_is_refused(tmp_path):
    stored = sources.materialise(SOURCE, cache=tmp_path)
    with pytest.raises(UsageError, match=r"rows=0 .* 1 or more"):
        sources.head(stored, rows=0, to=tmp_path / "head.jsonl")


def test_rows_are_read_from_an_offset_and_end_with_the_file(tmp_path):
    stored = sources.materialise(SOURCE, cache=tmp_path)
    assert [row["a"] for row in sources.rows(stored, 98, 10)] == ["99", "100"]
    assert sources.rows(stored, 100, 10) == ()


@pytest.mark.parametrize(("offset", "limit"), [(-1, 5), (0, 0), (0, 1001)])
def test_a_window_outside_the_bounds_is_refused(tmp_path, offset, limit):
    stored = sources.materialise(SOURCE, cache=tmp_path)
    with pytest.raises(UsageError, match=f"offset={offset}, limit={limit} .*limit 1 to 1000"):
        sources.rows(stored, offset, limit)
