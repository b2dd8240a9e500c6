"""Rows of a published data set: from a mirror folder, or from the hub."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ftdojo.config import mirror_dir
from ftdojo.errors import SourceError, UsageError
from ftdojo.records import Dataset


def dataset_rows(dataset: Dataset, part: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of ``part``, in the data set's own field names, always in the same order.

    Raises:
        UsageError: the data set has no such part.
        SourceError: the rows cannot be had, or a line of them cannot be read.
    """
    if part not in dataset.parts:
        raise UsageError(f"{dataset.name} has no part {part!r}; it has {', '.join(dataset.parts)}.")
    mirror = mirror_dir()
    path = mirror / dataset.name / f"{part}.jsonl" if mirror else Path()
    if not path.is_file():
        raise SourceError(
            f"{dataset.name} is not here; point FTDOJO_MIRROR at a folder that holds it."
        )
    with path.open(encoding="utf8") as file:
        for line in file:
            yield json.loads(line)
