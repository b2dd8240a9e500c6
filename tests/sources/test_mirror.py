"""A mirror: a folder of the user's that serves data sets without a network."""

import gzip
import json
import logging
from dataclasses import replace

import pytest

from ftdojo.errors import SourceError, UsageError
from ftdojo.records import Dataset, Part
from ftdojo.sources import dataset_rows, licences, local_only, where

RIDDLES = {
    "name": "riddles",
    "hub_id": "org/riddles-v2",
    "revision": "main",
    "licence": "CC BY-NC 4.0",
    "commercial": False,
    "fields": {"q": "asked"},
}


def read(row):
    return {"q": row["question"]} if row["question"] else None


@pytest.fixture
def dataset():
    return Dataset(**RIDDLES, parts={"train": Part(files=("data/train*",), read=read)})


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    folder = tmp_path / "mirror"
    folder.mkdir()
    monkeypatch.setenv("FTDOJO_MIRROR", str(folder))
    monkeypatch.setenv("FTDOJO_CACHE", str(tmp_path / "cache"))
    return folder


def put(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())


def test_a_part_is_one_file_with_the_fields_of_the_data_set(mirror, dataset):
    put(mirror / "riddles" / "train.jsonl", '{"q": "Who?"}\n')
    put(mirror / "riddles" / "data" / "train.jsonl", '{"question": "raw"}\n')
    assert list(dataset_rows(dataset, "train")) == [{"q": "Who?"}]


def test_a_part_may_be_parquet_or_gzipped(mirror, dataset):
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    put(mirror / "riddles" / "train.jsonl.gz", gzip.compress(b'{"q": "zipped"}\n'))
    assert list(dataset_rows(dataset, "train")) == [{"q": "zipped"}]
    (mirror / "riddles" / "train.jsonl.gz").unlink()
    pq.write_table(pa.table({"q": ["table"]}), mirror / "riddles" / "train.parquet")
    assert list(dataset_rows(dataset, "train")) == [{"q": "table"}]


@pytest.mark.parametrize("folder", ["riddles", "org/riddles-v2"])
def test_files_that_lie_as_on_the_hub_are_read_as_on_the_hub(mirror, dataset, folder):
    rows = '{"question": "One?"}\n{"question": ""}\n'
    put(mirror / folder / "data" / "train-b.jsonl", '{"question": "Two?"}\n')
    put(mirror / folder / "data" / "train-a.jsonl", rows)
    put(mirror / folder / "data" / "train.py", "boom")
    assert list(dataset_rows(dataset, "train")) == [{"q": "One?"}, {"q": "Two?"}]


def test_the_name_of_a_file_and_the_line_can_be_read_off_a_raw_row(mirror, dataset):
    named = Part(files=("data/train*",), read=lambda row: {"q": f"{row['_file']} {row['_line']}"})
    put(mirror / "riddles" / "data" / "train-tax.csv", "question\nWho?\nWhy?\n")
    dataset = replace(dataset, parts={"train": named})
    assert list(dataset_rows(dataset, "train")) == [{"q": "train-tax 2"}, {"q": "train-tax 3"}]


def test_a_mirror_counts_as_agreement_and_the_log_says_so_once(mirror, dataset, caplog):
    put(mirror / "riddles" / "train.jsonl", '{"q": "Who?"}\n')
    licences.warn_once.cache_clear()
    with caplog.at_level(logging.WARNING):
        assert list(dataset_rows(dataset, "train")) == list(dataset_rows(dataset, "train"))
    assert [record.getMessage() for record in caplog.records] == [
        "riddles is under CC BY-NC 4.0, which does not allow commercial use. "
        "It is read from your mirror, which counts as your agreement."
    ]


def test_a_broken_line_names_file_and_line(mirror, dataset):
    put(mirror / "riddles" / "train.jsonl", '{"q": "a"}\n{"q": \n{"q": "b"}\n')
    found = dataset_rows(dataset, "train")
    assert next(found) == {"q": "a"}
    with pytest.raises(SourceError, match=r"riddles/train\.jsonl, line 2, is not JSON"):
        next(found)


def test_what_no_mirror_has_is_not_downloaded_where_that_is_forbidden(mirror, dataset):
    with local_only(), pytest.raises(SourceError) as refused:
        list(dataset_rows(dataset, "train"))
    assert str(refused.value) == (
        "riddles is not here (part 'train'): point FTDOJO_MIRROR at a folder that holds riddles/train.jsonl, or run "
        "`ftdojo sources pull riddles` where there is a network."
    )


def test_a_mirror_that_is_no_folder_is_refused(mirror, dataset, monkeypatch):
    monkeypatch.setenv("FTDOJO_MIRROR", str(mirror / "nowhere"))
    with pytest.raises(SourceError, match=r"FTDOJO_MIRROR=.*/nowhere is not a folder; name one"):
        list(dataset_rows(dataset, "train"))


def test_a_part_that_is_not_there_is_a_wrong_call(dataset):
    with pytest.raises(UsageError, match=r"riddles has no part 'tset'; it has train\."):
        list(dataset_rows(dataset, "tset"))


def test_where_a_part_is_can_be_asked_without_a_download(mirror, dataset):
    assert where(dataset, "train") == ""
    put(mirror / "riddles" / "train.jsonl", json.dumps({"q": "Who?"}))
    assert where(dataset, "train") == "mirror"
