"""Files of rows: every kind reads the same, memory stays small, and whatever is wrong is named with its line."""

import bz2
import csv
import gzip
import io
import json
import lzma
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftdojo.errors import SourceError
from ftdojo.sources import json_rows as json_text
from ftdojo.sources.reading import read_rows

ROWS = [{"q": "a, b", "a": 'say "ä"\nthen 日'}, {"q": "c", "a": ""}, {"q": "d", "a": "\u2028"}]


def as_csv(rows, delimiter=","):
    made = io.StringIO()
    writer = csv.DictWriter(made, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return made.getvalue().encode()


def as_jsonl(rows):
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()


def as_parquet(rows):
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    made = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), made, row_group_size=2)
    return made.getvalue()


FORMS = {
    "rows.jsonl": as_jsonl(ROWS),
    "bom.jsonl": b"\xef\xbb\xbf" + as_jsonl(ROWS) + b"\n\n",
    "gaps.ndjson": as_jsonl(ROWS).replace(b"\n{", b"\r\n \n{"),
    "rows.jsonl.gz": gzip.compress(as_jsonl(ROWS)),
    "rows.jsonl.bz2": bz2.compress(as_jsonl(ROWS)),
    "rows.csv.xz": lzma.compress(as_csv(ROWS)),
    "list.jsonl": json.dumps(ROWS, indent=1).encode(),
    "pretty.jsonl": "\n".join(json.dumps(row, indent=2) for row in ROWS).encode(),
    "each.json": "\n".join(json.dumps(row, indent=2) for row in ROWS).encode(),
    "pandas.json": json.dumps(
        {name: {str(at): row[name] for at, row in enumerate(ROWS)} for name in ("q", "a")}
    ).encode(),
    "list.json": json.dumps(ROWS).encode(),
    "pretty.JSON": b"\xef\xbb\xbf \n" + json.dumps(ROWS, indent=2).encode() + b"\n",
    "lines.json": as_jsonl(ROWS),
    "data.json": json.dumps({"version": "1", "tags": ["x"], "data": ROWS}, indent=1).encode(),
    "rows.csv": as_csv(ROWS),
    "bom.csv": b"\xef\xbb\xbf" + as_csv(ROWS),
    "rows.tsv": as_csv(ROWS, "\t"),
}


def rows(path):
    return [row for _, row in read_rows(path)]


def refusal(path):
    with pytest.raises(SourceError) as refused:
        rows(path)
    told = str(refused.value)
    assert "\n" not in told
    assert str(path) in told
    return told.removeprefix(str(path))


@pytest.mark.parametrize("name", FORMS)
def test_every_kind_of_file_gives_the_same_rows(write, name):
    assert rows(write(name, FORMS[name])) == ROWS


def test_parquet_gives_the_same_rows(write):
    assert rows(write("rows.parquet", as_parquet(ROWS))) == ROWS


def test_objects_in_an_object_get_their_key(write):
    found = rows(write("keyed.json", b'{"x1": {"q": "a"}, "x2": {"q": "b"}}'))
    assert found == [{"_key": "x1", "q": "a"}, {"_key": "x2", "q": "b"}]


def test_any_other_object_is_one_row(write):
    one = b'{"q": "a",\n "n": 1}'
    assert rows(write("one.json", one)) == rows(write("one.jsonl", b'{"q": "a", "n": 1}'))
    assert rows(write("one.json", one)) == [{"q": "a", "n": 1}]


def test_nan_is_a_missing_value(write):
    assert rows(write("nan.jsonl", b'{"a": NaN}')) == [{"a": None}]


def test_a_whole_character_written_as_two_escapes_is_read(write):
    assert rows(write("pair.jsonl", b'{"a": "\\ud83d\\ude00"}')) == [{"a": "\U0001f600"}]


def test_an_object_of_objects_that_are_empty_is_kept(write):
    assert rows(write("empty.json", b'{"x": {}, "y": {}}')) == [{"_key": "x"}, {"_key": "y"}]


