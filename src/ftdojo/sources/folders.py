"""Which files of a folder hold its rows for training, validation and test, as people and datasets lay them out."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path
from typing import NoReturn

from ftdojo.errors import SourceError
from ftdojo.sources.kinds import advice, kind_of, packing, stem
from ftdojo.sources.reading import KINDS

_SHARD = re.compile(r"-(\d{5,})-of-(\d{5,})(?=\.)")


def matching(names: Iterable[str], patterns: Iterable[str]) -> list[str]:
    """Return the names of files that match a pattern and are of a kind that is read, sorted.

    ``*`` also matches slashes, and a pattern that ends in one stands for everything below.

    Example:
        >>> matching(["data/train-0.parquet", "data/a.py", "README.md"], ["data/*"])
        ['data/train-0.parquet']
    """
    wanted = [each + "*" if each.endswith("/") else each for each in patterns]
    return sorted(
        name
        for name in names
        if kind_of(Path(name)) in KINDS and any(fnmatchcase(name, each) for each in wanted)
    )


def missing_shard(names: Iterable[str]) -> str:
    """Return the name of a shard that ``names`` lack although another one implies it, or nothing.

    Example:
        >>> missing_shard(["a-00000-of-00002.parquet"])
        'a-00001-of-00002.parquet'
    """
    there = set(names)
    for name in sorted(there):
        if match := _SHARD.search(name):
            width = len(match[1])
            for at in range(int(match[2])):
                shard = f"{name[: match.start()]}-{at:0{width}d}-of-{match[2]}{name[match.end() :]}"
                if shard not in there:
                    return shard
    return ""


_WORDS = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val", "dev"),
    "test": ("test", "testing"),
}
_SPLIT_OF = {word: split for split, words in _WORDS.items() for word in words}
_UNCLEAR = {"eval", "evaluation"}
_MANIFESTS = {"dataset_infos.json", "dataset_info.json", "dataset_dict.json", "state.json"}
_NUMBER = re.compile(r"(-\d+-of-\d+(-[0-9a-f]+)?|[-_. ]?\d+)$")
_MOST_FILES = 10_000
_MOST_NAMED = 8


def split_files(folder: Path) -> Mapping[str, tuple[Path, ...]]:
    """Return the files of rows in ``folder`` by split; those of a split are in the order of their numbers.

    The keys are among ``train``, ``validation`` and ``test``. A file belongs to the split that is a word of its name
    (``dev.csv``, ``data/train-00000-of-00002.parquet``) or the name of a folder it lies in (``test/rows.jsonl``).
    Where none does, the only file, or the numbered pieces of one, are ``train``.

    Raises:
        SourceError: there is no such folder or nothing in it to be read, it is not clear which files are meant, or a
            link leads out of it.
    """
    files = _files(folder)
    found: dict[str, list[Path]] = {}
    for file in files:
        found.setdefault(_split(folder, file), []).append(file)
    unnamed = found.pop("", [])
    if unnamed and not found:
        found["train"] = unnamed
    elif unnamed and "train" not in found:
        _refuse(folder, "has no file named after training, and others that may be it", files)
    for split, pieces in found.items():
        _require_one_table(folder, split, pieces, named=pieces is not unnamed)
    return {split: tuple(sorted(found[split], key=_order)) for split in _WORDS if split in found}


def _files(folder: Path) -> list[Path]:
    """Return the files of rows in ``folder`` and below."""
    if not folder.is_dir():
        raise SourceError(f"{folder} is not a folder; name one that holds files of rows.")
    seen = sorted(islice(_below(folder), _MOST_FILES + 1))
    if len(seen) > _MOST_FILES:
        raise SourceError(
            f"{folder} holds over {_MOST_FILES:,} files; name a folder with nothing but the rows in it."
        )
    for file in seen:
        _require_inside(folder, file)
    files = [file for file in seen if kind_of(file) in KINDS and not _is_aside(file)]
    if not files:
        what = next((f"; {file.name} {advice(file)}" for file in seen if advice(file)), "")
        raise SourceError(
            f"{folder} has no file of rows ({', '.join(KINDS)}); it has {_listed(folder, seen)}{what}."
        )
    return files


def _below(folder: Path) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise SourceError(f"{folder} cannot be read: {error.strerror or error}.") from error
    for entry in entries:
        if entry.name.startswith((".", "__")):
            continue
        if entry.is_dir() and not entry.is_symlink():
            yield from _below(entry)
        else:
            yield entry


def _require_inside(folder: Path, file: Path) -> None:
    if not file.is_symlink():
        return
    if not file.resolve().is_relative_to(folder.resolve()):
        why = "is a link that leads out of its folder"
    elif file.is_dir():
        why = "is a link to a folder"
    elif not file.exists():
        why = "is a link to nothing"
    else:
        return
    raise SourceError(f"{file} {why}; put the file itself there, as cp -rL does.")


def _is_aside(file: Path) -> bool:
    """Return whether ``file`` is none of rows: a manifest, or what datasets keeps of its own work beside them."""
    name = file.name.lower()
    about = name.startswith(("readme", "license", "licence"))
    return about or name in _MANIFESTS or (name.startswith("cache-") and kind_of(file) == ".arrow")


def _split(folder: Path, file: Path) -> str:
    """Return the split that ``file`` and its folders are named after, or nothing."""
    folders = {part.lower() for part in file.relative_to(folder).parts[:-1]}
    words = folders | set(re.findall(r"[a-z]+", stem(file).lower()))
    splits = {_SPLIT_OF[word] for word in words if word in _SPLIT_OF}
    if len(splits) > 1 or (not splits and words & _UNCLEAR):
        several = " and ".join(sorted(splits)) or "validation or test"
        raise SourceError(f"{file} may be {several} by its name; rename it after one of them.")
    return next(iter(splits), "")


def _require_one_table(folder: Path, split: str, pieces: Sequence[Path], *, named: bool) -> None:
    """Make sure that ``pieces`` are one file, the numbered pieces of one, or all files of the split's own folder."""
    if len({(piece.parent, kind_of(piece), packing(piece)) for piece in pieces}) > 1:
        _refuse(folder, f"has files for {split} of several kinds or in several folders", pieces)
    parent = pieces[0].parent
    whole = named and parent != folder and _SPLIT_OF.get(parent.name.lower()) == split
    numbered = all(_NUMBER.search(stem(piece)) for piece in pieces)
    same = len({_NUMBER.sub("", stem(piece)) for piece in pieces}) == 1
    if len(pieces) > 1 and not whole and not (numbered and same):
        fault = (
            f"has several files for {split}"
            if named
            else "has several files, none of them named after a split"
        )
        _refuse(folder, fault, pieces)
    if gone := missing_shard(piece.name for piece in pieces):
        raise SourceError(f"{parent} lacks {gone}, although the other pieces are there; get it.")


def _refuse(folder: Path, why: str, files: Sequence[Path]) -> NoReturn:
    raise SourceError(
        f"{folder} {why}: {_listed(folder, files)}; keep one file a split, called train, validation or test, as in "
        "train.csv."
    )


def _listed(folder: Path, files: Sequence[Path]) -> str:
    names = [file.relative_to(folder).as_posix() for file in files[:_MOST_NAMED]]
    more = [f"{len(files) - _MOST_NAMED} more"] if len(files) > _MOST_NAMED else []
    return ", ".join([*names, *more]) or "nothing"


def _order(file: Path) -> list[tuple[int, str]]:
    """Return what sorts numbers in names as numbers: 2 before 10."""
    return [
        (int(part), "") if part.isdigit() else (0, part)
        for part in re.split(r"([0-9]+)", file.name)
    ]
