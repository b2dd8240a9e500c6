"""Data sets of the hub: the real client, in a process of its own, against a server that speaks the hub's protocol."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace

import pytest

WANTED = [{"q": f"What is {at}?", "a": str(at)} for at in range(1000)]
WHO = [{"q": "Who?", "a": "I"}]
NAME = "datasets/org/riddles"
PARQUET = "data/train-00000-of-00002.parquet"


def files_asked(hub):
    return [each for each in hub.requests if each.method == "GET" and "/api/" not in each.path]


def change(hub, **changes):
    hub.repositories[NAME] = replace(hub.repositories[NAME], **changes)


def text(answer):
    assert answer["found"]["error"] == "SourceError"
    assert "\n" not in answer["found"]["text"]
    return answer["found"]["text"]


def test_shards_are_read_in_order_and_converted(ask):
    (train,) = ask("train")
    assert train["found"] == WANTED


def test_only_files_of_rows_are_downloaded_whatever_a_pattern_matches(ask, hub, files):
    ask("all")
    names = {each.path.rpartition("/")[2] for each in hub.requests if "resolve" in each.path}
    assert names == {name.rpartition("/")[2] for name in files} - {
        "README.md",
        "load.py",
        "rows.pkl",
    }


def test_a_second_reading_asks_nobody(ask, hub):
    ask("train")
    hub.requests.clear()
    assert ask("train")[0]["found"] == WANTED
    assert hub.requests == []


def test_the_commit_of_the_first_download_stays(ask, hub, files):
    ask("test")
    first = hub.repositories[NAME].commit
    change(hub, files={**files, "test.jsonl": b'{"question": "New?", "answer": "yes"}\n'})
    assert ask("test")[0]["found"] == WHO
    (refused,) = ask("again test")
    assert f"no longer has the commit {first[:12]} that was first downloaded; delete " in text(
        refused
    )


def test_bytes_are_told_as_they_come(ask, files):
    (train,) = ask("train")
    total = sum(len(body) for name, body in files.items() if "train" in name)
    assert train["said"][0] == [0, total]
    assert train["said"][-1] == [total, total]
    assert len(train["said"]) > 2


def test_a_download_that_breaks_goes_on_where_it_broke(ask, hub, files):
    """The client writes, and so goes on, in pieces of ten megabytes."""
    piece = 10 * 2**20
    change(hub, files={"test.jsonl": files["test.jsonl"] + (b" " * 2**20 + b"\n") * 12})
    hub.cut["test.jsonl"] = piece + 500
    assert ask("test")[0]["found"] == WHO
    assert [each.span for each in files_asked(hub)] == ["", f"bytes={piece}-"]


@pytest.mark.parametrize("name", [PARQUET, "test.jsonl"])
def test_a_download_that_breaks_at_once_is_asked_for_again(ask, hub, name):
    hub.cut[name] = 20
    train, test = ask("train", "test")
    assert (train["found"], test["found"]) == (WANTED, WHO)
    assert hub.cut == {}


def test_files_that_came_whole_stay_when_the_next_one_fails(ask, hub):
    change(hub, served={"data/train-00001-of-00002.parquet": b"short"})
    assert "could not be reached (Consistency check failed" in text(ask("train")[0])
    change(hub, served={})
    hub.requests.clear()
    assert ask("train")[0]["found"] == WANTED
    assert len(files_asked(hub)) == 1


def test_a_file_with_another_digest_than_the_hub_promised_is_refused_and_deleted(ask, hub, files):
    wrong = bytes(reversed(files[PARQUET]))
    change(hub, served={PARQUET: wrong})
    (refused,) = ask("train")
    assert f"{PARQUET} of riddles came with the SHA-256" in text(refused)
    change(hub, served={})
    assert ask("train")[0]["found"] == WANTED


def test_a_file_that_was_changed_on_disk_is_refused_until_it_is_fetched_anew(ask):
    ask("test")
    (blob,) = ask.blobs.iterdir()
    blob.write_bytes(blob.read_bytes().replace(b"Who", b"Why"))
    refused, fetched, found = ask("test", "again test", "test")
    assert "test.jsonl of riddles is not what was first downloaded" in text(refused)
    assert "`ftdojo sources pull riddles --again`" in text(refused)
    assert (fetched["found"], found["found"]) == (1, WHO)


def test_a_hub_that_serves_other_bytes_for_the_same_commit_is_refused(ask, hub, files):
    ask("test")
    other = files["test.jsonl"].replace(b"Who", b"Why")
    change(hub, served={"test.jsonl": other})
    assert "is not what was first downloaded" in text(ask("again test")[0])


@pytest.mark.parametrize("token", ["", "hf_not_accepted"])
def test_a_gated_data_set_says_which_licence_to_accept_where(ask, hub, token):
    change(hub, gated=True, token="hf_good")
    (refused,) = ask("test", HF_TOKEN=token)
    assert text(refused) == (
        "riddles is gated: accept its licence (MIT) at https://huggingface.co/datasets/org/riddles, then set "
        "HF_TOKEN to a token of that account."
    )


def test_a_token_opens_a_gated_data_set_and_is_not_told_to_the_store_of_large_files(ask, hub):
    change(hub, gated=True, token="hf_good")
    assert ask("train", HF_TOKEN="hf_good")[0]["found"] == WANTED
    stored = [each for each in hub.requests if each.path.startswith("/stored/")]
    assert stored
    assert {each.token for each in stored} == {""}


def test_a_data_set_that_the_hub_does_not_have_is_named(ask):
    (refused,) = ask("test", dataset={"hub_id": "org/nobody"})
    assert "The hub has no data set 'org/nobody', or it is private; set HF_TOKEN" in text(refused)


def test_a_revision_that_is_not_there_is_named(ask):
    (refused,) = ask("test", dataset={"revision": "v9"})
    assert text(refused) == "org/riddles has no revision 'v9'; pin one that is there."


def test_a_pinned_commit_is_asked_for(ask, hub):
    commit = hub.repositories[NAME].commit
    assert ask("test", dataset={"revision": commit})[0]["found"] == WHO


def test_patterns_that_match_nothing_are_named(ask):
    (refused,) = ask("none")
    assert "org/riddles has no files for the part 'none' of riddles (looked for nothing*)" in text(
        refused
    )


NOT_HERE = (
    "riddles is not here (part 'test'): point FTDOJO_MIRROR at a folder that holds riddles/test.jsonl, or run "
    "`ftdojo sources pull riddles` where there is a network"
)


def test_offline_without_the_data_says_what_to_do(ask):
    (refused,) = ask("test", HF_HUB_OFFLINE="1")
    assert text(refused) == f"{NOT_HERE} and HF_HUB_OFFLINE is not set."


def test_a_hub_out_of_reach_is_named(ask):
    (refused,) = ask("test", HF_ENDPOINT="http://127.0.0.1:9")
    assert text(refused).startswith(f"{NOT_HERE}; http://127.0.0.1:9 could not be reached (")


def test_offline_finds_what_was_downloaded_before(ask):
    ask("train")
    assert ask("train", HF_HUB_OFFLINE="1")[0]["found"] == WANTED


@pytest.fixture
def left_by_another(ask, hub, tmp_path):
    """The client's cache as another program leaves it behind."""
    get = "from huggingface_hub import *; snapshot_download('org/riddles', repo_type='dataset')"
    own = {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "hf")}
    subprocess.run([sys.executable, "-c", get], env=os.environ | own, check=True)


