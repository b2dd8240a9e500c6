"""What servers do not know is learned from their refusals, whatever the words, and remembered."""

import re
from dataclasses import replace

import pytest

from ftdojo.errors import LlmBadRequest, LlmError
from ftdojo.llm.forms import schema_of
from ftdojo.testing.llm import Trouble, behaviours

SYSTEM = ({"role": "system", "content": "You plan."},)


def limits(server):
    return [each.body["max_tokens"] for each in server.requests]


SIZES = {
    "vLLM": "This model's maximum context length is 4096 tokens. However, you requested {total} tokens "
    "({used} in the messages, {asked} in the completion). Please reduce the length.",
    "a newer vLLM": "'max_tokens' or 'max_completion_tokens' is too large: {asked}. This model's maximum context "
    "length is 4096 tokens and your request has {used} input tokens ({asked} > 4096 - {used}).",
    "SGLang": "Requested token count exceeds the model's maximum context length of 4096 tokens. You requested a "
    "total of {total} tokens: {used} tokens from the input messages and {asked} tokens for the completion.",
    "TGI": "`inputs` tokens + `max_new_tokens` must be <= 4096. Given: {used} `inputs` tokens and {asked} "
    "`max_new_tokens`",
    "Anthropic": "input length and `max_tokens` exceed context limit: {used} + {asked} > 4096, decrease input "
    "length or `max_tokens` and try again",
    "commas": "max_tokens: the context window has 4,096 tokens, {used} are used and {asked} do not fit",
}


@pytest.mark.parametrize("words", SIZES.values(), ids=SIZES)
def test_a_reply_gets_the_room_that_a_small_window_leaves(model, serve, ask, words):
    def window(request):
        used = len(request.last) // 3
        asked = request.body["max_tokens"]
        if used + asked <= 4096:
            return behaviours.echo(request)
        said = words.format(used=used, asked=asked, total=used + asked)
        return Trouble(status=400, message=said)

    server = serve(window)
    chat = model(server.url)
    assert chat.chat(ask("x" * 3000)).tries == 2
    assert chat.chat(ask("x" * 6000)).tries == 1
    first, second, third = limits(server)
    assert first == 8192
    assert 2700 <= second <= 3096
    assert 1700 <= third <= 2096


CAPS = {
    "OpenAI": "max_tokens is too large: {asked}. This model supports at most 4096 completion tokens, whereas you "
    "provided {asked}.",
    "Groq": "`max_tokens` must be less than or equal to `4096`, the maximum value for `max_tokens` is less than the "
    "`context_window` for this model",
    "DeepSeek": "Invalid max_tokens value, the valid range of max_tokens is [1, 4096]",
    "Anthropic": "max_tokens: {asked} > 4096, which is the maximum allowed number of output tokens for "
    "claude-3-haiku-20240307",
    "Google": "max_output_tokens must be in range 1 .. 4097 (exclusive)",
    "no number": "The number of tokens requested (max_tokens) is too large.",
}


@pytest.mark.parametrize("words", CAPS.values(), ids=CAPS)
def test_a_cap_on_replies_is_kept_from_then_on(model, serve, ask, words):
    def capped(request):
        asked = request.body["max_tokens"]
        said = Trouble(status=400, message=words.format(asked=asked))
        return said if asked > 4096 else behaviours.echo(request)

    server = serve(capped)
    chat = model(server.url)
    assert [chat.chat(ask()).tries, chat.chat(ask("x" * 9000)).tries] == [2, 1]
    assert [4000 <= each <= 4096 for each in limits(server)] == [False, True, True]


def test_credit_for_a_short_reply_buys_a_short_reply(model, serve, ask):
    said = "This request requires more credits, or fewer max_tokens. You requested up to {} tokens, but can only afford 777."

    def poor(request):
        asked = request.body["max_tokens"]
        return (
            Trouble(status=402, message=said.format(asked))
            if asked > 777
            else behaviours.echo(request)
        )

    server = serve(poor)
    assert model(server.url).chat(ask()).tries == 2
    assert limits(server) == [8192, 777]


def test_a_prompt_that_leaves_no_room_at_all_is_one_line(model, serve, ask):
    server = serve(behaviours.small_window)
    with pytest.raises(
        LlmBadRequest, match=r"does not take a request .*maximum context length is 4096"
    ):
        model(server.url).chat(ask("x" * 20_000))
    assert server.tally.requests < 10


