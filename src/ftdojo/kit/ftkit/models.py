"""Requests to the run's language models. The gateway outside holds keys and caps, and remembers every reply.

An equal request has an equal reply and is paid for once per run, so a script that is run again, after the dry run or
a kill, sends only the requests that have no reply yet.
"""

import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from typing import Any, Literal

Prompt = str | Sequence[dict[str, str]]
Name = Literal["weak", "strong"]
WAIT_S = 900.0
TRIES = 3
_CAP, _UNAVAILABLE = 402, 502


class AskError(RuntimeError):
    """A request without a reply; ``status`` is the gateway's HTTP status, 0 if there is no gateway."""

    def __init__(self, message: str, *, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class CapReached(AskError):
    """The run's cap on calls, tokens or money is reached: write the rows there are."""


def ask(
    prompt: Prompt,
    *,
    model: Name = "weak",
    system: str = "",
    schema: dict[str, Any] | None = None,
    **options: Any,
) -> str:
    """Return the reply of a language model to ``prompt``.

    Args:
        prompt: the user's turn, or whole turns as ``[{"role": ..., "content": ...}, ...]``.
        model: ``weak`` (cheap) or ``strong``.
        system: a system turn before it.
        schema: a JSON schema that the answer must follow; the answer is JSON text then.
        options: ``max_tokens`` (2048), ``temperature``, ``top_p``, ``stop``, ``seed``: for several replies to one
            prompt, use several seeds.

    Raises:
        CapReached: the run may send no more requests.
        AskError: the run has no language model, it cannot be reached, or an option is wrong.
    """
    turns = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else list(prompt)
    turns = [{"role": "system", "content": system}] * bool(system) + turns
    body: dict[str, Any] = {"model": model, "messages": turns, **options}
    if schema is not None:
        form = {"name": "answer", "schema": schema}
        body["response_format"] = {"type": "json_schema", "json_schema": form}
    return str(_post(json.dumps(body).encode())["choices"][0]["message"]["content"])


def ask_many(
    prompts: Sequence[Prompt],
    *,
    model: Name = "weak",
    system: str = "",
    workers: int = 8,
    **options: Any,
) -> list[str | None]:
    """Return the answers to all prompts in their order, several requests at a time; None for each that has none.

    Once a cap is reached no more requests are sent, and the answers so far are returned. Their number is printed.

    Raises:
        AskError: not one was answered, for another reason than a cap; or an option is wrong.
    """
    over: list[CapReached] = []
    failed: list[AskError] = []

    def answer(prompt: Prompt) -> str | None:
        if over:
            return None
        try:
            return ask(prompt, model=model, system=system, **options)
        except CapReached as error:
            over.append(error)
        except AskError as error:
            if error.status != _UNAVAILABLE:
                raise
            failed.append(error)
        return None

    with ThreadPoolExecutor(max_workers=workers) as pool:
        answers = list(pool.map(answer, prompts))
    count = sum(each is not None for each in answers)
    print(
        f"ftkit.ask_many: {count} of {len(answers)} answered",
        *map(str, (over or failed)[:1]),
        sep="; ",
    )
    if failed and not count and not over:
        raise failed[0]
    return answers


def _post(body: bytes) -> dict[str, Any]:
    """Send one request; a connection that breaks is tried again, an answer of the gateway is final."""
    base = os.environ.get("OPENAI_BASE_URL")
    if not base:
        raise AskError(
            "This run has no language model (ftdojo run --llm); make the rows without one."
        )
    headers = {
        "Content-Type": "application/json",
        "Authorization": f"Bearer {os.environ.get('OPENAI_API_KEY', '')}",
    }
    request = urllib.request.Request(f"{base}/chat/completions", data=body, headers=headers)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for pause_s in _pauses():
        try:
            with opener.open(request, timeout=WAIT_S) as response:
                answer: dict[str, Any] = json.load(response)
                return answer
        except urllib.error.HTTPError as error:
            raise _refusal(error) from None
        except (OSError, HTTPException) as error:
            if pause_s is None:
                raise AskError(
                    f"The gateway does not answer: {error}.", status=_UNAVAILABLE
                ) from error
            time.sleep(pause_s)
    raise AssertionError("the last try returns or raises")


def _pauses() -> Iterator[float | None]:
    """Yield how long to wait after each try; None after the last."""
    yield from (0.5 * 2**n for n in range(TRIES - 1))
    yield None


def _refusal(error: urllib.error.HTTPError) -> AskError:
    try:
        message = str(json.load(error)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        message = f"The gateway answered {error.code}."
    cls = CapReached if error.code == _CAP else AskError
    return cls(message, status=error.code)
