"""Imports point one way: a module imports only from layers below its own."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "src" / "ftdojo"
LAYERS = [  # bottom first; names on one line may not see each other
    {"errors"},
    {"records", "config", "registry"},
    {"stats", "texts"},
    {"sources", "models", "sandbox", "submissions", "llm"},
    {"scorers"},
    {"tasks"},
    {"training", "inference", "evaluation", "store", "export"},
    {"worker", "gateway"},
    {"checks", "feedback"},
    {"dojo"},
    {"search"},
    {"agents"},
    {"report"},
    {"serve", "bench", "gym"},
    {"testing"},
    {"cli"},
]
RANK = {name: rank for rank, layer in enumerate(LAYERS) for name in layer}
MODULES = sorted(path for path in ROOT.rglob("*.py") if path != ROOT / "__init__.py")


def imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return {name.split(".")[1] for name in names if name.startswith("ftdojo.")}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_from_layers_below(path):
    here = path.relative_to(ROOT).parts[0].removesuffix(".py")
    upward = {name for name in imports(path) - {here} if RANK[name] >= RANK[here]}
    assert not upward, f"{here} may not import {sorted(upward)}: see LAYERS."


def test_no_two_public_classes_have_one_name():
    homes: dict[str, list[str]] = {}
    for path in MODULES:
        for node in ast.parse(path.read_text(encoding="utf8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes.setdefault(node.name, []).append(str(path.relative_to(ROOT)))
    assert {name: found for name, found in homes.items() if len(found) > 1} == {}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_gives_each_name_once(path):
    named: list[str] = []
    for node in ast.parse(path.read_text(encoding="utf8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            named.append(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            named += [
                each.id
                for target in targets
                for each in ast.walk(target)
                if isinstance(each, ast.Name)
            ]
    assert sorted(named) == sorted(set(named))
