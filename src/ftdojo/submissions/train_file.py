"""The file ``train.yaml``: read into a ``TrainConfig`` or refused in clauses, written, and its options as a table."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from ftdojo.records import Failure, FailureKind, Stage
from ftdojo.submissions.dialects import IGNORED, about_unknown
from ftdojo.submissions.strict_yaml import YamlFault, read_mapping, write_mapping
from ftdojo.submissions.texts import short
from ftdojo.submissions.train_config import TrainConfig

FILE = "train.yaml"
MAX_CLAUSES = 5


def read_train(text: str) -> TrainConfig | Failure:
    """Read the text of ``train.yaml``; an empty one means every default.

    Options that only decide what is logged are passed over (``about_ignored``).

    Returns:
        The config, or one failure whose message names up to ``MAX_CLAUSES`` faults, each with what would be right.
    """
    try:
        given = read_mapping(text)
    except YamlFault as fault:
        kind = FailureKind.SYNTAX if fault.syntax else FailureKind.SCHEMA
        return _failure(kind, [str(fault)])
    given = {name: value for name, value in given.items() if name not in IGNORED}
    fields = TrainConfig.model_fields
    unknown = [name for name in given if name not in fields]
    faults = [about_unknown(name, fields) for name in unknown[:MAX_CLAUSES]]
    faults += [""] * (len(unknown) - len(faults))  # counted, not shown
    try:
        config = TrainConfig.model_validate({k: v for k, v in given.items() if k in fields})
    except ValidationError as error:
        faults += _clauses(error, given)
        return _failure(FailureKind.SCHEMA, faults)
    return _failure(FailureKind.SCHEMA, faults) if faults else config


def about_ignored(text: str) -> tuple[str, ...]:
    """Return a sentence on the options of a ``train.yaml`` that can be read and that were passed over; none if all count."""
    names = [name for name in read_mapping(text) if name in IGNORED]
    said = f"{', '.join(names)} in {FILE} changes nothing: the dojo decides what is logged."
    return (said,) if names else ()


def write_train(config: TrainConfig) -> str:
    """Write every field that has an effect; ``read_train`` returns an equal config."""
    idle = config.idle()
    values = config.model_dump(mode="json", exclude_none=True)
    return write_mapping({name: value for name, value in values.items() if name not in idle})


def describe_train() -> str:
    """Return a Markdown table of every field: what it does, what it may be, its default."""
    lines = ["| field | meaning | allowed | default |", "|---|---|---|---|"]
    for name, spec in _specs().items():
        default = spec.get("default_text", _plain(spec.get("default")))
        lines.append(f"| `{name}` | {spec['description']} | {_allowed(spec)} | {default} |")
    return "\n".join(lines) + "\n"


def _failure(kind: FailureKind, faults: list[str]) -> Failure:
    shown, more = faults[:MAX_CLAUSES], len(faults) - MAX_CLAUSES
    if more > 0:
        shown.append(f"and {more} more")
    count = f"{FILE} has {len(faults)} faults: " if len(faults) > 1 else f"{FILE}: "
    return Failure(stage=Stage.STATIC, kind=kind, message=count + "; ".join(shown) + ".", file=FILE)


def _clauses(error: ValidationError, given: Mapping[str, Any]) -> list[str]:
    """Return one clause a field, in the order of the fields."""
    specs, clauses = _specs(), dict[str, str]()
    for detail in error.errors(include_url=False):
        if detail["type"] != "default_factory_not_called":
            name = str(detail["loc"][0]) if detail["loc"] else ""
            clauses[name] = _clause(name, detail, given, specs)
    return list(clauses.values())


def _clause(
    name: str, detail: ErrorDetails, given: Mapping[str, Any], specs: Mapping[str, Any]
) -> str:
    if not name:  # a rule between fields has its own message
        return str(detail["ctx"]["error"])
    return f"{name} is {short(given[name])}, it must be {_allowed(specs[name])}"


def _specs() -> dict[str, dict[str, Any]]:
    specs: dict[str, dict[str, Any]] = TrainConfig.model_json_schema()["properties"]
    return specs


def _allowed(spec: Mapping[str, Any]) -> str:
    """Return in words what a field may hold."""
    if "allowed" in spec:
        return str(spec["allowed"])
    if "enum" in spec:
        return " or ".join([", ".join(spec["enum"][:-1]), spec["enum"][-1]])
    if "const" in spec:
        return str(spec["const"])
    if spec["type"] == "boolean":
        return "true or false"
    kind = "a whole number" if spec["type"] == "integer" else "a number"
    return f"{kind} {_range(spec)}"


def _range(spec: Mapping[str, Any]) -> str:
    if "exclusiveMinimum" in spec:
        return f"above {spec['exclusiveMinimum']}, at most {spec['maximum']}"
    if "exclusiveMaximum" in spec:
        return f"from {spec['minimum']}, below {spec['exclusiveMaximum']}"
    return f"from {spec['minimum']} to {spec['maximum']}"


def _plain(value: object) -> str:
    if value is None:
        return "none"
    return str(value).lower() if isinstance(value, bool) else str(value)
