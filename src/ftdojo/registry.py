"""One registry class with three doors: ours, entry points of plugins, and ``module:name`` for the impatient."""

from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import entry_points
from typing import Generic, TypeVar, cast

from ftdojo.errors import UnknownName, UsageError

T = TypeVar("T")


class Registry(Generic[T]):
    """Names and the import paths of what they mean; nothing is imported before it is asked for.

    Args:
        kind: what is registered, as a noun ("task"); its plural names the entry-point group (``ftdojo.tasks``).
        builtin: name -> ``module:attribute`` of ours.

    Example:
        >>> Registry("colour", {"pi": "math:pi"}).get("pi")
        3.141592653589793
    """

    def __init__(self, kind: str, builtin: dict[str, str]) -> None:
        self.kind, self._builtin = kind, builtin
        plural = f"{kind.removesuffix('y')}ies" if kind.endswith("y") else f"{kind}s"
        self._group = f"ftdojo.{plural}"

    def __iter__(self) -> Iterator[str]:
        """Yield every known name, sorted."""
        return iter(sorted(self._homes()))

    def get(self, name: str) -> T:
        """Import and return what ``name`` means; ``module:attribute`` is taken as it stands.

        Raises:
            UnknownName: nothing is registered under ``name``.
            UsageError: ``module:attribute`` cannot be imported.
        """
        home = self.home(name)
        module, _, attribute = home.partition(":")
        try:
            return cast(T, getattr(import_module(module), attribute))
        except (ImportError, AttributeError) as error:
            raise UsageError(
                f"The {self.kind} {name!r} ({home}) cannot be imported: {error}."
            ) from error

    def home(self, name: str) -> str:
        """Return the ``module:attribute`` that ``name`` stands for.

        Raises:
            UnknownName: nothing is registered under ``name``.
        """
        # Ours come first: looking through the installed packages for plugins takes milliseconds.
        if name in self._builtin or ":" in name:
            return self._builtin.get(name, name)
        homes = self._homes()
        if name not in homes:
            hint = f"A plugin adds more under the entry-point group '{self._group}'."
            raise UnknownName(self.kind, name, homes, hint)
        return homes[name]

    def _homes(self) -> dict[str, str]:
        plugins = {entry.name: entry.value for entry in entry_points(group=self._group)}
        return plugins | self._builtin
