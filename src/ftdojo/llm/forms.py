"""Structured replies: the instruction on the form, how the text is read, and the correction of faults."""

import json
import math
import re
from collections.abc import Iterator
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

_MARK = re.compile(
    r"\{|</(?:\w+:)?(?:think|thinking|thought|thoughts|reasoning|analysis)>|\[/THINK\]|◁/think▷"
    r"|<\|channel\|>final<\|message\|>",
    re.IGNORECASE,
)
"""Where an object may begin, or a thought ends."""
_QUOTE = re.compile(r'(?<!\\)(?:\\\\)*"')
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

    Whatever a model wraps around its answer, the last object of the right form counts, but none of what it thought
    aloud. A reply that was cut off is not repaired: half a plan would pass for a whole one.

    Raises:
        LlmUnusable: it was refused, cut, or is not of that form; the message is for the model to read.
    """
    from pydantic import ValidationError

    if reply.finish == "refusal":
        raise LlmUnusable(f"It was refused: {reply.text[:200].strip()!r}.", why="refusal")
    if reply.finish == "length":
        raise LlmUnusable("It was cut off at the limit of tokens.", why="length")
    fault = ""
    try:
        for found in _objects(reply.text, frozenset(cls.model_fields)):
            try:
                made = cls.model_validate(found)
            except ValidationError as error:
                fault = fault or _faults(error)
                continue
            if legible(plain := made.model_dump()) == plain:
                return made
            fault = fault or "a number in it is not finite."
    except RecursionError:
        fault = fault or "it is nested too deeply."
    if fault:
        raise LlmUnusable(f"It does not follow the required form: {fault}")
    raise LlmUnusable("It holds no JSON object.")


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


def _objects(text: str, fields: frozenset[str]) -> list[dict[str, Any]]:
    """Return the JSON objects of a reply that may be its answer: those with most of the fields first, the last first."""
    text = _unquoted(text)
    whole, begins = _whole_objects(text)
    found = [each for value, _ in reversed(whole) for each in _inside(value, fields)]
    # What needs repair begins after the last thought, or after a whole answer that is a draft of it.
    drafts = [
        end
        for value, end in whole
        if any(_is_most(each, fields) for each in _inside(value, fields))
    ]
    found = _repaired(text[max([begins, *drafts]) :]) + found
    return sorted(found, key=lambda each: -len(fields & set(each)))


def _whole_objects(text: str) -> tuple[list[tuple[object, int]], int]:
    """Return the objects that need no repair with where they end, but none of a thought; and where the last thought ends."""
    decoder, found = json.JSONDecoder(strict=False), list[tuple[object, int]]()
    begins = at = failed = 0
    broken: int | None = None
    for mark in _MARK.finditer(text):
        if mark.start() < at:
            continue
        if mark[0] == "{":
            try:
                value, at = decoder.raw_decode(text, mark.start())
                found.append((legible(value), at))
                continue
            except (ValueError, RecursionError):
                broken = mark.start() if broken is None else broken
        elif broken is None or len(_QUOTE.findall(text, broken, mark.start())) % 2 == 0:
            found, begins, broken = (
                [],
                mark.end(),
                None,
            )  # drafts; in a string of a broken object it ends no thought
        failed += 1
        if failed > REPAIRED_BRACES:
            break
    return found, begins


def _unquoted(text: str) -> str:
    """Return the text in a reply that is one JSON string, as of models that write JSON as JSON."""
    try:
        found = json.loads(text) if text.lstrip().startswith('"') else text
    except (ValueError, RecursionError):
        return text
    return found if isinstance(found, str) else text


def _inside(value: object, fields: frozenset[str]) -> Iterator[dict[str, Any]]:
    """Yield an object, and what is in it unless it has most of the fields: a tool call, or a name for the answer."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        for each, _ in _whole_objects(value)[0]:
            yield from _inside(each, fields)
    if isinstance(value, dict):
        yield value
    if isinstance(value, dict | list) and not _is_most(value, fields):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _inside(each, fields)


def _is_most(value: object, fields: frozenset[str]) -> bool:
    """Return whether ``value`` is an object with most of the fields."""
    return isinstance(value, dict) and 2 * len(fields & set(value)) > len(fields)


def _repaired(text: str) -> list[dict[str, Any]]:
    """Return the JSON objects in ``text`` after repair (commas, quotes), the last first."""
    import json_repair

    text = text[text.find("{") :] if "{" in text else ""
    if not text or text.count("{") > REPAIRED_BRACES or len(text) > REPAIRED_LETTERS:
        return []
    try:
        found = legible(json_repair.loads(text))
    except (ValueError, RecursionError):
        return []
    several = found if isinstance(found, list) else [found]
    return [each for each in reversed(several) if isinstance(each, dict)]


def legible(value: Any) -> Any:
    r"""Return a JSON value as every file, prompt and script can hold it.

    Halves of a character become one again, or a mark where the other half is missing; so does NUL. NaN and the
    infinities, which JSON does not have, are taken for nothing.

    Example:
        >>> legible({"a\ud83d\ude00": ["b\x00", float("nan")]})
        {'a😀': ['b�', None]}
    """
    if isinstance(value, str):
        whole = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return whole.replace("\0", "\ufffd")
    if isinstance(value, dict):
        return {legible(key): legible(each) for key, each in value.items()}
    if isinstance(value, list):
        return [legible(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _faults(error: "ValidationError") -> str:
    found = error.errors(include_url=False, include_input=False, include_context=False)
    named = [f"{'.'.join(map(str, each['loc'])) or 'reply'}: {each['msg']}" for each in found]
    more = f"; and {len(named) - NAMED} more" if len(named) > NAMED else ""
    return "; ".join(named[:NAMED]) + more + "."
