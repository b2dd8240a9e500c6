"""Data sets of the hub, through its own client and in its own cache, so that nothing is downloaded twice.

The client's variables are honoured: HF_ENDPOINT, HF_HOME, HF_HUB_CACHE, HF_TOKEN, HF_HUB_OFFLINE. Only files of rows
are fetched: no code, no pickles. A cut connection goes on where it broke; files that came whole stay when a download
is stopped. What came is hashed, and checked against what the hub promised and against what came the first time.
"""

import re
import shutil
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from filelock import FileLock

from ftdojo.config import cache_dir
from ftdojo.errors import MissingExtra, SourceError
from ftdojo.records import Dataset
from ftdojo.sources import licences
from ftdojo.sources.client import bars, explain, may_download, quiet_client
from ftdojo.sources.files import CachePlace, Known, Lock, cache_errors, digest, read_lock
from ftdojo.sources.folders import matching, missing_shard

_SHA256 = re.compile(r"[0-9a-f]{64}")
_KIND: dict[str, Any] = {"repo_type": "dataset"}


def find(dataset: Dataset, part: str) -> CachePlace | None:
    """Return where ``part`` is, if it was downloaded before, without using the network.

    Raises:
        SourceError: it is not what was downloaded, or its licence was not accepted.
    """
    lock = read_lock(dataset, cache=cache_dir())
    files = lock.of(part)
    if not files or not all(Path(each.path).is_file() for each in files.values()):
        return None
    licences.require(dataset, cache=cache_dir())
    for name, each in files.items():
        _require_same(dataset, name, each, digest(Path(each.path)), lock)
    return _place(lock, part)


def is_here(dataset: Dataset, part: str) -> bool:
    """Return whether ``part`` was downloaded before; nothing is read but its record."""
    files = read_lock(dataset, cache=cache_dir()).of(part).values()
    return bool(files) and all(Path(each.path).is_file() for each in files)


def commit_of(dataset: Dataset) -> str:
    """Return the commit of what was downloaded of ``dataset``, or nothing."""
    return read_lock(dataset, cache=cache_dir()).commit


def pull(dataset: Dataset, part: str, *, again: bool = False) -> CachePlace:
    """Return where ``part`` is, downloading what is missing of it; ``again`` fetches what is here, too.

    Raises:
        SourceError: it cannot be had, or is not what it was.
        MissingExtra: the hub's client is not installed.
    """
    if not may_download():
        raise SourceError(f"{_not_here(dataset, part)}.")
    licences.require(dataset, cache=cache_dir())
    with ExitStack() as stack:
        stack.enter_context(_alone(dataset))
        found = None if again else find(dataset, part)
        if found:
            return found
        lock = read_lock(dataset, cache=cache_dir())
        stack.enter_context(quiet_client())
        commit, paths = _fetched(dataset, part, lock, again=again)
        files = {name: _checked(dataset, name, path, lock) for name, path in paths.items()}
        return _place(lock.with_part(part, commit, files), part)


def _alone(dataset: Dataset) -> FileLock:
    """Return the lock that lets one process at a time download ``dataset``."""
    home = read_lock(dataset, cache=cache_dir()).home.with_suffix(".lock")
    with cache_errors(home):
        home.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(home)
        lock.acquire()
        lock.release()
    return lock


def _place(lock: Lock, part: str) -> CachePlace:
    files = tuple(Path(each.path) for each in lock.of(part).values())
    return CachePlace(origin="hub", files=files, raw=True, commit=lock.commit)


def _fetched(
    dataset: Dataset, part: str, lock: Lock, *, again: bool
) -> tuple[str, dict[str, Path]]:
    """Return the commit and the files of ``part``, from the hub or, where it cannot be reached, from its cache."""
    try:
        from huggingface_hub.errors import HFValidationError, HTTPError
    except ModuleNotFoundError as error:
        raise MissingExtra(
            f"{dataset.name} comes from a hub, whose client is not installed: pip install 'ftdojo[train]'."
        ) from error
    try:
        try:
            commit, sizes = _listing(dataset, part, lock.commit or dataset.revision)
        except (HTTPError, OSError) as error:
            if again or not (cached := _cached(dataset, part, lock)):
                raise
            del error
            return cached
        return commit, _download(dataset, commit, sizes, again=again)
    except (HTTPError, OSError, HFValidationError) as error:
        no_revision, not_here = _no_revision(dataset, lock), _not_here(dataset, part)
        message = explain(error, dataset, no_revision=no_revision, not_here=not_here)
        raise SourceError(message) from error