def test_a_run_may_say_how_long_replies_may_be(model, serve, ask):
    server = serve(behaviours.echo)
    chat = model(server.url, max_reply_tokens=1000)
    for most in (None, 5000, 10):
        chat.chat(ask(max_tokens=most))
    assert limits(server) == [1000, 1000, 10]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "System role not supported"),
        (500, "jinja2.exceptions.TemplateError: System role not supported"),
        (400, "Conversation roles must alternate user/assistant/user/assistant/..."),
        (400, "Only user and assistant roles are supported!"),
        (400, "Unsupported value: 'messages[0].role' does not support 'system' with this model."),
        (422, "body.messages.0.role: Input should be 'user' or 'assistant'"),
        (400, "Developer instruction is not enabled for models/gemma-3-1b-it"),
        (400, "This model does not support system messages."),
    ],
)
def test_without_a_system_role_its_text_begins_the_first_turn(model, serve, ask, status, words):
    def plain(request):
        has_one = any(turn["role"] == "system" for turn in request.messages)
        return Trouble(status=status, message=words) if has_one else behaviours.echo(request)

    server = serve(plain)
    chat, question = model(server.url), ask("plan please")
    question = replace(question, messages=(*SYSTEM, *question.messages))
    assert [chat.chat(question).tries, chat.chat(question).tries] == [2, 1]
    assert server.requests[-1].messages == [{"role": "user", "content": "You plan.\n\nplan please"}]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "failed to parse grammar"),
        (400, "Invalid request."),
        (422, "[{'type': 'extra_forbidden', 'loc': ['body', 'strict']}]"),
        (404, "No endpoints found that can handle the requested parameters."),
        (500, "json_schema is not implemented"),
        (501, "response_format: unsupported"),
        (502, "litellm: backend does not support response_format"),
        (400, "guided_json: xgrammar cannot compile this"),
        (400, "This model does not support structured outputs"),
    ],
)
def test_a_schema_that_is_refused_in_any_words_is_asked_for_in_others(
    model, serve, ask, plan, status, words
):
    def formless(request):
        wrong = Trouble(status=status, message=words)
        return wrong if request.form == "json_schema" else behaviours.obliging(request)

    server = serve(formless)
    reply = model(server.url).chat(ask(schema=schema_of(plan)))
    assert plan.model_validate_json(reply.text)
    assert [each.form for each in server.requests] == ["json_schema", "json_object"]


def test_an_unknown_model_is_still_one_with_a_schema(model, serve, ask, plan):
    server = serve(behaviours.unknown_model)
    with pytest.raises(LlmError, match="knows no model 'scripted'"):
        model(server.url).chat(ask(schema=schema_of(plan)))
    assert server.tally.requests == 1


def test_a_server_that_only_streams_is_streamed_from(model, serve, ask):
    server = serve(behaviours.only_streams)
    chat = model(server.url)
    first, second = chat.chat(ask("one  two\nthree é")), chat.chat(ask())
    assert (first.text, first.finish, first.tries, second.tries) == (
        "one  two\nthree é",
        "stop",
        2,
        1,
    )
    assert (first.usage.output_tokens, first.usage.estimated) == (4, False)


def test_a_streaming_server_that_does_not_count_is_not_asked_to(model, serve, ask):
    def uncounting(request):
        if not request.body.get("stream"):
            return Trouble(status=400, message="Non-streaming requests are not supported.")
        odd = Trouble(status=400, message="Unknown parameter: 'stream_options'")
        return odd if "stream_options" in request.body else behaviours.echo(request)

    server = serve(uncounting)
    chat = model(server.url)
    reply = chat.chat(ask())
    assert (reply.text, reply.tries, reply.usage.estimated) == ("plan please", 3, True)
    assert chat.chat(ask()).tries == 1


def test_all_that_a_server_does_not_know_is_learned_at_once(model, serve, ask, plan):
    refusing = [behaviours.no_system_role, behaviours.no_json_mode, behaviours.small_window]

    def bare(request):
        answers = [each(request) for each in (*refusing, behaviours.only_streams)]
        return next((each for each in answers if isinstance(each, Trouble)), answers[0])

    server = serve(bare)
    chat, question = model(server.url), ask(schema=schema_of(plan))
    question = replace(question, messages=(*SYSTEM, *question.messages))
    assert plan.model_validate_json(chat.chat(question).text)
    assert chat.chat(question).tries == 1
    assert not re.search("system", str([turn["role"] for turn in server.requests[-1].messages]))
