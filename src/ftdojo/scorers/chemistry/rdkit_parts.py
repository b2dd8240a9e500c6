"""RDKit's modules, loaded when asked for; its type stubs lack half of the names, so they are ``Any`` here."""

from importlib import import_module
from typing import Any


def rdkit(name: str) -> Any:
    """Return the module ``rdkit.<name>``."""
    return import_module(f"rdkit.{name}")
