"""The names of classes that datasets keeps beside their numbers in Parquet and Arrow files."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ftdojo.errors import SourceError
from ftdojo.sources.arrow_rows import arrow_file
from ftdojo.sources.kinds import kind_of


def label_names(path: Path) -> Mapping[str, tuple[str, ...]]:
    """Return column -> the names of its classes, the class 0 first; empty where ``path`` does not name them.

    Only columns whose every value is the number of a class are returned. A number outside the names (datasets writes -1)
    stands for a class that is not known.
    """
    try:
        return _names(json.loads(_schema(path).metadata[b"huggingface"])["info"]["features"])
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        return {}


def _schema(path: Path) -> Any:
    """Return the schema of ``path``; None where there is none to be read."""
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import read_schema
    except ModuleNotFoundError:
        return None
    try:
        match kind_of(path):
            case ".parquet":
                return read_schema(path)
            case ".arrow" | ".feather":
                with arrow_file(path) as reader:
                    return reader.schema
    except (ArrowException, OSError, SourceError):
        pass
    return None


def _names(features: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {
        column: tuple(feature["names"])
        for column, feature in features.items()
        if isinstance(feature, dict)
        and feature.get("_type") == "ClassLabel"
        and _are_names(feature.get("names"))
    }


def _are_names(found: Any) -> bool:
    return isinstance(found, list) and bool(found) and all(isinstance(each, str) for each in found)
