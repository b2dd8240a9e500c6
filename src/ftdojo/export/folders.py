"""Target folders: refused when something is in them, and filled whole or not at all."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from ftdojo.errors import ModelError, UsageError
from ftdojo.models import TOKENIZER_FILES, disk_errors, make_folder

_REMEDY = "name a folder on another disk"
Kind = Literal["base", "adapter", "full"]


def kind_of(weights: Path | None) -> Kind:
    """Return what kind of weights an experiment left; None stands for the untouched base.

    Raises:
        ModelError: the folder holds neither an adapter nor a model.
    """
    if weights is None:
        return "base"
    if (weights / "adapter_config.json").is_file():
        if not (weights / "adapter_model.safetensors").is_file():
            raise ModelError(
                f"{weights} lacks adapter_model.safetensors; train the experiment again."
            )
        return "adapter"
    if (weights / "config.json").is_file():
        return "full"
    raise ModelError(
        f"{weights} holds no weights; an adapter (adapter_config.json) or a model (config.json) belongs there."
    )


@contextmanager
def writing(to: Path) -> Iterator[Path]:
    """Yield an empty folder that becomes ``to`` when the block ends well, and vanishes when it does not.

    Raises:
        UsageError: ``to`` is a file, or a folder with something in it.
        ModelError: the disk is full or cannot be written.
    """
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise UsageError(f"{to} exists and is not an empty folder; name another one, or delete it.")
    fresh = to.parent / f".{to.name}.tmp{os.getpid()}"
    try:
        make_folder(fresh, remedy=_REMEDY, told=to)
        with disk_errors(to.parent, remedy=_REMEDY):
            yield fresh
            if to.exists():
                to.rmdir()
            fresh.replace(to)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def copy_tokenizer(source: Path, to: Path) -> None:
    """Copy tokenizer and chat template byte by byte: training changes neither."""
    for pattern in TOKENIZER_FILES:
        for file in source.glob(pattern):
            shutil.copyfile(file, to / file.name)
