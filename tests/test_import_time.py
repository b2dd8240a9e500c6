"""The core is light: what only training needs is not imported by a look at the package or its help."""

import subprocess
import sys
from importlib.metadata import version

import pytest

HEAVY = {
    "datasets",
    "gguf",
    "jinja2",
    "numpy",
    "peft",
    "pydantic",
    "safetensors",
    "scipy",
    "torch",
    "transformers",
    "trl",
}


def imported(*command: str) -> set[str]:
    """Return the top-level packages that a fresh interpreter imports for ``command``."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *command], capture_output=True, text=True, check=True
    )
    lines = (line for line in done.stderr.splitlines() if line.startswith("import time:"))
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}


@pytest.mark.parametrize(
    "command",
    [
        ["-c", "import ftdojo"],
        ["-c", "from ftdojo import Look, Submission, FtdojoError"],
        ["-m", "ftdojo.cli.main", "--help"],
        ["-m", "ftdojo.cli.main", "--version"],
    ],
    ids=" ".join,
)
def test_nothing_heavy_is_imported(command):
    found = imported(*command)
    assert "ftdojo" in found
    assert not found & HEAVY


def test_help_of_a_command_imports_only_what_typer_reads_options_with():
    assert imported("-m", "ftdojo.cli.main", "run", "--help") & HEAVY <= {"pydantic"}


@pytest.mark.skipif(not version("torch").endswith("+cpu"), reason="torch has to look for a GPU")
def test_the_controller_of_a_run_does_not_load_what_the_worker_computes_with():
    assert not imported("-c", "from ftdojo.dojo import this_machine; this_machine('')") & {
        "torch",
        "transformers",
    }


def test_the_check_sees_what_is_imported():
    assert "json" in imported("-c", "import json.tool")
