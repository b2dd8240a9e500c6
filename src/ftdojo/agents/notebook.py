"""Where an agent keeps what it must not forget: a log of records in the run folder, on the disk before it goes on.

An agent that writes down each step before the next one begins survives a kill: read again, the notebook says where it was.
"""

from pathlib import Path
from typing import Generic, TypeVar

from ftdojo.store import append_line, codec, files

T = TypeVar("T")


class Notebook(Generic[T]):
    """A log of frozen dataclasses, in order.

    Args:
        path: the file; it and its folder are made by the first note.
        kinds: name of each kind of record -> its class. Names are part of the file's format.
    """

    def __init__(self, path: Path, kinds: dict[str, type[T]]) -> None:
        self._path, self._kinds = path, kinds
        self._names = {cls: name for name, cls in kinds.items()}
        self._notes: list[T] | None = None

    def add(self, note: T) -> None:
        """Write ``note`` down; it is on the disk on return.

        Raises:
            StoreError: it cannot be written.
        """
        known = self.notes()
        if not self._path.parent.exists():
            files.make_folder(self._path.parent)
        line = codec.dump_object({"note": self._names[type(note)], "with": note})
        append_line(self._path, line)
        known.append(note)

    def notes(self) -> list[T]:
        """Return every note, oldest first; the list is this notebook's own.

        Raises:
            StoreError: a line is damaged, or of a kind that nobody knows.
        """
        if self._notes is None:
            lines = enumerate(files.read_lines(self._path), 1)
            self._notes = [self._read(line, f"{self._path} line {n}") for n, line in lines]
        return self._notes

    def _read(self, line: str, where: str) -> T:
        found = codec.load_object(line, where=where)
        name = found.get("note")
        if not isinstance(name, str) or name not in self._kinds:
            raise codec.damaged(where, f"its note is {name!r}, not one of {', '.join(self._kinds)}")
        return codec.load(
            self._kinds[name], codec.dump_object(found.get("with") or {}), where=where
        )
