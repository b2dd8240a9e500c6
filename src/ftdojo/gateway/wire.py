"""Requests of data scripts, read as hostile text, and their replies: the part of OpenAI's protocol on offer."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ftdojo.errors import UnknownName, UsageError
from ftdojo.llm import Ask, Reply
from ftdojo.llm.record import digest_of
from ftdojo.records import Message, Role

MODELS: tuple[Role, ...] = ("strong", "weak")
"""The names that a script uses; which models they are is set by the run."""
PURPOSE = "data"
MAX_TOKENS = 2048
"""Of a reply, where the script sets no limit."""
_NOT_OFFERED = {
    "stream": "leave it out: the whole reply comes at once",
    "n": "repeat the request with another seed instead",
    "tools": "leave it out; request JSON by response_format instead",
}
_PASSED_ON = ("top_p", "seed", "stop", "frequency_penalty", "presence_penalty", "reasoning_effort")
_FINISH = {"stop": "stop", "length": "length", "refusal": "content_filter"}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class _Part(_Strict):
    type: Literal["text"]
    text: str


class _Turn(_Strict):
    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[_Part]
    name: str | None = None

    def message(self) -> Message:
        given = self.content
        text = given if isinstance(given, str) else "\n".join(part.text for part in given)
        return {"role": "system" if self.role == "developer" else self.role, "content": text}


class _Schema(_Strict):
    name: str = Field(default="reply", pattern=r"^[A-Za-z0-9_-]{1,64}$")
    schema_: dict[str, Any] = Field(alias="schema")
    strict: bool | None = None
    description: str | None = None


class _Format(_Strict):
    type: Literal["text", "json_object", "json_schema"]
    json_schema: _Schema | None = None


_Stop = Annotated[str, Field(min_length=1, max_length=200)]
_Most = Annotated[int, Field(ge=1, le=32768)]
_Penalty = Annotated[float, Field(ge=-2, le=2)]


class _Request(_Strict):
    model: str
    messages: list[_Turn] = Field(min_length=1, max_length=200)
    max_tokens: _Most | None = None
    max_completion_tokens: _Most | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    response_format: _Format | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    seed: Annotated[int, Field(ge=-(2**31), lt=2**31)] | None = None
    stop: _Stop | Annotated[list[_Stop], Field(max_length=4)] | None = None
    frequency_penalty: _Penalty | None = None
    presence_penalty: _Penalty | None = None
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high"] | None = None
    stream: Literal[False] | None = None
    n: Literal[1] | None = None
    user: str | None = None
    """Read and not passed on, like the next two: they do not affect the reply."""
    store: bool | None = None
    metadata: dict[str, str] | None = None


def read(body: bytes) -> Ask:
    """Return the request of a script. Its purpose is made of its content: the same request has the same reply.

    Raises:
        UnknownName: no model is called that.
        UsageError: it is not a request, or uses something that is not on offer.
    """
    try:
        request = _Request.model_validate_json(body)
    except ValidationError as error:
        raise UsageError(_fault(error)) from error
    if request.model not in MODELS:
        raise UnknownName(
            "model", request.model, MODELS, "Which models they are is set by the run."
        )
    form = request.response_format
    schema = form.json_schema if form else None
    ask = Ask(
        purpose=PURPOSE,
        messages=tuple(turn.message() for turn in request.messages),
        role=request.model,
        max_tokens=request.max_completion_tokens or request.max_tokens or MAX_TOKENS,
        temperature=request.temperature,
        schema=schema.schema_ if schema else None,
        schema_name=schema.name if schema else "reply",
        extra=_extra(request),
    )
    return replace(ask, purpose=f"{PURPOSE}/{ask.role}/{digest_of(ask)}")


def completion(ask: Ask, reply: Reply) -> dict[str, Any]:
    """Return a reply as a chat completion; nothing in it changes from one request to the next."""
    usage = reply.usage
    return {
        "id": f"chatcmpl-{ask.purpose.rpartition('/')[2][:24]}",
        "object": "chat.completion",
        "created": 0,
        "model": ask.role,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": reply.text},
                "finish_reason": _FINISH[reply.finish],
            }
        ],
        "usage": {
            "prompt_tokens": usage.input_tokens,
            "completion_tokens": usage.output_tokens,
            "total_tokens": usage.input_tokens + usage.output_tokens,
        },
    }


def models() -> dict[str, Any]:
    """Return the list of models on offer."""
    listed = [{"id": name, "object": "model", "created": 0, "owned_by": "run"} for name in MODELS]
    return {"object": "list", "data": listed}


def failure(kind: str, message: str) -> dict[str, Any]:
    """Return an error as OpenAI writes it."""
    return {"error": {"message": message, "type": kind, "param": None, "code": kind}}


def _extra(request: _Request) -> Mapping[str, Any]:
    extra = {name: getattr(request, name) for name in _PASSED_ON}
    if request.response_format and request.response_format.type == "json_object":
        extra["response_format"] = {"type": "json_object"}
    return {name: value for name, value in extra.items() if value is not None}


def _fault(error: ValidationError) -> str:
    """Return in one sentence what is wrong with a request, and what would be right."""
    first = error.errors(include_url=False, include_context=False)[0]
    name = str(first["loc"][0]) if first["loc"] else ""
    if name in _NOT_OFFERED:
        return f"{name} is not offered here; {_NOT_OFFERED[name]}."
    if first["type"] == "extra_forbidden" and len(first["loc"]) == 1:
        return f"{name} is not offered here; leave it out. Offered: {', '.join(_Request.model_fields)}."
    place = ".".join(str(part) for part in first["loc"])
    return f"This is not a request for a chat completion: {place or 'the body'}: {first['msg']}."
