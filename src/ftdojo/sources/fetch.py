"""Rows of a published data set: from a mirror folder, or from the hub.

The mirror is a folder that serves published data sets without a network, set by ``FTDOJO_MIRROR``. A data set has a folder
there, called by its name or by its hub id. Each part is one file ``<part>.jsonl`` or ``<part>.parquet`` with the data
set's own fields; where there is none, files that lie as in the hub's repository are taken and read as they are there.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ftdojo.config import mirror_dir
from ftdojo.errors import FtdojoError, SourceError, UsageError
from ftdojo.records import Dataset
from ftdojo.records.tasks import as_it_is
from ftdojo.sources import hub, licences
from ftdojo.sources.files import CachePlace
from ftdojo.sources.folders import matching
from ftdojo.sources.kinds import stem
from ftdojo.sources.reading import read_rows

_CONVERTED = (".jsonl", ".jsonl.gz", ".parquet")


def in_mirror(dataset: Dataset, part: str) -> CachePlace | None:
    """Return where the mirror has ``part``, if there is a mirror and it has it.

    Raises:
        SourceError: ``FTDOJO_MIRROR`` is not a folder.
    """
    mirror = mirror_dir()
    if mirror is None:
        return None
    if not mirror.is_dir():
        raise SourceError(
            f"FTDOJO_MIRROR={mirror} is not a folder; name one that holds a folder for each data set, or unset it."
        )
    folders = [mirror / dataset.name, mirror.joinpath(*dataset.hub_id.split("/"))]
    for folder in folders:
        if folder.is_dir() and (found := _in_folder(folder, dataset, part)):
            return found
    return None


def _in_folder(folder: Path, dataset: Dataset, part: str) -> CachePlace | None:
    for suffix in _CONVERTED:
        if (file := folder / f"{part}{suffix}").is_file():
            return CachePlace(origin="mirror", files=(file,), raw=False)
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    wanted = matching(names, dataset.parts[part].files)
    files = tuple(folder / name for name in wanted)
    return CachePlace(origin="mirror", files=files, raw=True) if files else None


Convert = Callable[[dict[str, Any]], dict[str, Any] | None]


def dataset_rows(dataset: Dataset, part: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of ``part``, in the data set's own field names, always in the same order.

    A mirror comes first (``FTDOJO_MIRROR``), then what was downloaded before, then the hub; what comes from there
    is kept. Inside ``local_only`` nothing is downloaded.

    Raises:
        UsageError: the data set has no such part.
        SourceError: the rows cannot be obtained or trusted, their licence was not accepted, or a row cannot be read.
    """
    place = pull(dataset, part)
    convert = dataset.parts[part].read
    for path in place.files:
        for line, row in read_rows(path):
            converted = _converted(dataset, convert, row, path, line) if place.raw else row
            if converted is not None:
                yield converted


def pull(dataset: Dataset, part: str, *, again: bool = False) -> CachePlace:
    """Return where the files of ``part`` are, downloading them if need be; ``again`` downloads what is here anew.

    Raises:
        UsageError: the data set has no such part.
        SourceError: they cannot be obtained or trusted, or their licence was not accepted.
    """
    if part not in dataset.parts:
        raise UsageError(f"{dataset.name} has no part {part!r}; it has {', '.join(dataset.parts)}.")
    if found := in_mirror(dataset, part):
        if not dataset.commercial:
            licences.warn_once(dataset.name, licences.warning(dataset))
        return found
    return (None if again else hub.find(dataset, part)) or hub.pull(dataset, part, again=again)


def where(dataset: Dataset, part: str) -> str:
    """Return ``mirror``, ``cache`` or nothing: where ``part`` would be read from without a download.

    Raises:
        SourceError: ``FTDOJO_MIRROR`` is not a folder.
    """
    if in_mirror(dataset, part):
        return "mirror"
    return "cache" if hub.is_here(dataset, part) else ""


def _converted(
    dataset: Dataset, convert: Convert, row: dict[str, Any], path: Path, line: int
) -> dict[str, Any] | None:
    """Return a raw row as the data set's own; its converter also gets the file's name and the line."""
    if convert is as_it_is:
        return row
    try:
        return convert({"_file": stem(path), "_line": line, **row})
    except FtdojoError:
        raise
    except Exception as error:
        raise SourceError(
            f"{path}, line {line}, is not a row of {dataset.name} as its declaration describes them "
            f"({type(error).__name__}: {error}); pin the revision it was written for."
        ) from error
