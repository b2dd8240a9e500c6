"""Names of ours are found at once; plugins by entry points or module:attribute."""

import pytest

from ftdojo import registry
from ftdojo.errors import UnknownName
from ftdojo.registry import Registry

NUMBERS = Registry("number", {"pi": "math:pi"})


def test_a_name_of_ours_and_a_module_are_found_without_a_look_for_plugins(monkeypatch):
    """A look goes through all installed packages, and a hot path may ask for a name often."""
    monkeypatch.setattr(registry, "entry_points", lambda **group: pytest.fail("looked"))
    assert NUMBERS.get("pi") == pytest.approx(3.14159, abs=1e-5)
    assert NUMBERS.get("math:e") == pytest.approx(2.71828, abs=1e-5)


def test_a_name_of_nobody_is_refused_with_those_there_are():
    with pytest.raises(UnknownName, match=r"No number is called 'pj'. Did you mean 'pi'\?"):
        NUMBERS.get("pj")
