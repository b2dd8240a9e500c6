"""Parquet and Arrow: every type becomes a value of JSON or is named in one line, and no file is trusted."""

import json
import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftdojo.errors import SourceError
from ftdojo.sources import label_names, read_rows

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")


def write_parquet(table, path, **options):
    pq.write_table(table, path, **options)


def write_stream(table, path):
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table)


def write_file(table, path):
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)


WRITERS = {"x.parquet": write_parquet, "x.arrow": write_stream, "x.feather": write_file}
each_form = pytest.mark.parametrize("name", WRITERS)


def rows(path):
    return [row for _, row in read_rows(path)]


def read(column, path, **options):
    WRITERS[path.name](pa.table({"x": column}), path, **options)
    return [row["x"] for row in rows(path)]


def refusal(path):
    with pytest.raises(SourceError) as refused:
        rows(path)
    told = str(refused.value)
    assert "\n" not in told
    return told.removeprefix(str(path))


MAP = pa.map_(pa.date32(), pa.list_(pa.decimal128(5, 2)))
UUIDS = pa.ExtensionArray.from_storage(pa.uuid(), pa.array([UUID(int=1).bytes], pa.binary(16)))
VALUES = [
    (pa.array([date(2024, 1, 31)]), "2024-01-31"),
    (pa.array([datetime(2024, 1, 31, 12, 5)]), "2024-01-31T12:05:00"),  # noqa: DTZ001
    (pa.array([datetime(2024, 1, 31, tzinfo=UTC)]), "2024-01-31T00:00:00+00:00"),
    (pa.array([10**9 + 1], pa.timestamp("ns")), "1970-01-01T00:00:01.000000001"),
    (pa.array([time(1, 2, 3)]), "01:02:03"),
    (pa.array([timedelta(days=1, seconds=90)]), "P1DT1M30S"),
    (pa.array([1], pa.duration("ns")), "P0DT0H0M0.000000001S"),
    (pa.array([Decimal("1.50")]), "1.50"),
    (pa.array([Decimal("12345678901234567890.10")]), "12345678901234567890.10"),
    (UUIDS, "00000000-0000-0000-0000-000000000001"),
    (
        pa.array([{"on": date(2024, 1, 1), "many": [Decimal("2.0")]}]),
        {"on": "2024-01-01", "many": ["2.0"]},
    ),
    (pa.array([[(date(2024, 1, 1), [Decimal("1.5")])]], MAP), {"2024-01-01": ["1.50"]}),
    (pa.array([[(1, True)]], pa.map_(pa.int8(), pa.bool_())), {"1": True}),
    (pa.array(["a"]).dictionary_encode(), "a"),
    (pa.array(["a"], pa.large_string()), "a"),
    (pa.array(["a"], pa.string_view()), "a"),
    (pa.array([2**64 - 1], pa.uint64()), 2**64 - 1),
    (pa.array([1.5], pa.float16()), 1.5),
    (pa.array([float("nan")]), None),
    (pa.nulls(1), None),
    (pa.array([b"\x89"]), b"\x89"),
]


@each_form
@pytest.mark.parametrize(
    ("column", "value"), VALUES, ids=lambda each: str(getattr(each, "type", ""))
)
def test_every_type_becomes_a_value_of_json(tmp_path, name, column, value):
    (found,) = read(column, tmp_path / name)
    assert found == value
    assert type(found) is type(value)


@each_form
def test_a_file_without_rows_or_columns_has_none(tmp_path, name):
    assert read(pa.array([], pa.string()), tmp_path / name) == []
    WRITERS[name](pa.table({}), tmp_path / name)
    assert rows(tmp_path / name) == []


def test_old_timestamps_of_96_bits_do_not_wrap_around(tmp_path):
    column = pa.array([datetime(1, 1, 1), datetime(9999, 1, 1)], pa.timestamp("us"))  # noqa: DTZ001
    found = read(column, tmp_path / "x.parquet", use_deprecated_int96_timestamps=True)
    assert found == ["0001-01-01T00:00:00", "9999-01-01T00:00:00"]


