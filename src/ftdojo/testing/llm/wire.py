"""Replies and errors as OpenAI writes them."""

from typing import Any

from ftdojo.testing.llm.types import Said


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
        "usage": usage if said.is_counted else None,
    }


def failure(message: str, code: str, param: str = "") -> dict[str, Any]:
    """Return the body of an error."""
    kind = code or "server_error"
    return {"error": {"message": message, "type": kind, "param": param or None, "code": code}}
