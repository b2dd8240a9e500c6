"""Matrix files."""

import pytest

from ftdojo.bench import read_matrix

SMALL = """name: small
tasks: [math/mini]
agents: [explorer, random]
models: [tiny]
seeds: [0, 1]
budget: 5m
"""


@pytest.fixture
def written(tmp_path):
    """Return a function that writes a matrix file: the small one with lines replaced, or any text."""

    def write(text=None, **lines):
        kept = [line for line in SMALL.splitlines() if line.partition(":")[0] not in lines]
        said = [f"{key}: {value}" for key, value in lines.items() if value is not None]
        path = tmp_path / "matrix.yaml"
        path.write_text(text if text is not None else "\n".join([*kept, *said]) + "\n")
        return path

    return write


@pytest.fixture
def matrix(written):
    """Return a function that reads such a file."""
    return lambda **lines: read_matrix(written(**lines))