UNREADABLE = {
    "zone": (
        pa.array([1], pa.timestamp("us", "Foo/Bar")),
        "holds a value that cannot be read ('Foo/Bar')",
    ),
    "far": (pa.array([10**14], pa.timestamp("s")), "holds a value that cannot be read ("),
    "keys": (
        pa.array([[("k", 1), ("k", 2)]], pa.map_(pa.string(), pa.int8())),
        "duplicate key was 'k'",
    ),
    "infinite": (
        pa.array([float("inf")]),
        ", row 1, holds the infinite number inf in 'x'; fix it,",
    ),
    "long": (pa.array(["x" * 10_000_000]), ", row 1, is longer than the 8 MB that a row may have"),
}


@each_form
@pytest.mark.parametrize("fault", UNREADABLE)
def test_a_value_that_cannot_be_a_row_is_named(tmp_path, name, fault):
    column, told = UNREADABLE[fault]
    WRITERS[name](pa.table({"x": column}), tmp_path / name)
    assert told in refusal(tmp_path / name)


@each_form
def test_two_columns_of_one_name_are_refused(tmp_path, name):
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    WRITERS[name](table, tmp_path / name)
    assert refusal(tmp_path / name) == " has two columns 'a'; rename or drop one."


@each_form
def test_text_that_is_not_utf8_is_named(tmp_path, name):
    WRITERS[name](pa.table({"x": pa.array([b"\xff"]).view(pa.string())}), tmp_path / name)
    assert "Invalid UTF8 sequence at string index 0); get it again." in refusal(tmp_path / name)


def test_offsets_that_lead_out_of_the_file_are_not_followed(tmp_path):
    path = tmp_path / "x.arrow"
    write_stream(pa.table({"x": ["0123456789", "z"]}), path)
    right, wrong = (
        pa.array([0, *ends], pa.int32()).buffers()[1].to_pybytes()[:12]
        for ends in ((10, 11), (1 << 30, 1 << 30))
    )
    assert path.read_bytes().count(right) == 1
    path.write_bytes(path.read_bytes().replace(right, wrong))
    assert " is not a whole Arrow file after row 0 (" in refusal(path)


def test_a_number_of_rows_that_a_file_without_columns_only_claims_is_not_believed(tmp_path):
    path = tmp_path / "x.parquet"
    write_parquet(pa.table({}), path)
    data = bytearray(path.read_bytes())
    data[30] = 0xBB  # the number of rows in the footer, now huge: Arrow would end the process
    path.write_bytes(data)
    assert rows(path) == []


@pytest.mark.parametrize("data", [b"", b"hello world", b"ARROW1\0\0", b"\xff" * 40])
def test_broken_arrow_is_named(write, data):
    assert " is not a whole Arrow file after row 0 (" in refusal(write("x.arrow", data))


def test_feather_of_the_first_version_says_what_to_do(write):
    told = " is Feather of version 1, which is not read; save it as Parquet."
    assert refusal(write("x.feather", b"FEA1\0\0\0\0")) == told


PEAK = """
import sys, tracemalloc
from pathlib import Path
import pyarrow
from ftdojo.sources import read_rows
tracemalloc.start()
count = sum(len(row["x"]) for _, row in read_rows(Path(sys.argv[1])))
print(count, pyarrow.default_memory_pool().max_memory(), tracemalloc.get_traced_memory()[1])
"""
LARGE = {
    "cells.parquet": (lambda: pa.array(["y" * 4_000_000] * 200), 200e6, 50e6),
    "cells.arrow": (lambda: pa.array(["y" * 4_000_000] * 200).dictionary_encode(), 10e6, 200e6),
    "rows.parquet": (lambda: pa.array([str(at) * 200 for at in range(200_000)]), 50e6, 10e6),
}
"""What makes the column of a file, and how many bytes reading it may take in Arrow and in Python."""


@pytest.mark.parametrize("name", LARGE)
def test_large_files_and_what_is_small_only_in_the_file_take_little_memory(tmp_path, name):
    make, arrow_bytes, python_bytes = LARGE[name]
    column = make()
    path = tmp_path / name
    if name == "cells.arrow":
        write_stream(pa.table({"x": column}), path)
    else:
        write_parquet(pa.table({"x": column}), path, compression="none")
    run = [sys.executable, "-c", PEAK, str(path)]
    told = subprocess.run(run, capture_output=True, text=True, check=True).stdout
    count, arrow, python = map(int, told.split())
    assert count == sum(map(len, column.to_pylist()))
    assert (arrow < arrow_bytes, python < python_bytes) == (True, True)


