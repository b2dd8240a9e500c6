"""The guard is tried in a process of its own, for an audit hook cannot be taken off again."""

import subprocess
import sys

import pytest

SETUP = """
import sys, os, socket, subprocess, ctypes
from ftdojo.scorers.general.procedural_helper import _guard
sys.addaudithook(_guard)
"""


def guarded(code):
    return subprocess.run(
        [sys.executable, "-c", SETUP + code], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    "code",
    [
        "os.system('true')",
        "subprocess.run(['true'])",
        "os.fork()",
        "socket.create_connection(('localhost', 9))",
        "open('x', 'w')",
        "os.open('x', os.O_RDWR)",
        "os.remove('x')",
        "ctypes.CDLL('libc.so.6')",
    ],
)
def test_an_answer_can_start_nothing_write_nothing_and_talk_to_nobody(code):
    tried = guarded(code)
    assert "PermissionError" in tried.stderr, tried.stderr


def test_reading_and_counting_go_on():
    assert guarded("import json; open(json.__file__).read(1)").returncode == 0
