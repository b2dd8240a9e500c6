"""Records as JSON text and back, exactly. Data only: nothing that is read here can run anything.

JSON has no NaN and no infinities, yet a diverged training has them, so they are written as the strings ``"NaN"``,
``"Infinity"`` and ``"-Infinity"``. A key that a record does not have is refused, not dropped.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ftdojo.errors import StoreError, UsageError
from ftdojo.records import EVENTS, Action, Event, fields_of, parse_action

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError

T = TypeVar("T")
_ADAPTERS: dict[type, "TypeAdapter[list[Any]]"] = {}


def dump(record: object) -> str:
    """Return ``record``, a frozen dataclass, as one line of JSON.

    Raises:
        StoreError: a field is not of its declared type, or a text is not Unicode that a file can hold (a lone
            surrogate).

    Example:
        >>> from ftdojo.records import Estimate
        >>> dump(Estimate(score=0.5, n=200, low=0.43, high=float("inf")))
        '{"score":0.5,"n":200,"low":0.43,"high":"Infinity"}'
    """
    from pydantic_core import PydanticSerializationError

    try:
        return _adapter(type(record)).dump_json([record], warnings="error")[1:-1].decode()
    except PydanticSerializationError as error:
        kind, why = type(record).__name__, " ".join(str(error).split())
        raise StoreError(
            f"This {kind} cannot be stored: {why}. "
            "Its fields must be of the types it declares, and its texts valid Unicode."
        ) from error


def load(cls: type[T], text: str, *, where: Path | str = "the text") -> T:
    """Read back what ``dump`` wrote; ``where`` names the file in the message.

    Raises:
        StoreError: not JSON, or not a ``cls``: a field missing, of the wrong type, or unknown.
    """
    from pydantic import ValidationError

    try:
        found: list[T] = _adapter(cls).validate_json(f"[{text}]")
    except ValidationError as error:
        raise damaged(where, f"as a {cls.__name__}, {_first(error)}") from error
    if len(found) != 1:
        raise damaged(where, f"it holds {len(found)} records, not one")
    return found[0]


def dump_action(action: Action) -> str:
    """Return an action as JSON: its verb and its fields, as ``records.parse_action`` reads them.

    Raises:
        StoreError: a text of it is not Unicode that a file can hold (a lone surrogate).

    Example:
        >>> from ftdojo.records import Finish
        >>> dump_action(Finish(experiment="e2"))
        '{"verb":"finish","experiment":"e2","gave_up":""}'
    """
    return dump_object({"verb": action.verb, **fields_of(action)})


def load_action(text: str, *, where: Path | str = "the text") -> Action:
    """Read back what ``dump_action`` wrote.

    Raises:
        StoreError: not such a text.
    """
    found = load_object(text, where=where)
    try:
        return parse_action(str(found.pop("verb", "")), found)
    except UsageError as error:
        raise damaged(where, str(error)) from error


def dump_object(fields: dict[str, Any]) -> str:
    """Return plain fields as one line of JSON; records, enums and paths among them become plain too.

    Raises:
        StoreError: a value that is no data, or no Unicode.
    """
    from pydantic_core import PydanticSerializationError, to_json

    try:
        return to_json(fields, inf_nan_mode="strings").decode()
    except PydanticSerializationError as error:
        raise StoreError(f"These fields cannot be stored: {error}. Give plain data.") from error


def load_object(text: str, *, where: Path | str) -> dict[str, Any]:
    """Read one JSON object.

    Raises:
        StoreError: not JSON, or another JSON value.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise damaged(where, str(error)) from error
    if not isinstance(found, dict):
        raise damaged(where, f"it holds a {type(found).__name__}, not an object")
    return found


def load_event(text: str, *, where: Path | str) -> Event:
    """Read back a line of a run's log; its time is left out.

    Raises:
        StoreError: not such a line.
    """
    fields = load_object(text, where=where)
    kind = fields.pop("kind", None)
    fields.pop("t", None)
    if not isinstance(kind, str) or kind not in EVENTS:
        raise damaged(where, f"its kind is {kind!r}, not one of {', '.join(EVENTS)}")
    return load(EVENTS[kind], json.dumps(fields), where=where)


def damaged(where: Path | str, why: str) -> StoreError:
    """Return the error for a stored file that cannot be read."""
    return StoreError(
        f"{where} is damaged or was written by another version of ftdojo: {why}. "
        "Restore it from a copy, or move its folder aside and start a new run."
    )


def _adapter(cls: type) -> "TypeAdapter[list[Any]]":
    """Return the adapter of a list of one: a list may carry settings, and hands them on to every record inside."""
    from pydantic import ConfigDict, TypeAdapter

    if cls not in _ADAPTERS:
        settings = ConfigDict(extra="forbid", ser_json_inf_nan="strings")
        _ADAPTERS[cls] = TypeAdapter(list[cls], config=settings)  # type: ignore[valid-type]  # a class is data here
    return _ADAPTERS[cls]


def _first(error: "ValidationError") -> str:
    first = error.errors(include_url=False, include_context=False)[0]
    place = ".".join(str(part) for part in first["loc"][1:])
    return f"{place or 'the whole'}: {first['msg']}"