FLAT = st.sampled_from(
    [
        (pa.date32(), st.dates()),
        (pa.timestamp("us"), st.datetimes()),
        (pa.timestamp("us", "UTC"), st.datetimes(timezones=st.just(UTC))),
        (pa.time64("us"), st.times()),
        (pa.duration("us"), st.timedeltas(timedelta(-99999), timedelta(99999))),
        (pa.decimal128(20, 4), st.decimals(-(10**9), 10**9, places=4)),
        (pa.float32(), st.floats(width=32, allow_infinity=False)),
        (pa.string(), st.text(max_size=3)),
        (pa.bool_(), st.booleans()),
    ]
)


def nested(inner):
    kind, values = inner
    few = {"max_size": 3}
    return st.sampled_from(
        [
            (pa.list_(kind), st.lists(values, **few)),
            (pa.struct([("f", kind)]), st.fixed_dictionaries({"f": st.none() | values})),
            (
                pa.map_(pa.string(), kind),
                st.dictionaries(st.text(max_size=2), values, **few).map(lambda d: [*d.items()]),
            ),
        ]
    )


@settings(max_examples=80, deadline=None)
@given(st.data(), FLAT, st.integers(0, 2), st.sampled_from(sorted(WRITERS)))
def test_any_table_gives_rows_that_json_can_hold(tmp_path_factory, data, flat, depth, name):
    for _ in range(depth):
        flat = data.draw(nested(flat))
    kind, values = flat
    column = data.draw(st.lists(st.none() | values, max_size=4))
    found = read(pa.array(column, kind), tmp_path_factory.mktemp("tables") / name)
    assert len(found) == len(column)
    assert json.loads(json.dumps(found, allow_nan=False)) == found


NAMED = {"_type": "ClassLabel", "names": ["no", "yes"]}


def with_labels(path: Path, features):
    said = (
        features
        if isinstance(features, bytes)
        else json.dumps({"info": {"features": features}}).encode()
    )
    table = pa.table({"label": [0, 1]}).replace_schema_metadata({b"huggingface": said})
    WRITERS[path.name](table, path)
    return label_names(path)


@each_form
def test_the_names_of_classes_are_found(tmp_path, name):
    other = {
        "text": {"_type": "Value", "dtype": "string"},
        "many": {"_type": "Sequence", "feature": NAMED},
    }
    assert with_labels(tmp_path / name, {"label": NAMED, **other}) == {"label": ("no", "yes")}


DAMAGED = [
    b"",
    b"{",
    b"[]",
    b'{"info": 1}',
    b"\xff",
    {"label": 7},
    {"label": {**NAMED, "names": "no"}},
    {"label": {**NAMED, "names": [1]}},
]


@each_form
@pytest.mark.parametrize("said", DAMAGED, ids=str)
def test_damaged_names_of_classes_are_none(tmp_path, name, said):
    assert with_labels(tmp_path / name, said) == {}


@pytest.mark.parametrize("name", ["x.csv", "x.parquet", "x.arrow", "x.feather"])
def test_other_files_have_no_names_of_classes(write, tmp_path, name):
    assert label_names(write(name, b"q,a\n1,2\n")) == {}
    assert label_names(tmp_path / f"gone{name}") == {}


def test_what_datasets_saves_has_its_classes_and_rows(tmp_path):
    datasets = pytest.importorskip("datasets")
    features = datasets.Features({"label": datasets.ClassLabel(names=["no", "yes"])})
    made = datasets.Dataset.from_dict({"label": [1, 0]}, features=features)
    made.save_to_disk(tmp_path / "saved")
    made.to_parquet(tmp_path / "x.parquet")
    for path in (tmp_path / "saved" / "data-00000-of-00001.arrow", tmp_path / "x.parquet"):
        assert label_names(path) == {"label": ("no", "yes")}
        assert rows(path) == [{"label": 1}, {"label": 0}]