def _listing(dataset: Dataset, part: str, revision: str) -> tuple[str, dict[str, int]]:
    """Request from the hub the commit and for the names and sizes of the files of ``part``."""
    from huggingface_hub import HfApi

    api = HfApi()
    commit = api.repo_info(dataset.hub_id, revision=revision, **_KIND).sha
    tree = api.list_repo_tree(dataset.hub_id, revision=commit, recursive=True, **_KIND)
    sizes = {each.path: int(each.size) for each in tree if hasattr(each, "size")}
    wanted = matching(sizes, dataset.parts[part].files)
    if not wanted:
        raise SourceError(
            f"{dataset.hub_id} has no files for the part {part!r} of {dataset.name} "
            f"(looked for {', '.join(dataset.parts[part].files)}); pin a revision that has them."
        )
    return str(commit), {name: sizes[name] for name in wanted}


def _download(
    dataset: Dataset, commit: str, sizes: Mapping[str, int], *, again: bool
) -> dict[str, Path]:
    from huggingface_hub import constants, hf_hub_download, try_to_load_from_cache

    at: dict[str, Any] = {"repo_id": dataset.hub_id, "revision": commit, **_KIND}
    cached = {name: try_to_load_from_cache(filename=name, **at) for name in sizes}
    missing = sum(size for name, size in sizes.items() if again or not cached[name])
    if missing:
        _need_room(Path(constants.HF_HUB_CACHE), missing)
    with bars(dataset.name, constants.ENDPOINT, missing) as shown:
        return {
            name: Path(hf_hub_download(filename=name, force_download=again, **at, **shown))
            for name in sizes
        }


def _cached(dataset: Dataset, part: str, lock: Lock) -> tuple[str, dict[str, Path]] | None:
    """Return the commit and files that the client's cache holds, whoever put them there, if they look whole."""
    from huggingface_hub import snapshot_download

    patterns = list(dataset.parts[part].files)
    revision = lock.commit or dataset.revision
    asked = {"revision": revision, "allow_patterns": patterns, "local_files_only": True, **_KIND}
    try:
        folder = Path(snapshot_download(dataset.hub_id, **asked))
    except (OSError, ValueError):
        return None
    there = [each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file()]
    wanted = matching(there, patterns)
    if not wanted or missing_shard(wanted):
        return None
    return folder.name, {name: folder / name for name in wanted}


def _checked(dataset: Dataset, name: str, path: Path, lock: Lock) -> Known:
    """Hash what came; it has to be what the hub promised, and what came the first time."""
    known = Known(path=str(path), bytes=path.stat().st_size, sha256=digest(path))
    blob = path.resolve()
    if _SHA256.fullmatch(blob.name) and blob.name != known.sha256:
        blob.unlink(missing_ok=True)
        path.unlink(missing_ok=True)
        raise SourceError(
            f"{name} of {dataset.name} came with the SHA-256 {known.sha256[:12]}..., where the hub promised "
            f"{blob.name[:12]}...; it was deleted: try again, or ask whoever runs the hub."
        )
    if name in lock.files:
        _require_same(dataset, name, lock.files[name], known.sha256, lock)
    return known


def _require_same(dataset: Dataset, name: str, first: Known, found: str, lock: Lock) -> None:
    if found != first.sha256:
        raise SourceError(
            f"{name} of {dataset.name} is not what was first downloaded (SHA-256 {found[:12]}..., not "
            f"{first.sha256[:12]}...); get it anew with `ftdojo sources pull {dataset.name} --again`, or delete "
            f"{lock.home} to trust what is there."
        )


def _need_room(place: Path, size: int) -> None:
    place.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(place).free
    if free < size:
        raise SourceError(
            f"{size / 1e6:,.0f} MB are needed in {place}, where {free / 1e6:,.0f} MB are free; free some space, or "
            "set HF_HOME to a folder on another disk."
        )


def _no_revision(dataset: Dataset, lock: Lock) -> str:
    if not lock.commit:
        return f"{dataset.hub_id} has no revision {dataset.revision!r}; pin one that is there."
    return (
        f"{dataset.hub_id} no longer has the commit {lock.commit[:12]} that was first downloaded; delete {lock.home} "
        f"to take {dataset.revision!r} as it is now."
    )


def _not_here(dataset: Dataset, part: str) -> str:
    return (
        f"{dataset.name} is not here (part {part!r}): point FTDOJO_MIRROR at a folder that holds "
        f"{dataset.name}/{part}.jsonl, or run `ftdojo sources pull {dataset.name}` where there is a network"
    )
