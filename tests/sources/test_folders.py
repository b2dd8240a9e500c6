"""Folders of rows as people lay them out: the files of each split are found, or what is unclear is listed."""

import pytest

from ftdojo.errors import SourceError
from ftdojo.sources import split_files


@pytest.fixture
def lay(tmp_path):
    """Write files of those names into a folder and return it."""

    def laid(*names):
        folder = tmp_path / "folder"
        for name in names:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text('{"a": 1}\n')
        folder.mkdir(exist_ok=True)
        return folder

    return laid


def found(folder):
    files = split_files(folder).items()
    return {
        split: [path.relative_to(folder).as_posix() for path in paths] for split, paths in files
    }


def refusal(folder):
    with pytest.raises(SourceError) as refused:
        split_files(folder)
    told = str(refused.value)
    assert "\n" not in told
    return told.removeprefix(str(folder))


ASIDE = ("README.md", "LICENSE.txt", "dataset_infos.json", ".hidden.csv", ".cache/train.csv")
SHARDS = ["data/train-00000-of-00002.parquet", "data/train-00001-of-00002.parquet"]
LAID = {
    "one file a split": {
        "train": ["train.csv"],
        "validation": ["valid.jsonl"],
        "test": ["test.parquet"],
    },
    "other words": {
        "train": ["my_training_rows.csv"],
        "validation": ["Dev.CSV"],
        "test": ["testing.tsv"],
    },
    "shards": {"train": SHARDS, "test": ["data/test-00000-of-00001.parquet"]},
    "numbers": {"train": ["train_1.csv", "train_2.csv", "train_10.csv"]},
    "a folder a split": {
        "train": ["train/a.jsonl", "train/b.jsonl"],
        "validation": ["val/x.jsonl"],
    },
    "named twice": {"train": ["train/train.csv"], "test": ["test/test.csv"]},
    "packed": {"train": ["train.csv.gz"], "test": ["test.jsonl.xz"]},
    "one file": {"train": ["rows.csv"]},
    "one file in pieces": {"train": ["rows-00000-of-00002.jsonl", "rows-00001-of-00002.jsonl"]},
    "no training": {"test": ["test.csv"]},
}


@pytest.mark.parametrize("layout", LAID)
def test_the_files_of_each_split_are_found(lay, layout):
    names = [name for files in LAID[layout].values() for name in files]
    assert found(lay(*reversed(names), *ASIDE)) == LAID[layout]
    assert list(split_files(lay())) == list(LAID[layout])


def test_what_save_to_disk_writes_is_found_without_its_cache(tmp_path):
    datasets = pytest.importorskip("datasets")
    part = datasets.Dataset.from_dict({"q": ["x", "y"]})
    both = datasets.DatasetDict(train=part, test=part)
    both.save_to_disk(tmp_path / "saved", num_shards={"train": 2, "test": 1})
    (tmp_path / "saved" / "train" / "cache-0123.arrow").write_bytes(b"")
    shards = [f"train/data-0000{at}-of-00002.arrow" for at in range(2)]
    assert found(tmp_path / "saved") == {
        "train": shards,
        "test": ["test/data-00000-of-00001.arrow"],
    }


def test_other_files_beside_those_of_training_are_ignored(lay):
    assert found(lay("train.csv", "state.csv", "labels.json")) == {"train": ["train.csv"]}


UNCLEAR = {
    "none named": (
        ["a.csv", "b.csv"],
        " has several files, none of them named after a split: a.csv, b.csv;",
    ),
    "two formats": (
        ["train.csv", "train.jsonl"],
        " has files for train of several kinds or in several folders: train.csv,",
    ),
    "two folders": (
        ["en/train.csv", "fr/train.csv"],
        " has files for train of several kinds or in several folders: en/",
    ),
    "two names": (
        ["train.csv", "train_more.csv"],
        " has several files for train: train.csv, train_more.csv;",
    ),
    "a copy": (
        ["train.csv", "train (1).csv"],
        " has several files for train: train (1).csv, train.csv;",
    ),
    "no training": (
        ["test.csv", "rows.csv"],
        " has no file named after training, and others that may be it: rows.csv,",
    ),
    "evaluation": (
        ["train.csv", "eval.csv"],
        "/eval.csv may be validation or test by its name; rename it after one",
    ),
    "two words": (
        ["train_test.csv"],
        "/train_test.csv may be test and train by its name; rename it after one",
    ),
    "a missing piece": (
        SHARDS[1:],
        "/data lacks train-00000-of-00002.parquet, although the other pieces are there;",
    ),
    "nothing": (
        [],
        " has no file of rows (.jsonl, .ndjson, .json, .csv, .tsv, .parquet, .arrow, .feather); it has nothing.",
    ),
    "a sheet": (
        ["rows.xlsx"],
        " has no file of rows (.jsonl, .ndjson, .json, .csv, .tsv, .parquet, .arrow, .feather); it has rows.xlsx; rows.xlsx is a spreadsheet",
    ),
}


@pytest.mark.parametrize("layout", UNCLEAR)
def test_what_is_unclear_is_listed(lay, layout):
    names, told = UNCLEAR[layout]
    assert refusal(lay(*names)).startswith(told)


def test_what_is_no_folder_is_refused(tmp_path):
    assert refusal(tmp_path / "gone") == " is not a folder; name one that holds files of rows."


LINKS = {
    "out": ("../outside.csv", "is a link that leads out of its folder"),
    "far out": ("/dev/null", "is a link that leads out of its folder"),
    "folder": ("real", "is a link to a folder"),
    "nothing": ("gone.csv", "is a link to nothing"),
}


@pytest.mark.parametrize("link", LINKS)
def test_a_link_that_cannot_be_trusted_is_refused(lay, link):
    folder = lay("real/rows.csv")
    (folder / "../outside.csv").write_text("q\n")
    target, told = LINKS[link]
    (folder / "train.csv").symlink_to(target)
    assert refusal(folder) == f"/train.csv {told}; put the file itself there, as cp -rL does."


def test_a_link_within_the_folder_is_a_file(lay):
    folder = lay("real.csv")
    (folder / "train.csv").symlink_to("real.csv")
    assert found(folder) == {"train": ["train.csv"]}


def test_a_folder_of_everything_is_not_searched_through(lay, monkeypatch):
    monkeypatch.setattr("ftdojo.sources.folders._MOST_FILES", 3)
    assert refusal(lay(*(f"{at}.csv" for at in range(5)))).startswith(
        " holds over 3 files; name a folder"
    )
