"""Structured replies: the instruction on the form, how the text is read, and the correction of faults."""

import json
from typing import TYPE_CHECKING, Any, TypeVar

from ftdojo.errors import LlmUnusable
from ftdojo.llm.types import Reply
from ftdojo.records import Message

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

T = TypeVar("T", bound="BaseModel")

QUOTED = 4000
"""Characters of a bad answer that are shown to the model again."""
NAMED = 8
"""Faults of a bad answer that are named."""
REPAIRED_LETTERS, REPAIRED_BRACES = 200_000, 1_000
"""The repair of longer or more bracketed rubbish takes minutes: its time grows with the square of both."""

_NOT_STRICT = ("default", "minLength", "maxLength", "discriminator")
"""Keywords that servers refuse in strict schemas; pydantic still checks what they require."""


def schema_of(cls: "type[BaseModel]") -> dict[str, Any]:
    """Return the JSON schema of ``cls`` as strict servers want it: closed objects, every field required."""
    strict = _strict(cls.model_json_schema())
    assert isinstance(strict, dict)
    return strict


def is_strict(schema: object) -> bool:
    """Return whether a server can hold a reply to ``schema`` to the letter: no object in it is open."""
    if isinstance(schema, list):
        return all(map(is_strict, schema))
    if not isinstance(schema, dict):
        return True
    closed = schema.get("type") != "object" or schema.get("additionalProperties") is False
    return closed and all(map(is_strict, schema.values()))


def instruction(schema: object) -> str:
    """Return the instruction on the form for servers that have no such option."""
    return (
        "Reply with one JSON object and nothing else: no prose, no code fence. "
        f"It must follow this JSON schema:\n{json.dumps(schema, ensure_ascii=False)}"
    )


def read(reply: Reply, cls: type[T]) -> T:
    """Return what a reply holds as a ``cls``, repairing JSON that is nearly right.

    A reply that was cut off is not repaired: half a plan would pass for a whole one.

    Raises:
        LlmUnusable: it was refused, cut, or is not of that form; the message is for the model to read.
    """
    from pydantic import ValidationError

    if reply.finish == "refusal":
        raise LlmUnusable(f"It was refused: {reply.text[:200].strip()!r}.", why="refusal")
    if reply.finish == "length":
        raise LlmUnusable("It was cut off at the limit of tokens.", why="length")
    text = reply.text.rpartition("</think>")[2]  # what was thought aloud may hold drafts
    try:
        return cls.model_validate_json(text)
    except ValidationError as error:
        repaired = _repaired(text)
        if repaired is None:
            raise LlmUnusable(f"It holds no JSON object: {_faults(error)}") from error
    try:
        return cls.model_validate(repaired)
    except ValidationError as error:
        raise LlmUnusable(f"It does not follow the required form: {_faults(error)}") from error


def correction(reply: Reply, fault: str, schema: object) -> tuple[Message, ...]:
    """Return the turns that show a model its last answer, what is wrong with it, and the form (some servers drop it)."""
    last = reply.text[:QUOTED] or "(nothing)"
    shorter = " Be much shorter." if reply.finish == "length" else ""
    return (
        {"role": "assistant", "content": last},
        {
            "role": "user",
            "content": f"This answer cannot be used. {fault}{shorter} "
            f"Answer again, whole. {instruction(schema)}",
        },
    )


def _strict(node: Any) -> Any:
    if isinstance(node, list):
        return [_strict(each) for each in node]
    if not isinstance(node, dict):
        return node
    named = {"properties", "$defs"}  # their keys are names, not keywords
    made = {
        ("anyOf" if key == "oneOf" else key): (
            {name: _strict(each) for name, each in value.items()}
            if key in named
            else _strict(value)
        )
        for key, value in node.items()
        if key not in _NOT_STRICT
    }
    if made.get("type") == "object" and "properties" in made:
        made |= {"required": list(made["properties"])}
        made.setdefault("additionalProperties", False)
    return made


def _repaired(text: str) -> object | None:
    """Return the first JSON object in ``text``, after repair (commas, quotes) if need be, or ``None``."""
    import json_repair

    text = text[text.find("{") :] if "{" in text else ""
    try:
        found, _ = json.JSONDecoder().raw_decode(text)
        return found if isinstance(found, dict) else None
    except (ValueError, RecursionError):
        if text.count("{") > REPAIRED_BRACES or len(text) > REPAIRED_LETTERS:
            return None
    try:
        found = json_repair.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _faults(error: "ValidationError") -> str:
    found = error.errors(include_url=False, include_input=False, include_context=False)
    named = [f"{'.'.join(map(str, each['loc'])) or 'reply'}: {each['msg']}" for each in found]
    more = f"; and {len(named) - NAMED} more" if len(named) > NAMED else ""
    return "; ".join(named[:NAMED]) + more + "."
