"""Behaviours of language models, good and bad, as small functions; ``named`` finds them, and those of others."""

import json
from dataclasses import replace
from typing import Any

from ftdojo.registry import Registry
from ftdojo.testing.llm.types import Behaviour, ChatRequest, Said, Trouble


def echo(request: ChatRequest) -> Said:
    """Say the last turn again."""
    return Said(text=request.last)


def obliging(request: ChatRequest) -> Said:
    """Give the smallest reply of the form asked for, found in the options or in the turns; echo where none is."""
    schema = schema_in(request)
    return Said(text=json.dumps(example_of(schema))) if schema else echo(request)


def broken_json(request: ChatRequest) -> Said:
    """Begin with half an object, then be obliging."""
    return Said(text='{"so far": [1, 2') if request.count == 1 else obliging(request)


def untidy_json(request: ChatRequest) -> Said:
    """Wrap a good object in prose and a fence, with a comma too many."""
    good = obliging(request).text
    return Said(text=f"Sure! Here it is:\n```json\n{good[:-1]},}}\n```\nAnything else?")


def wrong_form(request: ChatRequest) -> Said:
    """Begin with an object of another form, then be obliging."""
    return Said(text='{"answer": 42}') if request.count == 1 else obliging(request)


def never_json(request: ChatRequest) -> Said:
    """Answer in prose whatever is asked."""
    return Said(text="I would rather tell you a story.")


def storm(request: ChatRequest) -> Said | Trouble:
    """Be too busy for the first two requests, then obliging."""
    busy = Trouble(status=429, message="Rate limit reached.", headers={"Retry-After": "0.05"})
    return busy if request.count <= 2 else obliging(request)


def storm_of_each(request: ChatRequest) -> Said | Trouble:
    """Be too busy for every question when it comes first, then obliging."""
    busy = Trouble(status=503, message="Overloaded.", headers={"Retry-After": "0.05"})
    return busy if request.seen == 1 else obliging(request)


def hang(request: ChatRequest) -> Trouble:
    """Take the question and say nothing for an hour."""
    return Trouble(hang_s=3600)


def drip(request: ChatRequest) -> Trouble:
    """Send a blank now and then for an hour, and no answer."""
    return Trouble(drip_s=3600)


def hang_up(request: ChatRequest) -> Said | Trouble:
    """Close the first connection without an answer, then be obliging."""
    return Trouble(status=0) if request.count == 1 else obliging(request)


def refusal(request: ChatRequest) -> Said:
    """Decline."""
    return Said(text="I can't help with that.", finish="refusal")


