"""Replies and errors as OpenAI writes them."""

import json
import re
from typing import Any

from ftdojo.testing.llm.types import COUNTED, Said


def completion(model: object, said: Said, usage: dict[str, Any]) -> dict[str, Any]:
    """Return the body of a reply."""
    is_refused = said.finish == "refusal"
    message = {
        "role": "assistant",
        "content": None if is_refused else said.text,
        "refusal": said.text if is_refused else None,
    }
    choice = {
        "index": 0,
        "message": message,
        "finish_reason": "stop" if is_refused else said.finish,
        "logprobs": None,
    }
    return {
        "id": "chatcmpl-scripted",
        "object": "chat.completion",
        "created": 0,
        "model": model,
        "choices": [choice],
        "usage": usage if said.usage == COUNTED else said.usage,
    }


def streamed(whole: dict[str, Any], *, counts: bool) -> str:
    """Return the reply ``whole`` as the events of a stream, a word at a time; the tokens come last, where they count."""
    (choice,) = whole["choices"]
    message, ending = choice["message"], {"delta": {}, "finish_reason": choice["finish_reason"]}
    key = "refusal" if message["refusal"] else "content"
    parts = re.findall(r"\s*\S+|\s+", message[key] or "")
    choices = [[{"index": 0, "delta": {key: part}, "finish_reason": None}] for part in parts]
    shared = {"id": whole["id"], "object": "chat.completion.chunk", "model": whole["model"]}
    events: list[dict[str, Any]] = [{**shared, "choices": each} for each in (*choices, [ending])]
    events += [{**shared, "choices": [], "usage": whole["usage"]}] if counts else []
    lines = [f"data: {json.dumps(each)}\n\n" for each in events]
    return "".join([": keep-alive\n\n", *lines, "data: [DONE]\n\n"])


def failure(message: str, code: str, param: str = "") -> dict[str, Any]:
    """Return the body of an error."""
    kind = code or "server_error"
    return {"error": {"message": message, "type": kind, "param": param or None, "code": code}}
