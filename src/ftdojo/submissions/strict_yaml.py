"""YAML as agents should write it: one mapping of plain values, YAML 1.2 scalars, no anchors, no tags, no surprises.

PyYAML follows YAML 1.1, where ``1e-4`` is a text, ``no`` is false and ``1:30`` is ninety; these loader and dumper know
the scalars of the YAML 1.2 core schema only, and are each other's inverse.
"""

import math
import re
from collections.abc import Mapping
from typing import Any

import yaml

from ftdojo.submissions.texts import short

MAX_CHARS = 65_536
MAX_DEPTH = 16
_TAG = "tag:yaml.org,2002:"
_SCALARS = {
    "null": (r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    "bool": (r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    "int": (r"[-+]?[0-9]{1,300}", list("-+0123456789")),
    "float": (
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
}


class YamlFault(ValueError):
    """The text is not a mapping of plain values; the message names what to write.

    ``syntax`` is false if it could be parsed but holds what is not allowed.
    """

    def __init__(self, why: str, *, syntax: bool = True) -> None:
        super().__init__(why)
        self.syntax = syntax


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 (PyYAML's own way)


class _Dumper(yaml.SafeDumper):
    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _quoted(dumper: _Dumper, text: str) -> yaml.Node:
    """Escape what is not printable: YAML would read some of it, such as U+0085, as the end of a line."""
    return dumper.represent_scalar(_TAG + "str", text, style=None if text.isprintable() else '"')


_Dumper.add_representer(str, _quoted)
for _name, (_pattern, _first) in _SCALARS.items():
    for _side in (_Loader, _Dumper):
        _side.add_implicit_resolver(_TAG + _name, re.compile(rf"(?:{_pattern})\Z"), _first)


def read_mapping(text: str) -> dict[str, Any]:
    """Read one YAML mapping; an empty document is an empty mapping.

    Values are texts, finite numbers, truth values, null, and lists and mappings of them; keys are texts.

    Raises:
        YamlFault: anything else: no mapping, a key twice, an anchor, a tag, nesting below ``MAX_DEPTH``, more than
            ``MAX_CHARS`` characters, several documents, NaN or infinity.
    """
    if len(text) > MAX_CHARS:
        raise YamlFault(
            f"it has {len(text)} characters, at most {MAX_CHARS} are read", syntax=False
        )
    if text.lstrip().startswith("```"):
        raise YamlFault("it begins with a Markdown fence; hand in the bare text")
    try:
        _refuse_the_unusual(text)
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        raise YamlFault(_where(error.problem_mark, error.problem or "it is not YAML")) from error
    except yaml.YAMLError as error:
        raise YamlFault("it holds a control character, which YAML does not allow") from error
    if node is None:
        return {}
    if not isinstance(node, yaml.MappingNode):
        raise YamlFault("it must hold lines of the form key: value", syntax=False)
    return _mapping(node)


def write_mapping(values: Mapping[str, Any]) -> str:
    """Write ``values`` such that ``read_mapping`` returns an equal mapping; keys keep their order."""
    if not values:
        return ""
    text: str = yaml.dump(
        dict(values), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100
    )
    return text


def _refuse_the_unusual(text: str) -> None:
    """Walk the events, which needs no recursion, before anything is built from them."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise _fault(event, f"it is nested more than {MAX_DEPTH} deep")
        if isinstance(event, yaml.NodeEvent) and event.anchor is not None:
            raise _fault(event, "anchors (&) and aliases (*) are not read; write the value out")
        if getattr(event, "tag", None) is not None:
            raise _fault(event, "tags (!) are not read; write the plain value")


def _mapping(node: yaml.MappingNode) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = _value(key_node)
        if not isinstance(key, str):
            raise _fault(key_node, "keys must be text")
        if key in values:
            raise _fault(key_node, f"the key {short(key)} is given twice; keep one")
        values[key] = _value(value_node)
    return values


def _value(node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return _mapping(node)
    if isinstance(node, yaml.SequenceNode):
        return [_value(each) for each in node.value]
    match node.tag.removeprefix(_TAG):
        case "null":
            return None
        case "bool":
            return node.value.lower() == "true"
        case "int":
            return int(node.value)
        case "float":
            return _finite(node)
        case _:
            return node.value


def _finite(node: yaml.Node) -> float:
    number = float(node.value.lower().replace(".inf", "inf").replace(".nan", "nan"))
    if not math.isfinite(number):
        raise _fault(node, f"{short(node.value)} is not a finite number")
    return number


def _fault(at: yaml.Event | yaml.Node, why: str) -> YamlFault:
    return YamlFault(_where(at.start_mark, why), syntax=False)


def _where(mark: Any, why: str) -> str:
    return f"line {mark.line + 1}, column {mark.column + 1}: {why}" if mark else why
