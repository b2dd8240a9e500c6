"""The walk-through of docs/bring-your-own-task.md can be walked, up to the run."""

import importlib.util
import shlex
import sys
from pathlib import Path

import pytest

from ftdojo.cli.main import main
from ftdojo.tasks.own.metrics import METRICS

PAGE = Path(__file__).parent.parent / "docs" / "bring-your-own-task.md"
spec = importlib.util.spec_from_file_location(
    "docs_checks", Path(__file__).with_name("test_docs.py")
)
docs_checks = importlib.util.module_from_spec(spec)
spec.loader.exec_module(docs_checks)
TEXT = PAGE.read_text("utf8")
MAKE_ROWS, SCORER = docs_checks.fenced(TEXT, "python")


@pytest.fixture
def walk(tmp_path, monkeypatch, capsys):
    """Walk the page's commands on tasks in a fresh folder; return what each printed."""
    monkeypatch.chdir(tmp_path)
    exec(MAKE_ROWS, {})

    def walked(only=""):
        said = {}
        for words in docs_checks.commands(TEXT):
            if words[0] != "tasks" or only not in words:
                continue
            monkeypatch.setattr(sys, "argv", ["ftdojo", *words])
            with pytest.raises(SystemExit) as ended:
                main()
            said[shlex.join(words)] = (ended.value.code, capsys.readouterr().out)
        return said

    return walked


def test_every_command_up_to_the_run_succeeds(walk):
    said = walk("tasks")
    assert {code for code, _ in said.values()} == {0}
    assert "./tickets keeps every promise." in said["tasks check ./tickets"][1]


def test_the_scorer_on_the_page_can_take_the_place_of_the_metric(walk):
    walk("new")
    Path("tickets/scorer.py").write_text(SCORER)
    declared = Path("tickets/task.toml")
    declared.write_text(
        declared.read_text().replace('metric = "exact_match"', 'scorer = "scorer.py"')
    )
    code, out = walk("check")["tasks check ./tickets"]
    assert (code, "./tickets keeps every promise." in out) == (0, True)


def test_the_page_names_every_metric():
    assert [name for name in METRICS if f"| `{name}` |" not in TEXT] == []
