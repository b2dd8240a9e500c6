"""The package's surface: few names, all of them there, and the ones the guides use."""

import ast
import importlib
from pathlib import Path

import pytest

import ftdojo

PROMISED = {"make", "play", "Look", "Check", "Train", "Finish", "Submission", "FtdojoError"}


def test_the_surface_is_small_and_promised():
    assert len(ftdojo.__all__) == len(set(ftdojo.__all__)) <= 25
    assert set(ftdojo.__all__) >= PROMISED


@pytest.mark.parametrize("name", ftdojo.__all__)
def test_every_name_can_be_imported_and_is_documented(name):
    found = getattr(ftdojo, name)
    assert name == "__version__" or found.__doc__


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match=r"^module 'ftdojo' has no attribute 'mkae'$"):
        _ = ftdojo.mkae


def test_a_type_checker_sees_the_same_names_as_python():
    text = Path(ftdojo.__file__).read_text("utf8")
    (block,) = (node for node in ast.parse(text).body if isinstance(node, ast.If))
    typed = {each.asname: node.module for node in block.body for each in node.names}
    assert {"__version__", *typed} == set(ftdojo.__all__)
    for name, module in typed.items():
        assert getattr(importlib.import_module(module), name) is getattr(ftdojo, name)
