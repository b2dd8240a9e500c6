"""A file is there whole or not at all; a log loses nothing that was acknowledged."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftdojo.errors import StoreError
from ftdojo.store import files


def test_replacing_a_file_leaves_nothing_else_behind(tmp_path):
    path = tmp_path / "run.json"
    files.write_atomic(path, "old")
    files.write_atomic(path, b"n\xc3\xa9w")
    assert path.read_bytes() == "néw".encode()
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_is_written_once_is_not_written_twice(tmp_path):
    path = tmp_path / "result.json"
    files.write_once(path, "first")
    with pytest.raises(StoreError, match=r"result.json exists and is written only once"):
        files.write_once(path, "second")
    assert path.read_text() == "first"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_one_line(tmp_path):
    with pytest.raises(StoreError, match=r"x.json cannot be written \(No such file or directory\)"):
        files.write_atomic(tmp_path / "gone" / "x.json", "")


def test_a_log_returns_its_lines_in_order(tmp_path):
    path = tmp_path / "events.jsonl"
    assert files.read_lines(path) == []
    for line in ("1", "zwei\u2028", "3"):
        files.append_line(path, line)
    assert files.read_lines(path) == ["1", "zwei\u2028", "3"]


@given(torn=st.text(st.characters(codec="utf8", exclude_characters="\n")), cut=st.integers(0, 3))
def test_a_torn_last_line_is_passed_over_and_cut_off(tmp_path_factory, torn, cut):
    path = tmp_path_factory.mktemp("log") / "events.jsonl"
    files.append_line(path, "whole")
    with path.open("ab") as file:
        file.write(torn.encode()[:-cut] if cut else torn.encode())
    assert files.read_lines(path) == ["whole"]
    files.append_line(path, "next")
    assert path.read_text() == "whole\nnext\n"


def test_a_log_whose_only_line_is_torn_starts_over(tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_text('{"t":')
    assert files.read_lines(path) == []
    files.append_line(path, "1")
    assert files.read_lines(path) == ["1"]


@pytest.mark.parametrize("read", [files.read_lines, files.read_text])
def test_bytes_that_are_no_text_are_one_line(tmp_path, read):
    path = tmp_path / "x.json"
    path.write_bytes(b"{\xff}\n")
    with pytest.raises(StoreError, match=r"x.json cannot be read \(no UTF-8 at byte 1\)\. Restore"):
        read(path)


def test_an_absent_file_is_one_line(tmp_path):
    with pytest.raises(StoreError, match=r"x.json cannot be read \(No such file or directory\)"):
        files.read_text(tmp_path / "x.json")


def test_a_need_for_more_disk_than_is_free_is_refused_early(tmp_path):
    files.require_free(tmp_path / "not" / "yet", 1, "This run")
    with pytest.raises(
        StoreError, match=r"This run needs 9000.0 TB and .* are free at .*FTDOJO_HOME"
    ):
        files.require_free(tmp_path / "not" / "yet", 9 * 10**15, "This run")


def test_the_bytes_of_a_folder_are_those_of_its_files_and_links_lead_nowhere(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a").write_bytes(b"12345")
    (tmp_path / "loop").symlink_to(tmp_path)
    assert files.folder_bytes(tmp_path) == 5


def test_where_a_name_cannot_be_linked_it_is_still_not_taken_twice(tmp_path):
    (tmp_path / "part").mkdir()  # no disk links a folder
    files._claim(tmp_path / "part", tmp_path / "there")
    (tmp_path / "part").mkdir()
    with pytest.raises(FileExistsError):
        files._claim(tmp_path / "part", tmp_path / "there")
    assert (tmp_path / "part").is_dir()


def test_a_folder_whose_disk_cannot_sync_it_is_passed_over():
    files.sync_folder(Path("/proc/self"))


def test_making_a_folder_makes_those_above_it(tmp_path):
    files.make_folder(tmp_path / "a" / "b")
    files.make_folder(tmp_path / "a" / "b")
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"file/a cannot be written \(Not a directory\)"):
        files.make_folder(tmp_path / "file" / "a")