def truncated(request: ChatRequest) -> Said:
    """Stop in the middle, as at the limit of tokens."""
    text = obliging(request).text
    return Said(text=text[: max(1, len(text) // 2)], finish="length")


def unauthorised(request: ChatRequest) -> Trouble:
    """Know no key."""
    return Trouble(
        status=401, code="invalid_api_key", message=f"Incorrect API key provided: {request.key}."
    )


def no_credit(request: ChatRequest) -> Trouble:
    """Have no money left, said as OpenAI says it: as a rate limit that never passes."""
    message = "You exceeded your current quota, please check your plan."
    return Trouble(status=429, code="insufficient_quota", message=message)


def unknown_model(request: ChatRequest) -> Trouble:
    """Know no model."""
    name = request.body.get("model")
    return Trouble(
        status=404, code="model_not_found", message=f"The model `{name}` does not exist."
    )


def no_json_schema(request: ChatRequest) -> Said | Trouble:
    """Know JSON mode, and no schemas."""
    if request.form == "json_schema":
        return _no_form("This response_format type is unavailable now")
    return obliging(request)


def no_json_mode(request: ChatRequest) -> Said | Trouble:
    """Know nothing of the form of replies."""
    return obliging(request) if request.form == "text" else _no_form("Unknown: response_format")


def web_page(request: ChatRequest) -> Trouble:
    """Be something else: a page of the web, as at a mistyped address."""
    return Trouble(status=200, body="<!doctype html><title>Welcome</title>")


def thinking_aloud(request: ChatRequest) -> Said:
    """Think before the answer, with a draft, prose and a fence; the answer's own words speak of thoughts too."""
    good = obliging(request).text
    marked = good.replace('"words"', '"<think>a {thought}</think> words"')
    return Said(
        text=f"<think>Perhaps {good}? No.</think>\nSo:\n```json\n{marked}\n```\nNot {{this}}."
    )


def tool_call(request: ChatRequest) -> Said:
    """Wrap the answer as the call of a tool, its arguments written as JSON in JSON."""
    return Said(text=json.dumps({"name": "reply", "arguments": obliging(request).text}))


def half_characters(request: ChatRequest) -> Said:
    """Escape an emoji legally and half of one illegally, beside NUL and a comma too many."""
    good = obliging(request).text.replace('"words"', '"\\ud83d\\ude00 \\ud83d \\u0000"')
    return Said(text=f"{good[:-1]},}}")


def half_a_character(request: ChatRequest) -> Trouble:
    """Cut an emoji in two in the body itself, as servers do that count tokens rather than characters."""
    choice = {"message": {"content": f"{obliging(request).text} \ud83d\0"}, "finish_reason": "stop"}
    return Trouble(status=200, body=json.dumps({"choices": [choice]}))


def not_a_number(request: ChatRequest) -> Said:
    """Begin with NaN where numbers are wanted, then be obliging."""
    good = obliging(request).text
    return Said(text=good.replace("1", "NaN") if request.count == 1 else good)


def odd_counts(request: ChatRequest) -> Said:
    """Count half a token more each time, and no tokens of the reply."""
    return replace(obliging(request), usage={"prompt_tokens": request.count + 0.5})


def error_in_a_good_answer(request: ChatRequest) -> Said | Trouble:
    """Say that all is well (200) and hold an error, twice; then be obliging."""
    error = json.dumps({"error": {"message": "Provider returned error", "code": "overloaded"}})
    return Trouble(status=200, body=error) if request.count <= 2 else obliging(request)


def small_window(request: ChatRequest) -> Said | Trouble:
    """Have 4,096 tokens for prompt and reply together, and say so as vLLM does."""
    used, asked = len(str(request.messages)) // 3, _most(request)
    if used + asked <= 4096:
        return obliging(request)
    message = (
        f"This model's maximum context length is 4096 tokens. However, you requested {used + asked} tokens "
        f"({used} in the messages, {asked} in the completion). Please reduce the length of the messages or completion."
    )
    return Trouble(status=400, message=message)


def small_replies(request: ChatRequest) -> Said | Trouble:
    """Give replies of at most 4,096 tokens, and say so as OpenAI does."""
    asked = _most(request)
    message = (
        f"max_tokens is too large: {asked}. This model supports at most 4096 completion tokens, "
        f"whereas you provided {asked}."
    )
    return Trouble(status=400, message=message) if asked > 4096 else obliging(request)


def no_system_role(request: ChatRequest) -> Said | Trouble:
    """Have a chat template without a system turn."""
    if any(turn["role"] == "system" for turn in request.messages):
        return Trouble(status=400, message="System role not supported")
    return obliging(request)


def no_grammar(request: ChatRequest) -> Said | Trouble:
    """Fail on schemas, and speak of the grammar made of them."""
    broken = Trouble(status=400, message="failed to parse grammar")
    return broken if request.form == "json_schema" else obliging(request)


def no_such_parameters(request: ChatRequest) -> Said | Trouble:
    """Find nobody to answer in the form asked for, and say it as a router does: not found."""
    message = "No endpoints found that can handle the requested parameters."
    lost = Trouble(status=404, message=message)
    return lost if request.form == "json_schema" else obliging(request)


def only_streams(request: ChatRequest) -> Said | Trouble:
    """Give no reply at once."""
    message = "This model only support stream mode, please enable the stream parameter to access the model."
    return obliging(request) if request.body.get("stream") else Trouble(status=400, message=message)


def no_temperature(request: ChatRequest) -> Said | Trouble:
    """Know one temperature, as reasoning models do."""
    message = "Unsupported value: 'temperature' does not support 0.7 with this model. Only the default (1) value is supported."
    wrong = request.body.get("temperature", 1) != 1
    return Trouble(status=400, param="temperature", message=message) if wrong else obliging(request)


def busy_for_long(request: ChatRequest) -> Trouble:
    """Ask for a pause of a quarter of an hour."""
    return Trouble(status=429, message="Rate limit reached.", headers={"Retry-After": "864"})


BEHAVIOURS: Registry[Behaviour] = Registry(
    "behaviour",
    {
        each.__name__.replace("_", "-"): f"{__name__}:{each.__name__}"
        for each in (
            *(echo, obliging, broken_json, untidy_json, wrong_form, never_json, storm),
            *(storm_of_each, hang, drip, hang_up, refusal, truncated, unauthorised, no_credit),
            *(unknown_model, no_json_schema, no_json_mode, web_page, thinking_aloud, tool_call),
            *(half_characters, half_a_character, not_a_number, odd_counts, error_in_a_good_answer),
            *(small_window, small_replies, no_system_role, no_grammar, no_such_parameters),
            *(only_streams, no_temperature, busy_for_long),
        )
    },
)
"""Name -> behaviour; others are named ``module:attribute``."""


def schema_in(request: ChatRequest) -> dict[str, Any] | None:
    """Return the JSON schema that the reply must follow, from the options or from the first turn that quotes one."""
    if request.form == "json_schema":
        schema = request.body["response_format"]["json_schema"]["schema"]
        return dict(schema)
    for turn in request.messages:
        _, found, quoted = str(turn["content"]).rpartition("JSON schema:\n")
        if found:
            return dict(json.JSONDecoder().raw_decode(quoted)[0])
    return None


def example_of(schema: dict[str, Any], root: dict[str, Any] | None = None) -> Any:
    """Return a small value that follows ``schema``."""
    root = schema if root is None else root
    if "$ref" in schema:
        return example_of(root["$defs"][schema["$ref"].rpartition("/")[2]], root)
    if "anyOf" in schema:
        return example_of(schema["anyOf"][0], root)
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    match schema.get("type"):
        case "object":
            fields = schema.get("properties", {})
            return {name: example_of(each, root) for name, each in fields.items()}
        case "array":
            return [example_of(schema.get("items", {}), root)] * schema.get("minItems", 1)
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
        case "null":
            return None
        case _:
            return "words"


def _no_form(message: str) -> Trouble:
    return Trouble(
        status=400, code="invalid_request_error", param="response_format", message=message
    )


def _most(request: ChatRequest) -> int:
    """Return how many tokens the reply may have; as many as there are where nothing was said."""
    asked = request.body.get("max_tokens") or request.body.get("max_completion_tokens")
    return int(asked or 0)
