"""The command grammar: an action as a verb and plain fields, and back.

One grammar for everyone who writes actions down: a person at the terminal, a language model's tool call, a request on
the socket, and the record. A submission is spelt by its three texts, ``plan``, ``data`` and ``train``::

    look    what, name, offset, limit, only,   check    plan, data, train
            train
    shell   command, wall_s                    train    plan, data, train, validate_items
    merge   parents, method, weights, density  finish  experiment, gave_up

``parents`` and ``weights`` are lists.
"""

import reprlib
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from functools import cache
from types import UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from ftdojo.errors import UnknownName, UsageError
from ftdojo.records.experiments import Submission
from ftdojo.records.protocol import Action, Check, Finish, Look, Merge, Shell, Train

ACTIONS: Mapping[str, type[Action]] = {
    "look": Look,
    "shell": Shell,
    "check": Check,
    "train": Train,
    "merge": Merge,
    "finish": Finish,
}
LOOK_ORDER = ("what", "name", "offset", "limit")
"""The order of a look's fields where they are written without their names."""
_CALLED: Mapping[type, str] = {
    str: "a text",
    tuple: "a list",
    int: "a whole number",
    float: "a number",
    type(None): "null",
}


@dataclass(frozen=True)
class _Field:
    """One field of an action: the types it may have, the values it may take if they are listed, whether it must be given.

    ``each`` is the type of the values of a list, None for what is none.
    """

    types: tuple[type, ...]
    choices: tuple[str, ...]
    required: bool
    each: type | None = None


def parse_action(verb: str, values: Mapping[str, object]) -> Action:
    """Return the action that ``verb`` and its fields spell.

    Types are taken strictly (``"20"`` is not a number); whether the action can be carried out is for the dojo to say.

    Args:
        verb: ``look``, ``shell``, ``check``, ``train``, ``merge`` or ``finish``.
        values: name of a field -> its value, as plain data; fields with a default may be left out.

    Raises:
        UnknownName: there is no such verb, no such field of it, or no such choice for a field.
        UsageError: a field is missing, or its value is of another type.

    Example:
        >>> parse_action("look", {"what": "source", "name": "worked"})
        Look(what='source', name='worked', offset=0, limit=20, only='all', train='')
    """
    if verb not in ACTIONS:
        raise UnknownName("action", verb, ACTIONS)
    known = _fields(verb)
    for name in values:
        if name not in known:
            raise UnknownName(f"field of {verb}", name, known)
    missing = [name for name, each in known.items() if each.required and name not in values]
    if missing:
        needed = ", ".join(_described(name, each) for name, each in known.items() if each.required)
        raise UsageError(f"{verb} lacks {', '.join(missing)}; it needs {needed}.")
    checked = {name: _checked(verb, name, value, known[name]) for name, value in values.items()}
    return ACTIONS[verb](**_arguments(verb, checked))


def fields_of(action: Action) -> dict[str, Any]:
    """Return the fields of ``action`` as plain data; ``parse_action(action.verb, ...)`` reads them back.

    Example:
        >>> fields_of(Finish(experiment="e2"))
        {'experiment': 'e2', 'gave_up': ''}
    """
    plain = {each: getattr(action, each) for each in _names(type(action))}
    submission = plain.pop("submission", None)
    return (asdict(submission) if submission else {}) | plain


def parse_look(text: str) -> Look:
    """Return the look that a line of words asks for: ``WHAT [NAME [OFFSET [LIMIT]]]``.

    ``wrong`` among the words after ``predictions`` asks for the wrong ones only.

    Raises:
        UsageError: the line is not of that form.

    Example:
        >>> parse_look("predictions e1 wrong 20")
        Look(what='predictions', name='e1', offset=20, limit=20, only='wrong', train='')
    """
    words = text.split()
    wrong = words[:1] == ["predictions"] and "wrong" in words
    words = [each for each in words if not wrong or each != "wrong"]
    if len(words) > len(LOOK_ORDER):
        raise UsageError(
            f"look {reprlib.repr(text)} has {len(words)} words; write WHAT NAME OFFSET LIMIT."
        )
    values: dict[str, object] = dict(zip(LOOK_ORDER, words, strict=False))
    values |= {"only": "wrong"} if wrong else {}
    for name in ("offset", "limit"):
        word = str(values.get(name, ""))
        if word.removeprefix("-").isdecimal():
            values[name] = int(word)
    action = parse_action("look", values)
    assert isinstance(action, Look)
    return action


def _arguments(verb: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``values`` with the three texts of a submission, if the action has one, made into one."""
    if "submission" not in _names(ACTIONS[verb]):
        return dict(values)
    texts = {name: values[name] for name in _names(Submission) if name in values}
    rest = {name: value for name, value in values.items() if name not in texts}
    return rest | {"submission": Submission(**texts)} if texts else rest


def _checked(verb: str, name: str, value: object, field: _Field) -> object:
    """Return ``value`` if the field may hold it."""
    if field.choices and value not in field.choices:
        raise UnknownName(verb, str(value)[:80], field.choices)
    if field.each and isinstance(value, list | tuple):
        one = _Field((field.each,), (), required=True)
        return tuple(_checked(verb, name, each, one) for each in value)
    if float in field.types and type(value) is int:
        return float(value)
    if isinstance(value, bool) or not isinstance(value, field.types):
        wanted = " or ".join(_CALLED[each] for each in field.types)
        raise UsageError(f"{name}={reprlib.repr(value)} of {verb} is not {wanted}.")
    return value


def _described(name: str, field: _Field) -> str:
    return f"{name} ({', '.join(field.choices)})" if field.choices else name


@cache
def _fields(verb: str) -> Mapping[str, _Field]:
    """Return the fields of an action by name, with those of its submission in its place."""
    cls, found = ACTIONS[verb], dict[str, _Field]()
    hints = get_type_hints(cls)
    for each in fields(cls):
        if each.name == "verb":
            continue
        if hints[each.name] is Submission:
            found |= {name: _Field((str,), (), True) for name in _names(Submission)}
            continue
        found[each.name] = _field(hints[each.name], required=each.default is MISSING)
    return found


def _field(hint: Any, *, required: bool) -> _Field:
    if get_origin(hint) is Literal:
        return _Field((str,), get_args(hint), required)
    if get_origin(hint) is tuple:
        return _Field((tuple,), (), required, each=get_args(hint)[0])
    return _Field(get_args(hint) if isinstance(hint, UnionType) else (hint,), (), required)


def _names(cls: type) -> tuple[str, ...]:
    return tuple(each.name for each in fields(cls) if each.name != "verb")
