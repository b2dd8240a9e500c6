"""Where the files of a part of a data set are."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Place:
    """The files of one part, on this machine.

    ``raw`` files are the publisher's, and ``Part.read`` turns their rows into the data set's own; others hold those
    already. ``commit`` is that of the hub, where they came from there.
    """

    origin: Literal["mirror", "hub"]
    files: tuple[Path, ...]
    raw: bool
    commit: str = ""
