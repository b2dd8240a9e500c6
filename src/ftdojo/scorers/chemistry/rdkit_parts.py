"""RDKit's modules, loaded at first use; its type stubs lack half of the names, so they are ``Any`` here."""

from importlib import import_module
from typing import Any

from ftdojo.errors import MissingExtra


def rdkit(name: str) -> Any:
    """Return the module ``rdkit.<name>``.

    Raises:
        MissingExtra: RDKit is not installed.
    """
    try:
        return import_module(f"rdkit.{name}")
    except ImportError as error:
        raise MissingExtra("Molecules need rdkit: pip install 'ftdojo[chem]'.") from error
