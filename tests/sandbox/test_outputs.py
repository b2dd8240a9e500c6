"""One file comes out of a hostile folder, or one clear line says why not."""

import os
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftdojo.errors import FtdojoError
from ftdojo.sandbox import HostileOutput, take_file


@pytest.fixture
def taken(tmp_path):
    return tmp_path / "taken"


def refused(job, name, taken, *, max_bytes=100):
    with pytest.raises(HostileOutput) as caught:
        take_file(job, name, to=taken, max_bytes=max_bytes)
    assert not taken.exists()
    assert isinstance(caught.value, FtdojoError)
    assert [each.name for each in taken.parent.iterdir() if each.suffix == ".part"] == []
    return caught.value.fault, str(caught.value)


@given(content=st.binary(max_size=3000))
def test_any_bytes_come_out_as_they_are(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("out")
    (folder / "rows").write_bytes(content)
    assert take_file(folder, "rows", to=folder / "to", max_bytes=3000) == len(content)
    assert (folder / "to").read_bytes() == content


def test_a_file_in_a_subfolder_comes_out(job, taken):
    (job / "a").mkdir()
    (job / "a" / "rows").write_text("x")
    assert take_file(job, "a/rows", to=taken, max_bytes=1) == 1


def test_a_file_replaces_an_older_one_at_once(job, taken):
    taken.write_text("older and longer")
    (job / "rows").write_text("new")
    take_file(job, "rows", to=taken, max_bytes=10)
    assert taken.read_text() == "new"


def test_a_missing_file_is_said_to_be_missing(job, taken):
    assert refused(job, "rows", taken) == ("missing", "rows was not written.")
    assert refused(job, "no/rows", taken)[0] == "missing"


@pytest.mark.parametrize("target", ["/etc/passwd", "script.py", "nowhere", "rows"])
def test_a_link_is_refused_wherever_it_points(job, taken, target):
    (job / "script.py").write_text("")
    (job / "rows").symlink_to(target)
    assert refused(job, "rows", taken) == ("link", "rows is a link; write a plain file instead.")


def test_a_link_on_the_way_is_refused(job, taken):
    (job / "etc").symlink_to("/etc")
    assert refused(job, "etc/passwd", taken)[0] == "link"


def test_a_second_name_of_a_file_is_refused(job, taken):
    (job / "one").write_text("x")
    os.link(job / "one", job / "rows")
    expected = ("link", "rows has 2 hard links; write a plain file instead.")
    assert refused(job, "rows", taken) == expected


def test_a_pipe_without_a_writer_does_not_hang(job, taken):
    os.mkfifo(job / "rows")
    message = "rows is not a regular file; write a plain file of that name."
    assert refused(job, "rows", taken) == ("not-a-file", message)


def test_a_socket_is_refused(job, taken, monkeypatch):
    monkeypatch.chdir(job)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("rows")
        assert refused(job, "rows", taken)[0] == "not-a-file"


def test_a_folder_is_refused(job, taken):
    (job / "rows").mkdir()
    message = "rows is a folder; write a plain file of that name."
    assert refused(job, "rows", taken) == ("not-a-file", message)


def test_one_byte_too_many_is_refused(job, taken):
    (job / "rows").write_bytes(b"x" * 101)
    expected = ("too-large", "rows is larger than 100 bytes; write less.")
    assert refused(job, "rows", taken) == expected
    assert take_file(job, "rows", to=taken, max_bytes=101) == 101


def test_a_hole_of_a_terabyte_is_refused_without_reading_it(job, taken):
    with (job / "rows").open("wb") as out:
        out.truncate(10**12)
    assert refused(job, "rows", taken)[0] == "too-large"


def test_a_file_that_is_longer_than_it_says_is_cut_off(taken):
    assert refused(Path("/proc/self"), "maps", taken)[0] == "too-large"


@pytest.mark.parametrize("name", ["../rows", "a/../../rows", "/etc/passwd", "", ".", "a\0b"])
def test_a_name_that_leaves_the_folder_is_refused(job, taken, name):
    fault, message = refused(job, name, taken)
    assert fault == "bad-name"
    assert message.startswith(f"{name!r} is not the name of a file")
    assert message.endswith("give a relative path.")
