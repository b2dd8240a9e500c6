"""A disk that fills up is one line, and what was there before is still there."""

import errno
import subprocess

import pytest

from ftdojo.errors import StoreError
from ftdojo.store import Cache, Ledger, RunFolder, files

TOO_MUCH = "x" * 200_000


@pytest.fixture
def small_disk(tmp_path):
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(tmp_path)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip(f"mounting a small disk is not permitted: {mounted.stderr.decode().strip()}")
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_file_that_does_not_fit_leaves_the_old_one(small_disk):
    path = small_disk / "x.json"
    files.write_atomic(path, "old")
    with pytest.raises(
        StoreError, match=r"^The disk is full \(.* free at .*/x.json\); free some space"
    ) as caught:
        files.write_atomic(path, TOO_MUCH)
    assert str(caught.value).endswith("run `ftdojo resume RUN`.")
    assert caught.value.__cause__.errno == errno.ENOSPC
    assert (path.read_text(), list(small_disk.iterdir())) == ("old", [path])


def charge_for_ever(ledger):
    while True:
        ledger.charge("train", seconds=1.0)


def test_a_run_on_a_full_disk_is_named_and_goes_on_once_there_is_room(small_disk, config):
    folder = RunFolder.create(small_disk, config)
    ledger = Ledger(folder.path)
    ledger.charge("data", seconds=1.0)
    (small_disk / "hog").write_bytes(b"\0" * files.free_bytes(small_disk))
    with pytest.raises(StoreError, match=f"run `ftdojo resume {config.id}`"):
        charge_for_ever(ledger)
    (small_disk / "hog").unlink()
    before = ledger.spend().train_s
    ledger.charge("train", seconds=1.0)
    assert (ledger.spend().train_s, ledger.spend().data_s) == (before + 1.0, 1.0)


def test_an_entry_that_does_not_fit_is_not_in_the_cache(small_disk):
    cache = Cache(small_disk / "cache")
    with pytest.raises(StoreError, match="The disk is full"):
        cache.put_folder(
            "data", "k", lambda folder: (folder / "rows").write_text(TOO_MUCH) and None
        )
    assert cache.get("data", "k") is None
    assert files.folder_bytes(small_disk) == 0


def test_a_device_that_is_always_full_says_so_without_any_rights(tmp_path):
    log = tmp_path / "events.jsonl"
    log.symlink_to("/dev/full")
    with pytest.raises(StoreError, match="The disk is full"):
        files.append_line(log, "{}")
