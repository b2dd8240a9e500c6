"""The scripted model, asked by the real client and from a shell."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import openai
import pytest

from ftdojo.errors import UnknownName
from ftdojo.testing.llm import ChatRequest, Said, ScriptedLlm, Tally, Trouble, behaviours
from ftdojo.testing.llm.behaviours import BEHAVIOURS, example_of, schema_in


@pytest.fixture
def serve():
    with contextlib.ExitStack() as stack:

        def started(behaviour, **more):
            server = stack.enter_context(ScriptedLlm(behaviour, **more))
            client = openai.OpenAI(base_url=server.url, api_key="my-key", max_retries=0, timeout=5)
            return server, stack.enter_context(client)

        yield started


def say(client, text="one two three", **more):
    turns = [{"role": "user", "content": text}]
    return client.chat.completions.create(model="scripted", messages=turns, **more)


def test_the_plain_client_is_answered(serve):
    _, client = serve(behaviours.echo)
    answer = say(client)
    assert answer.choices[0].message.content == "one two three"
    assert (answer.choices[0].finish_reason, answer.usage.total_tokens) == ("stop", 6)


def test_the_client_parses_what_an_obliging_model_says(serve):
    from pydantic import BaseModel

    class Answer(BaseModel):
        number: int
        words: list[str]

    _, client = serve(behaviours.obliging)
    turns = [{"role": "user", "content": "x"}]
    answer = client.chat.completions.parse(model="m", messages=turns, response_format=Answer)
    assert answer.choices[0].message.parsed == Answer(number=1, words=["words"])


def test_models_are_listed_and_others_unknown(serve):
    _, client = serve(behaviours.echo, models=["scripted"])
    assert [each.id for each in client.models.list()] == ["scripted"]
    assert say(client).choices
    with pytest.raises(openai.NotFoundError, match="The model `other` does not exist"):
        client.chat.completions.create(model="other", messages=[])


def test_a_key_may_be_asked_for(serve):
    _, client = serve(behaviours.echo, key="another-key")
    with pytest.raises(openai.AuthenticationError, match="Incorrect API key provided: my-key"):
        say(client)


def test_the_server_counts_requests_replies_words_and_money(serve):
    def every_second(request):
        return Trouble(status=500) if request.count % 2 else Said(text="a b", output_tokens=5)

    server, client = serve(every_second, price=("2", "10"))
    for _ in range(2):
        with pytest.raises(openai.InternalServerError, match="scripted trouble"):
            say(client)
        say(client)
    cost = (3 * 2 + 5 * 10) * 1000 * 2
    assert server.tally == Tally(
        requests=4, replies=2, input_tokens=6, output_tokens=10, nano_usd=cost
    )


def test_requests_are_logged_with_number_repetition_and_key(serve):
    server, client = serve(behaviours.echo)
    for text in ("a", "b", "a"):
        say(client, text)
    assert [(each.last, each.count, each.seen) for each in server.requests] == [
        ("a", 1, 1),
        ("b", 2, 1),
        ("a", 3, 2),
    ]
    assert server.requests[0].key == "my-key"


def test_many_clients_are_counted_exactly(serve):
    server, client = serve(behaviours.echo)
    with ThreadPoolExecutor(16) as pool:
        said = list(pool.map(lambda n: say(client, f"n{n}").choices[0].message.content, range(64)))
    assert said == [f"n{n}" for n in range(64)]
    assert server.tally.replies == server.tally.input_tokens == 64
    assert sorted(each.count for each in server.requests) == list(range(1, 65))


@pytest.mark.parametrize(
    ("said", "content", "refusal", "finish"),
    [
        (Said(text="No.", finish="refusal"), None, "No.", "stop"),
        (Said(text="ha", finish="length"), "ha", None, "length"),
        (Said(text="", finish="content_filter"), "", None, "content_filter"),
    ],
)
def test_endings_are_told_as_openai_tells_them(serve, said, content, refusal, finish):
    _, client = serve(lambda request: said)
    choice = say(client).choices[0]
    assert (choice.message.content, choice.message.refusal) == (content, refusal)
    assert choice.finish_reason == finish


def test_headers_and_codes_of_trouble_reach_the_client(serve):
    trouble = Trouble(status=429, code="slow_down", param="rpm", headers={"Retry-After": "7"})
    _, client = serve(lambda request: trouble)
    with pytest.raises(openai.RateLimitError) as caught:
        say(client)
    assert (caught.value.code, caught.value.param) == ("slow_down", "rpm")
    assert caught.value.response.headers["retry-after"] == "7"


@pytest.mark.parametrize("name", ["hang", "drip", "hang-up"])
def test_a_server_that_does_not_answer_is_stopped_at_once(name):
    with ScriptedLlm(BEHAVIOURS.get(name)) as server, ThreadPoolExecutor(1) as pool:
        client = openai.OpenAI(base_url=server.url, api_key="x", max_retries=0, timeout=30)
        waiting = pool.submit(say, client)
        while not server.requests:
            time.sleep(0.01)
        began = time.monotonic()
        server.__exit__(None, None, None)
        with contextlib.suppress(openai.OpenAIError, ValueError):
            waiting.result(timeout=5)
        client.close()
    assert time.monotonic() - began < 5


def test_a_reply_may_be_streamed(serve):
    _, client = serve(behaviours.echo)
    events = list(say(client, stream=True, stream_options={"include_usage": True}))
    said = [each.choices[0].delta.content for each in events if each.choices]
    assert said == ["one", " two", " three", None]
    assert events[-1].usage.total_tokens == 6


def test_what_is_not_a_chat_is_refused(serve):
    _, client = serve(behaviours.echo)
    with pytest.raises(openai.NotFoundError):
        client.embeddings.create(model="m", input="x")


@pytest.mark.parametrize("name", list(BEHAVIOURS))
def test_every_behaviour_has_a_name_and_a_sentence(name):
    behaviour = BEHAVIOURS.get(name)
    assert behaviour.__doc__
    assert isinstance(behaviour(ChatRequest(body={"messages": []})), Said | Trouble)


def test_behaviours_of_others_are_found_and_misspelt_ones_named():
    assert BEHAVIOURS.get("ftdojo.testing.llm.behaviours:echo") is behaviours.echo
    with pytest.raises(UnknownName, match="Did you mean 'refusal'"):
        BEHAVIOURS.get("refusel")


def test_an_example_follows_its_schema():
    schema = {
        "$defs": {"Kind": {"enum": ["a", "b"]}},
        "type": "object",
        "properties": {
            "kind": {"$ref": "#/$defs/Kind"},
            "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            "rates": {"type": "array", "items": {"type": "number", "minimum": 3}, "minItems": 2},
            "is_done": {"type": "boolean"},
        },
    }
    made = {"kind": "a", "note": "words", "rates": [3, 3], "is_done": True}
    assert example_of(schema) == made
    quoted = 'It must follow this JSON schema:\n{"type": "object"}'
    assert schema_in(ChatRequest(body={"messages": [{"content": quoted}]})) == {"type": "object"}


MINE = """
from ftdojo.testing.llm import Said

def planner(request):
    return Said(text=f"plan {request.count}")
"""


@pytest.fixture
def shell(tmp_path):
    (tmp_path / "mine.py").write_text(MINE)
    words = [sys.executable, "-W", "error", "-m", "ftdojo.testing.llm"]

    def run(*more):
        return subprocess.Popen(
            [*words, *more],
            cwd=tmp_path,
            env=dict(os.environ),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return run


def test_a_shell_can_serve_a_behaviour_of_its_own(shell):
    with shell("--behaviour", "mine:planner", "--price", "1", "2") as process:
        url = process.stdout.readline().strip()
        with openai.OpenAI(base_url=url, api_key="x", max_retries=0) as client:
            assert say(client).choices[0].message.content == "plan 1"
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=10)
    assert process.returncode == 0
    assert "requests=1, replies=1, input_tokens=3, output_tokens=2, nano_usd=7000" in told


def test_a_shell_is_told_of_a_misspelt_behaviour(shell):
    with shell("--behaviour", "strom") as process:
        out, told = process.communicate(timeout=10)
    assert (process.returncode, out) == (2, "")
    assert told.startswith("No behaviour is called 'strom'. Did you mean 'storm'?")
