"""Every example of the page on data scripts runs as it stands, and every function of the kit has one."""

import ast
import json
import re
from pathlib import Path

import pytest

from ftdojo import tasks
from ftdojo.checks.context import KIT
from ftdojo.sources import head, materialise

TEXT = (Path(__file__).parents[2] / "docs" / "data-scripts.md").read_text("utf8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def heads(tmp_path_factory):
    """The sources of math/mini, cut short as in a dry run."""
    home = tmp_path_factory.mktemp("page")
    (home / "heads").mkdir()
    for source in tasks.get("math/mini").sources:
        stored = materialise(source, cache=home / "cache")
        head(stored, rows=64, to=home / "heads" / f"{source.name}.jsonl")
    losses = "".join(json.dumps({"loss": at / 64, "tokens": 9}) + "\n" for at in range(64))
    (home / "heads" / "losses").mkdir()
    (home / "heads" / "losses" / "homework@base.jsonl").write_text(losses, encoding="utf8")
    return home / "heads"


@pytest.mark.parametrize("code", EXAMPLES, ids=range(len(EXAMPLES)))
def test_an_example_runs_as_it_stands(serve, opened, run, sandbox, heads, code):
    outcome = run(opened(serve()), code, sandbox=sandbox, data=heads)
    assert outcome.ok, outcome.log
    assert outcome.log


def test_every_name_of_the_kit_has_an_example():
    init = ast.parse((KIT / "ftkit" / "__init__.py").read_text("utf8"))
    names = next(node for node in init.body if isinstance(node, ast.Assign)).value
    missing = [name for name in ast.literal_eval(names) if f"ftkit.{name}" not in "".join(EXAMPLES)]
    assert missing == []
