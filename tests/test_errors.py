"""The tree of errors that is drawn is the tree there is."""

import ast
import re
from pathlib import Path

import pytest

from ftdojo import errors
from ftdojo.errors import MissingExtra, StoreError, UnknownName, UsageError

ROOT = Path(errors.__file__).parent


def raised():
    """Return every class below ``FtdojoError`` in the package with its parent, read without importing anything."""
    parents = {}
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
            if isinstance(node, ast.ClassDef) and node.bases:
                parents[node.name] = ast.unparse(node.bases[0]).rpartition(".")[2]
    found = {"FtdojoError"}
    while new := {name for name, parent in parents.items() if parent in found} - found:
        found |= new
    return {name: parents[name] for name in found}


def drawn():
    """Return the classes of the drawing with their parents."""
    above, found = ["Exception"], {}
    for line in re.findall(r"^    ((?:[|` ] ?[- ]*)*)([A-Z]\w+)  ", errors.__doc__, re.MULTILINE):
        depth = len(line[0]) // 4
        above[depth + 1 :] = [line[1]]
        found[line[1]] = above[depth]
    return found


def test_every_error_is_drawn_below_its_parent():
    assert drawn() == raised()


HOSTILE = [
    "a\nb",
    "a\r\nb",
    "\x1b[31m",
    "\x07",
    "\u2028",
    "\u202e",
    "\ud800",
    "\x85",
    "\udb40\udc41",
]


@pytest.mark.parametrize("value", HOSTILE, ids=ascii)
@pytest.mark.parametrize(
    "made",
    [UsageError, StoreError, MissingExtra, lambda text: UnknownName("task", "x", [text])],
    ids=["usage", "store", "extra", "name"],
)
def test_an_error_is_one_line_that_steers_no_terminal_whatever_value_it_shows(made, value):
    text = str(made(f"The column {value} is empty."))
    assert text.isprintable()
    assert text.startswith(("The column ", "No task "))


def test_a_script_that_joins_its_letters_is_shown_as_it_is():
    joined = "\u0645\u06cc\u200c\u062e\u0648 \U0001f468\u200d\U0001f467"
    assert str(UsageError(joined)) == joined


def test_a_value_of_any_length_leaves_an_error_its_beginning_and_its_advice():
    text = str(UsageError(f"The key {'x' * 10**6} is unknown; drop it."))
    assert len(text) < errors.LONGEST
    assert text.startswith("The key x")
    assert text.endswith("x is unknown; drop it.")
