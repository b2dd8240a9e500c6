"""The socket of a run: this user's alone, and nothing hostile that is sent to it changes anything."""

import json
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from ftdojo.errors import StoreError
from ftdojo.serve.protocol import MAX_LINE, MAX_TEXT, new_socket, read_kept, remove_socket
from ftdojo.store import RunFolder

TEXTS = {"plan": "p", "data": "d", "train": ""}
HOSTILE = {
    "no JSON": b"hello",
    "no object": b"[1, 2]",
    "nothing": b"",
    "no UTF-8": b'{"verb": "\xff"}',
    "unknown verb": b'{"verb": "sell"}',
    "no verb": b'{"what": "task"}',
    "an unknown key": b'{"verb": "status", "root": "/"}',
    "a wrong type": b'{"verb": "train", "plan": 1, "data": "", "train": ""}',
    "a number as text": b'{"verb": "look", "what": "task", "limit": "5"}',
    "a page too large": b'{"verb": "look", "what": "task", "limit": 1000}',
    "a long wait": b'{"verb": "status", "wait_s": 1e9}',
    "what is not to be seen": b'{"verb": "look", "what": "test"}',
    "half a surrogate pair": b'{"verb": "check", "plan": "\\ud800", "data": "", "train": ""}',
    "a nest": b"[" * 200_000,
    "a text too long": json.dumps(
        {"verb": "check", **TEXTS, "plan": "p" * (MAX_TEXT + 1)}
    ).encode(),
    "a line too long": b"x" * (MAX_LINE * 2),
    "no such experiment": b'{"verb": "finish", "experiment": "e9"}',
    "a path for an experiment": b'{"verb": "look", "what": "experiment", "name": "../../x"}',
    "too few items": json.dumps({"verb": "train", **TEXTS, "validate_items": 3}).encode(),
}


@pytest.mark.parametrize("line", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_request_is_refused_in_one_line_and_changes_nothing(held, line):
    before = held.changes()
    answered = held.send(line)
    assert (answered["ok"], answered["code"]) == (False, 2)
    assert "\n" not in answered["error"]
    assert held.changes() == before
    assert held.standing()["state"] == "waiting"


def test_who_says_nothing_keeps_nobody_waiting(held):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as mute:
        mute.connect(held.socket)
        mute.sendall(b'{"verb": "sta')
        assert held.standing()["state"] == "waiting"


def test_who_hangs_up_before_the_answer_harms_nobody(held):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as rude:
        rude.connect(held.socket)
        rude.sendall(b'{"verb": "look", "what": "source", "name": "right"}\n')
    assert held.standing()["run"] == "held"


def test_the_socket_and_its_folder_are_closed_to_others(held):
    path = Path(held.socket)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert len(os.fsencode(path)) < 108


AS_SOMEBODY_ELSE = """import os, socket, sys
os.setuid(65534)
to = socket.socket(socket.AF_UNIX)
to.connect(sys.argv[1])
to.sendall(b'{"verb": "status"}\\n')
print(to.makefile().read())
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as somebody else")
def test_another_user_gets_no_answer_even_where_the_files_are_open(held):
    path = Path(held.socket)
    command = [sys.executable, "-S", "-c", AS_SOMEBODY_ELSE, str(path)]
    shut = subprocess.run(command, capture_output=True, text=True)
    path.chmod(0o666)
    path.parent.chmod(0o755)
    opened = subprocess.run(command, capture_output=True, text=True)
    path.chmod(0o600)
    path.parent.chmod(0o700)
    assert "PermissionError" in shut.stderr
    assert '"ok"' not in opened.stdout
    assert "PermissionError" not in opened.stderr


def test_a_long_runtime_folder_is_passed_over(monkeypatch, tmp_path):
    deep = tmp_path / ("x" * 90)
    deep.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(deep))
    path = new_socket()
    remove_socket(path)
    assert not path.startswith(str(deep))
    assert not Path(path).parent.exists()


def test_only_a_socket_of_ours_is_ever_taken_away(tmp_path):
    for dear in (tmp_path / "socket", tmp_path / "ftdojo-x" / "socket"):
        dear.parent.mkdir(exist_ok=True)
        dear.write_text("dear")
        remove_socket(str(dear))
        assert dear.read_text() == "dear"


@pytest.mark.parametrize(
    ("note", "why"),
    [
        (b'{"pid": "\xff"}', r"cannot be read \(no UTF-8 at byte 9\)"),
        (
            b'{"pid": 1, "socket": "/s", "job": {"id": "k1", "verb": "train"}}',
            "damaged .* job.id: ",
        ),
    ],
)
def test_a_damaged_note_of_the_process_is_one_clear_line(tmp_path, note, why):
    (tmp_path / "play.json").write_bytes(note)
    with pytest.raises(StoreError, match=f"play.json .*{why}"):
        read_kept(RunFolder(tmp_path))
