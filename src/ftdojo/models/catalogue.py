"""Names to models: the two of ours, ids of the hub and folders on this disk, all through one ``pull``."""

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ftdojo.errors import ModelError, UnknownName
from ftdojo.models import hub, smollm2, tiny
from ftdojo.models.entries import (
    Progress,
    disk_errors,
    entry_folder,
    filling,
    find_damage,
    locked,
    make_folder,
    read_manifest,
    write_manifest,
)
from ftdojo.models.loading import require_loadable
from ftdojo.models.local import LocalModel, describe, with_settings
from ftdojo.models.weights import tensor_digest, weight_files

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*(@[\w./-]+)?")
_HINT = "A folder (./name) or a model of the hub (org/name or org/name@revision) is right, too."


@dataclass(frozen=True, kw_only=True)
class KnownModel:
    """One line of ``ftdojo models list``. ``size_bytes`` is what the weights take on disk, once pulled."""

    name: str
    licence: str
    params: int
    cached: bool
    size_bytes: int
    note: str


def silent(message: str) -> None:
    """Drop a progress message."""


def pull(name: str, *, cache: Path, on_progress: Progress = silent) -> LocalModel:
    """Return the model called ``name``, fetching or making it on the first call.

    Args:
        name: ``smollm2-135m``, ``tiny``, a folder, or ``org/name`` or ``org/name@revision`` on the hub.
        cache: where models are kept, under ``models/``.
        on_progress: gets a line for each thing that takes time or was repaired.

    Raises:
        UnknownName: no such name.
        ModelError: it cannot be obtained, read or trusted; the message says what to do.
    """
    if name == smollm2.NAME:
        made = _made(name, _smollm2(cache, on_progress), cache=cache, on_progress=on_progress)
        return with_settings(made)
    if name == tiny.NAME:
        return with_settings(_made(name, _tiny, cache=cache, on_progress=on_progress))
    if name.startswith((".", "/", "~")) or Path(name).is_dir():
        return _folder(Path(name).expanduser(), cache=cache, on_progress=on_progress)
    if _HUB_ID.fullmatch(name):
        return _hub(name, cache=cache, on_progress=on_progress)
    raise UnknownName("model", name, (smollm2.NAME, tiny.NAME), _HINT)


def verify(model: LocalModel) -> None:
    """Hash the weights of ``model`` again.

    Raises:
        ModelError: they are not the ones its digest stands for.
    """
    found = tensor_digest(model.path)
    if found != model.digest:
        raise ModelError(
            f"The weights in {model.path} have the digest {found[:12]}..., not {model.digest[:12]}...: they were "
            "changed; delete the folder and pull the model again."
        )


def hub_id(model: LocalModel) -> str:
    """Return the hub's id of what ``model`` was made from, or the empty string where the hub has nothing of it."""
    if model.name == smollm2.NAME:
        return smollm2.HUB_ID
    is_folder = model.path == Path(model.name)
    return "" if is_folder or not _HUB_ID.fullmatch(model.name) else model.name.partition("@")[0]


def known(*, cache: Path) -> list[KnownModel]:
    """Return our models and every hub model that was pulled into ``cache``."""
    ours = [
        _known(smollm2.NAME, cache, smollm2.LICENCE, smollm2.PARAMS, "default; 93 MB to download"),
        _known(
            tiny.NAME, cache, tiny.LICENCE, tiny.PARAMS, "random weights, generated here; for tests"
        ),
    ]
    pulled = [read_manifest(path.parent) for path in sorted(cache.glob("models/*/ftdojo.json"))]
    others = [model for model in pulled if model and _HUB_ID.fullmatch(model.name)]
    return ours + [_known(m.name, cache, m.licence, m.params, "from the hub") for m in others]


def _known(name: str, cache: Path, licence: str, params: int, note: str) -> KnownModel:
    entry = entry_folder(name, cache)
    model = None if find_damage(entry) else read_manifest(entry)
    size = sum(file.stat().st_size for file in weight_files(model.path)) if model else 0
    return KnownModel(
        name=name, licence=licence, params=params, cached=size > 0, size_bytes=size, note=note
    )


def _made(
    name: str, make: Callable[[Path], LocalModel], *, cache: Path, on_progress: Progress
) -> LocalModel:
    """Return the entry of one of our own models, making it where it is absent or damaged."""
    entry = entry_folder(name, cache)
    with locked(entry, on_progress):
        damage = find_damage(entry) or _outdated(entry)
        if damage and entry.exists():
            on_progress(f"{name}: the copy in {entry} cannot be used: {damage}; making it again.")
        if damage:
            with filling(entry) as fresh:
                write_manifest(make(fresh), fresh)
        model = read_manifest(entry)
    if model is None:
        raise ModelError(f"{entry} vanished while it was read; try again.")
    return model


def _outdated(entry: Path) -> str:
    model = read_manifest(entry)
    current = model is not None and model.revision in (smollm2.REVISION, tiny.REVISION)
    return "" if current else "another version of ftdojo made it"


def _smollm2(cache: Path, on_progress: Progress) -> Callable[[Path], LocalModel]:
    def make(folder: Path) -> LocalModel:
        smollm2.make(folder, downloads=cache / "downloads", on_progress=on_progress)
        return describe(
            folder, name=smollm2.NAME, revision=smollm2.REVISION, licence=smollm2.LICENCE
        )

    return make


def _tiny(folder: Path) -> LocalModel:
    tiny.make(folder)
    return describe(folder, name=tiny.NAME, revision=tiny.REVISION, licence=tiny.LICENCE)


def _folder(folder: Path, *, cache: Path, on_progress: Progress) -> LocalModel:
    """Return a folder of the user's; its digest is remembered in the cache, nothing is written into the folder."""
    folder = folder.resolve()
    if not folder.is_dir():
        raise ModelError(f"There is no folder {folder}; name one with config.json and safetensors.")
    entry = entry_folder(str(folder), cache)
    with locked(entry, on_progress):
        model = read_manifest(entry)
        if model is None or find_damage(entry):
            model = _remember(describe(folder, name=str(folder), revision=""), entry)
    return _loadable(model, entry)


def _hub(name: str, *, cache: Path, on_progress: Progress) -> LocalModel:
    """Return a model of the hub; once pulled, the commit it was at stays, and the network is not used again."""
    entry = entry_folder(name, cache)
    repo, _, revision = name.partition("@")
    with locked(entry, on_progress):
        model, damage = read_manifest(entry), find_damage(entry)
        if model and damage:
            on_progress(
                f"{name}: the copy in {model.path} cannot be used: {damage}; getting it again."
            )
        if model is None or damage:
            again = model is not None
            folder, commit = hub.fetch(repo, revision, again=again, on_progress=on_progress)
            model = _remember(describe(folder, name=name, revision=commit), entry)
    return _loadable(model, entry)


def _loadable(model: LocalModel, entry: Path) -> LocalModel:
    """Return ``model`` as its folder describes it now; once seen to be one that transformers loads, that is remembered."""
    found, mark = with_settings(model), entry / "loadable"
    if not mark.is_file() or mark.read_text(encoding="utf8") != found.settings:
        require_loadable(found.path, found.name)
        with disk_errors(entry):
            mark.write_text(found.settings, encoding="utf8")
    return found


def _remember(model: LocalModel, entry: Path) -> LocalModel:
    """Record in ``entry`` a model whose files lie elsewhere."""
    shutil.rmtree(entry, ignore_errors=True)
    make_folder(entry)
    with disk_errors(entry):
        write_manifest(model, entry)
    return model
