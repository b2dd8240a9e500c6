"""The tree of errors that is drawn is the tree there is."""

import ast
import re
from pathlib import Path

from ftdojo import errors

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
