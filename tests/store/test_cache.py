"""An entry of the cache is whole and sound, or it is made again."""

import os
import subprocess
import sys
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftdojo.errors import StoreError
from ftdojo.store import Cache, files
from ftdojo.store.cache import HASHED_BYTES


@pytest.fixture
def said():
    return []


@pytest.fixture
def cache(tmp_path, said):
    return Cache(tmp_path / "cache", say=said.append)


def rows(folder):
    (folder / "deep").mkdir()
    (folder / "deep" / "rows.jsonl").write_text("{}\n")


def never(folder):
    raise AssertionError("made twice")


@given(st.lists(st.text(max_size=3), max_size=3), st.lists(st.text(max_size=3), max_size=3))
def test_two_keys_are_equal_only_for_equal_parts(left, right):
    assert (Cache.key(*left) == Cache.key(*right)) == (left == right)


def test_an_entry_is_made_once(cache):
    assert cache.get("data", "k") is None
    path = cache.put_folder("data", "k", rows)
    assert (
        cache.put_folder("data", "k", never)
        == cache.get("data", "k")
        == cache.entry("data", "k")
        == path
    )
    assert (path / "deep" / "rows.jsonl").read_text() == "{}\n"


def test_a_text_is_an_entry_too_and_kinds_do_not_mix(cache):
    cache.put_text("scores", "k", "0.5\r\n")
    assert (cache.get_text("scores", "k"), cache.get_text("checks", "k")) == ("0.5\r\n", None)


def test_what_fails_to_be_made_is_not_there(cache):
    def fails(folder):
        rows(folder)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        cache.put_folder("data", "k", fails)
    assert cache.entry("data", "k") is None
    assert files.folder_bytes(cache.root) == 0
    cache.put_folder("data", "k", rows)


def damage_text(path):
    (path / "deep" / "rows.jsonl").write_text("[]\n")


def damage_size(path):
    (path / "deep" / "rows.jsonl").write_text("{}")


def damage_missing(path):
    (path / "deep" / "rows.jsonl").unlink()


def damage_manifest(path):
    (path / "manifest.json").write_text('{"files":')


def damage_manifest_kind(path):
    (path / "manifest.json").write_text('{"files":{"a":7}}')


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (damage_text, "deep/rows.jsonl is not what was stored"),
        (damage_size, "deep/rows.jsonl is not what was stored"),
        (damage_missing, "rows.jsonl: No such file"),
        (damage_manifest, "manifest.json cannot be read"),
        (damage_manifest_kind, "manifest.json cannot be read"),
    ],
)
def test_a_damaged_entry_is_moved_aside_said_aloud_and_made_again(cache, said, damage, why):
    damage(cache.put_folder("data", "k", rows))
    assert cache.get("data", "k") is None
    assert said[0].startswith(f"The cached data k was damaged ({why}")
    assert "it was moved to" in said[0]
    assert (cache.root / "damaged" / "data-k").is_dir()
    assert cache.put_folder("data", "k", rows) == cache.get("data", "k")
    assert len(said) == 1


def test_an_entry_that_lost_its_manifest_is_made_again(cache, said):
    (cache.put_folder("data", "k", rows) / "manifest.json").unlink()
    assert cache.entry("data", "k") is None
    assert cache.put_folder("data", "k", rows) == cache.get("data", "k")
    assert "manifest.json cannot be read" in said[0]


def test_large_files_are_told_by_their_size_alone(cache):
    def large(folder):
        (folder / "weights").write_bytes(b"\0" * (HASHED_BYTES + 1))

    path = cache.put_folder("weights", "k", large)
    (path / "weights").write_bytes(b"\1" * (HASHED_BYTES + 1))
    assert cache.get("weights", "k") == path
    os.truncate(path / "weights", HASHED_BYTES)
    assert cache.get("weights", "k") is None


def test_a_link_is_no_part_of_an_entry(cache):
    with pytest.raises(
        StoreError,
        match=r"k.part/link is not a plain file; an entry of the cache holds nothing else",
    ):
        cache.put_folder("data", "k", lambda folder: (folder / "link").symlink_to("/etc/hostname"))
    assert cache.entry("data", "k") is None


def test_two_who_want_the_same_entry_make_it_once(cache):
    made, gate = [], threading.Barrier(4)

    def want():
        gate.wait()
        cache.put_folder("data", "k", lambda folder: (made.append(1), time.sleep(0.02))[0])

    threads = [threading.Thread(target=want) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [1]


@pytest.fixture
def killed(cache):
    script = (
        "import os, signal, sys; from pathlib import Path; from ftdojo.store import Cache\n"
        "def fill(folder): (folder / 'half').write_text('x'); os.kill(os.getpid(), signal.SIGKILL)\n"
        "Cache(Path(sys.argv[1])).put_folder('data', 'k', fill)"
    )
    subprocess.run([sys.executable, "-c", script, str(cache.root)])
    assert (cache.root / "data" / "k.part" / "half").exists()
    return cache


def test_what_a_killed_writer_left_is_no_entry_and_is_swept(killed):
    assert killed.get("data", "k") is None
    assert (killed.sweep(), killed.sweep()) == (1, 0)
    assert not (killed.root / "data" / "k.part").exists()


def test_what_a_killed_writer_left_is_no_part_of_the_next_entry(killed):
    path = killed.put_folder("data", "k", rows)
    assert sorted(each.name for each in path.iterdir()) == ["deep", "manifest.json"]


def test_work_in_progress_is_not_swept(cache):
    swept = []
    cache.put_folder("data", "k", lambda folder: swept.append(cache.sweep()))
    assert swept == [0]
    assert cache.get("data", "k") is not None


def test_pruning_keeps_what_was_used_last(cache):
    for number, name in enumerate("abc"):
        path = cache.put_folder(
            "data", name, lambda folder: (folder / "x").write_bytes(b"\0" * 1000) and None
        )
        os.utime(path / "manifest.json", (number, number))
    cache.get("data", "a")
    freed = cache.prune(cache.size_bytes() - 1)
    assert freed > 1000
    assert [name for name in "abc" if cache.entry("data", name)] == ["a", "c"]


def test_a_cache_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(StoreError, match=r"cannot be written .* Check that its folder exists"):
        Cache(tmp_path / "cache").put_text("scores", "k", "1")


def test_a_cache_on_a_disk_that_is_only_readable_serves_and_says_why_it_takes_nothing(tmp_path):
    cache = Cache(tmp_path / "cache")
    cache.put_text("checks", "old", "made before")
    mounted = subprocess.run(
        ["mount", "--bind", "-o", "ro", str(cache.root), str(cache.root)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip(f"mounting is not permitted: {mounted.stderr.decode().strip()}")
    try:
        assert cache.get_text("checks", "old") == "made before"
        with pytest.raises(StoreError, match=r"new cannot be written \(Read-only file system\)"):
            cache.put_text("checks", "new", "never")
    finally:
        subprocess.run(["umount", str(cache.root)], check=True)
