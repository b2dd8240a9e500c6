"""The mirror: a folder that serves published data sets without a network, set by ``FTDOJO_MIRROR``.

A data set has a folder there, called by its name or by its hub id. Each part is one file ``<part>.jsonl`` or
``<part>.parquet`` with the data set's own fields; where there is none, files that lie as in the hub's repository are
taken and read as they are there.
"""

from pathlib import Path

from ftdojo.config import mirror_dir
from ftdojo.errors import SourceError
from ftdojo.records import Dataset
from ftdojo.sources.files import CachePlace
from ftdojo.sources.folders import matching

_CONVERTED = (".jsonl", ".jsonl.gz", ".parquet")


def find(dataset: Dataset, part: str) -> CachePlace | None:
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
