"""The kit as a script finds it: by its own name."""

import sys

import pytest

from ftdojo.checks.context import KIT


@pytest.fixture(scope="session")
def ftkit():
    sys.path.insert(0, str(KIT))
    import ftkit

    yield ftkit
    sys.path.remove(str(KIT))


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A folder of sources, as the dojo lays it out."""
    monkeypatch.setenv("FTDOJO_DATA", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "worked.jsonl").write_text('{"q": "é\\u2028"}\n{"q": "b"}\n', encoding="utf8")
    (tmp_path / "bare.jsonl").write_text("", encoding="utf8")
    return tmp_path