@pytest.mark.usefixtures("left_by_another")
def test_offline_finds_what_another_program_left_in_the_cache_of_the_client(ask):
    assert ask("train", HF_HUB_OFFLINE="1")[0]["found"] == WANTED


@pytest.mark.usefixtures("left_by_another")
def test_offline_a_cache_that_lacks_a_shard_is_not_taken_for_the_whole(ask, tmp_path):
    (shard,) = (tmp_path / "hf").rglob("train-00001-of-00002.parquet")
    (listing,) = (tmp_path / "hf").rglob("trees")
    shard.unlink()
    shutil.rmtree(listing)
    assert text(ask("train", HF_HUB_OFFLINE="1")[0]).startswith("riddles is not here")


NC = {"commercial": False, "licence": "CC BY-NC 4.0"}


def test_a_non_commercial_licence_is_agreed_to_once(ask):
    refused, accepted, found = ask("test", "accept", "test", dataset=NC)
    assert text(refused) == (
        "riddles is under CC BY-NC 4.0, which does not allow commercial use: read "
        "https://huggingface.co/datasets/org/riddles, then agree once with "
        "`ftdojo sources pull riddles --accept-licence`, or name the licence in FTDOJO_ACCEPT_LICENCES."
    )
    assert accepted["found"] == "accepted"
    assert found["found"] == ask("test", dataset=NC)[0]["found"] == WHO


def test_a_licence_that_changed_is_asked_about_again(ask):
    ask("accept", "test", dataset=NC)
    (refused,) = ask("test", dataset=NC | {"licence": "CC BY-NC-ND 4.0"})
    assert "is under CC BY-NC-ND 4.0" in text(refused)


def test_a_licence_may_be_named_in_a_variable(ask):
    variables = {"FTDOJO_ACCEPT_LICENCES": "MIT, cc-by-nc-4.0"}
    assert ask("test", dataset=NC, **variables)[0]["found"] == WHO


def test_a_row_that_the_declaration_does_not_know_names_its_line(ask, hub, files):
    change(hub, files={"test.jsonl": files["test.jsonl"] + b'{"other": 1}\n'})
    message = text(ask("test")[0])
    for part in ("test.jsonl, line 2, ", "riddles", "KeyError"):
        assert part in message


def test_too_small_a_disk_is_noticed_before_the_first_byte(ask, hub, files):
    body = files["test.jsonl"]

    class Huge(bytes):
        def __len__(self):
            return 10**18

    change(hub, files={"test.jsonl": Huge(body)})
    assert "1,000,000,000,000 MB are needed in" in text(ask("test")[0])
    assert files_asked(hub) == []


@pytest.mark.parametrize("variable", ["FTDOJO_CACHE", "HF_HOME"])
def test_a_cache_that_cannot_be_made_is_said_in_one_line(ask, variable):
    (refused,) = ask("test", **{variable: "/proc/x"})
    assert "cannot be written" in text(refused)
    assert variable in text(refused)


def test_a_damaged_record_is_made_again(ask, tmp_path):
    ask("test")
    (record,) = (tmp_path / "cache" / "datasets").glob("riddles-*.json")
    record.write_text("{")
    assert ask("test")[0]["found"] == WHO
    assert json.loads(record.read_text())["parts"] == {"test": ["test.jsonl"]}
