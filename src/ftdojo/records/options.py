"""How a value of a run is written: as an option of a command, and as a key of a matrix file.

The fields of ``RunSpec`` carry these; everything else (the programs' options, a matrix cell, the command that does a run
again) is derived from them.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, replace
from typing import Any, Literal

from ftdojo.errors import UsageError


def _same(value: Any) -> Any:
    return value


@dataclass(frozen=True, kw_only=True)
class Option:
    """One value of a run on a command line.

    Args:
        flag: how it is given, such as ``--max-disk``; ``other_flags`` are given up names that still work.
        help: one line for ``--help``.
        kind: what the program's parser makes of the word; ``list`` may be given more than once.
        read: turns that into the value; ``write`` is its inverse and returns one word.
        least: the smallest value that is taken; ``above`` says that it is not taken itself.
        choices: the values there are; empty where the value is looked up elsewhere.
        metavar: what stands for the value in ``--help``.
        scope: what a matrix file may set it for: every run (``run``), an agent (``agent``), or the runs that ask a
            language model (``llm``).
        entry: the key of a mapping that the value is; without one the value is the field's.
        commas: whether a matrix file may write it as a list.
        pinned: whether the command that does a run again names it even if it is the default.
        path: where the value lies in a ``RunSpec``, and ``default`` what it is there; both are filled in.
    """

    flag: str
    help: str
    kind: type = str
    read: Callable[[Any], Any] = _same
    write: Callable[[Any], str] = str
    least: float | None = None
    above: bool = False
    choices: tuple[str, ...] = ()
    metavar: str | None = None
    other_flags: tuple[str, ...] = ()
    scope: Literal["run", "agent", "llm"] = "run"
    entry: str = ""
    commas: bool = False
    pinned: bool = False
    path: tuple[str, ...] = ()
    default: Any = None

    @property
    def key(self) -> str:
        """The option's name in Python and in a matrix file, such as ``max_disk``; a plural where it may be repeated."""
        name = self.flag.strip("-").replace("-", "_")
        return f"{name}s" if self.kind is list else name

    def words(self, value: Any) -> list[str]:
        """Return ``value`` as words of a command line; none where it says nothing that leaving it out does not.

        Example:
            >>> Option(flag="--seed", help="", pinned=True).words(0)
            ['--seed', '0']
        """
        if value is None or (value == self.default and not self.pinned):
            return []
        if self.kind is bool:
            return [self.flag] if value else []
        if self.kind is list:
            return [word for name, each in value.items() for word in (self.flag, f"{name}={each}")]
        return [self.flag, self.write(value)]


def optional(default: Any, *options: Option) -> Any:
    """Return the field of a record whose value is set by ``options``; one for each key where it is a mapping."""
    if isinstance(default, type):  # a factory
        return field(default_factory=default, metadata={"options": options})
    return field(default=default, metadata={"options": options})


def options_of(cls: type, above: tuple[str, ...] = (), held: Any = None) -> Iterator[Option]:
    """Yield the options that the fields of ``cls``, and of the records in them, declare, in their order.

    A field that holds such a record says so by ``metadata={"part": its class}``; what it holds by default (``held``) are the
    defaults of the options in it.
    """
    for each in fields(cls):
        path = (*above, each.name)
        for option in each.metadata.get("options", ()):
            default = None if option.entry else _default(each, held)
            whole = (*path, option.entry) if option.entry else path
            yield replace(option, path=whole, default=default)
        if "part" in each.metadata:
            yield from options_of(each.metadata["part"], path, _default(each, held))


def _default(each: Field[Any], held: Any) -> Any:
    if held is not None:
        return getattr(held, each.name)
    return None if each.default is MISSING else each.default


def value_at(record: Any, path: tuple[str, ...]) -> Any:
    """Return what lies at ``path`` in ``record``, through fields and keys; None where the way ends before."""
    for name in path:
        if record is None:
            return None
        record = record.get(name) if isinstance(record, Mapping) else getattr(record, name)
    return record


def pairs(words: list[str]) -> dict[str, str]:
    """Read ``name=value`` words.

    Raises:
        UsageError: one of them is not such a word.
    """
    found = {}
    for each in words:
        name, equals, value = each.partition("=")
        if not equals or not name.strip():
            raise UsageError(f"--option {each!r} must be name=value, such as repairs=5.")
        found[name.strip()] = value.strip()
    return found