def test_rows_are_numbered_by_their_lines(write):
    text = b'[\n\n{"a": 1},\n{"a":\n 2},   {"a": 3}\n]'
    assert [line for line, _ in read_rows(write("list.json", text))] == [3, 4, 5]
    assert [line for line, _ in read_rows(write("gap.jsonl", b'{"a": 1}\n\n{"a": 2}'))] == [1, 3]
    assert [line for line, _ in read_rows(write("rows.csv", b'a,b\n1,"x\ny"\n2,z\n'))] == [2, 4]


GOOD = b'{"q": "fine"}\n'
BROKEN = {
    "cut.jsonl": (GOOD * 2 + b'{"q": "cu\n' + GOOD, "line 3, is not JSON (Unterminated string"),
    "bare.jsonl": (GOOD + b"x\n" + GOOD, "line 2, is not JSON (Expecting value); fix or drop it."),
    "infinite.jsonl": (
        b'{"a": Infinity}',
        "line 1, is not JSON (Infinity is not a number of JSON)",
    ),
    "list.jsonl": (GOOD + b"[1]\n", "line 2, holds a list, not an object; fix or drop it."),
    "deep.jsonl": (GOOD + b'{"a":' + b"[" * 200_000, "line 2, is nested too deeply"),
    "latin.jsonl": (GOOD + '{"q": "né"}'.encode("latin1"), "line 2, is not UTF-8 (byte 0xe9 at co"),
    "utf16.jsonl": ('{"q": "x"}'.encode("utf-16"), "line 1, is not UTF-8 (it looks like UTF-16)"),
    "latin.csv": (b"a,b\n1,2\nn\xe9,3\n", "line 3, is not UTF-8 (byte 0xe9 at column 2)"),
    "cells.csv": (
        b"a,b\n1,2\n1,2,3\n",
        "line 3, has 3 cells where the header has 2 (cells are cut at ','",
    ),
    "quote.csv": (b'a,b\n1,2\n"1,2\n3,4\n', "line 3, is not CSV (unexpected end of data)"),
    "list.json": (b'[\n{"a": 1},\n{"a": oh},\n{"a": 3}]', "line 3, is not JSON (Expecting value)"),
    "late.json": (b'[{"a":\n 1,\n b}' + b" " * 10**6, "line 3, is not JSON (Expecting property n"),
    "comma.json": (
        b'[{"a": 1}\n{"a": 2}]',
        "line 2, is not JSON (expecting ',', not '{'); fix it.",
    ),
    "open.json": (
        b'[{"a": 1},\n',
        "line 2, holds the end of the file where a row begins; fix it.",
    ),
    "more.json": (b'[{"a": 1}]\n[]', "line 2, goes on with '[' after the list; fix the file."),
    "numbers.json": (b"[1, 2]", "line 1, holds '1' where a row begins; fix it."),
    "latin.json": (b'[{"a": 1},\n{"a": "\xe9"}]', "line 2, is not UTF-8 (byte 0xe9"),
    "deep.json": (b'[{"a":' + b"[" * 200_000, "line 1, is nested too deeply"),
    "large.jsonl": (b'{"a": 1e999}', "line 1, is not JSON (1e999 is too large for a number)"),
    "half.jsonl": (GOOD + b'{"a": "\\ud83d"}', "line 2, holds \\ud83d, half of a character; drop"),
    "half.json": (b'[\n{"a": "\\uDE00"}]', "line 2, holds \\ude00, half of a character; drop or"),
    "lists.jsonl": (b'["a"]\n["b"]', "line 1, holds '\"' where a row begins; fix it."),
    "broken.jsonl": (b'{"q": "cut\n{"q": 1}\n', "line 1, is not JSON (Invalid control character"),
    "nul.jsonl": (GOOD + b'{"q": "\0"}', "line 2, holds a NUL byte at column 8; delete it"),
    "word.json": (b"hello", "line 1, is not JSON (expecting '[', not 'h'); fix it."),
    "nothing.json": (b"", "line 1, is not JSON (expecting '[', not the end of the file); fix it."),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_named_with_its_line(write, name):
    data, told = BROKEN[name]
    assert refusal(write(name, data)).startswith(f", {told}")


LONG = b'{"q": "' + b"x" * 10_000_000 + b'"}'


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("long.jsonl", GOOD + LONG + b"\n" + GOOD),
        ("long.json", b'[{"q": 1},\n' + LONG + b"]"),
        ("long.csv", b"a,b\n1," + b"x" * 10_000_000 + b"\n"),
        ("long.jsonl.gz", gzip.compress(GOOD + LONG)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_row_of_ten_megabytes_is_refused(write, name, data):
    assert "line 2, " in refusal(write(name, data))
    assert "longer than 8 MB" in refusal(write(name, data)).replace("the 8 MB", "8 MB")


@pytest.mark.parametrize("name", ["cut.parquet", "text.parquet"])
def test_broken_parquet_is_named(write, name):
    data = as_parquet(ROWS)[:-30] if name == "cut.parquet" else b"hello"
    assert " is not a whole Parquet file after row 0 (" in refusal(write(name, data))


@pytest.mark.parametrize(("suffix", "pack"), [("gz", gzip), ("bz2", bz2), ("xz", lzma)])
def test_what_is_not_packed_whole_is_named(write, suffix, pack):
    cut = pack.compress(as_jsonl(ROWS))[:-12]
    told = f" is not a whole .{suffix} file ("
    assert told in refusal(write(f"x.jsonl.{suffix}", cut))
    assert told in refusal(write(f"y.jsonl.{suffix}", b"hello"))


KINDS_TOLD = {
    "rows.xlsx": "is a spreadsheet, which is not read; save the sheet as CSV (UTF-8).",
    "rows.zip": "is an archive, which is not read; unpack it and name a file in it.",
    "rows.txt": "is plain text without fields; write a CSV file with a header, or one JSON",
    "rows.sqlite": "is a database, which is not read; write the table to a CSV file.",
    "rows.pkl": "is not read, because opening a pickle runs code that is in it;",
    "rows.csv.zst": "is packed with Zstandard, which is not read; unpack it with zstd -d,",
    "rows.parquet.gz": "is packed, which only text may be; unpack it first.",
    "rows.xyz": "is of a kind that is not read; .jsonl, .ndjson, .json, .csv, .tsv, .parquet,",
}


@pytest.mark.parametrize("name", KINDS_TOLD)
def test_other_kinds_of_file_are_not_opened_and_say_what_to_do(write, name):
    assert refusal(write(name, b"?")).startswith(f" {KINDS_TOLD[name]}")


DISGUISED = {
    "sheet.csv": (b"PK\x03\x04...", "is a spreadsheet or an archive, whatever its name says;"),
    "packed.jsonl": (gzip.compress(b"{}"), "is packed with gzip; let its name end in .gz."),
    "pointer.json": (b"version https://git-lfs.github.com/spec/v1\noid", "is a pointer of Git LFS"),
    "pointer.parquet": (b"version https://git-lfs.github.com/spec/v1\noid", "is a pointer of Git"),
    "page.csv": (b"<!DOCTYPE html>\n<p>", "is a web page, not a file of rows;"),
}


@pytest.mark.parametrize("name", DISGUISED)
def test_a_file_of_another_kind_under_a_wrong_name_is_named(write, name):
    data, told = DISGUISED[name]
    assert refusal(write(name, data)).startswith(f" {told}")


def test_a_folder_is_not_a_file_of_rows(tmp_path):
    assert refusal(tmp_path) == " is a folder; name a file of rows in it."


def test_a_file_that_is_gone_is_named(tmp_path):
    assert " cannot be read: No such file or directory." in refusal(tmp_path / "gone.jsonl")


def test_a_long_list_takes_little_memory(write):
    path = write("list.json", json.dumps([{"q": "x" * 1000}] * 20_000).encode())
    tracemalloc.start()
    count = sum(1 for _ in read_rows(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 20_000
    assert peak < 3_000_000


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)
LISTS = st.lists(st.dictionaries(st.text(max_size=3), VALUES, max_size=3), max_size=5)


@settings(max_examples=50, deadline=None)
@given(LISTS, st.integers(1, 9), st.sampled_from([None, 1]), st.booleans())
def test_a_list_read_in_pieces_is_the_list(tmp_path_factory, found, piece, indent, plain):
    path = tmp_path_factory.mktemp("lists") / "list.json"
    path.write_text(json.dumps(found, indent=indent, ensure_ascii=plain, allow_nan=False), "utf8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_text, "_CHUNK_CHARS", piece)
        assert rows(path) == found
