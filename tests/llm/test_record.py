"""The record of exchanges: what is on it survives, and what tore is dropped."""

import json
from dataclasses import asdict, replace

import pytest

from ftdojo.errors import LlmError, StoreError, UsageError
from ftdojo.llm import Exchange, Exchanges, Llm, Reply, Usage, open_models, replayed
from ftdojo.llm.record import digest_of
from ftdojo.records import LlmChoice
from ftdojo.testing.llm import behaviours

SAID = Reply(
    text="naïve\n\u2028 日本",
    finish="stop",
    model="m",
    usage=Usage(usd=0.1 + 0.2),
    seconds=0.1,
    tries=2,
)
HEARD = Exchange(
    purpose="plan/1",
    role="planner",
    model="openai/m",
    digest="d",
    messages=({"role": "user", "content": "hi"},),
    reply=SAID,
    t="2026-01-01T00:00:00.000+00:00",
)


def test_an_exchange_comes_back_to_the_bit(tmp_path):
    Exchanges(tmp_path / "llm").add(HEARD)
    again = Exchanges(tmp_path / "llm")
    assert again.all() == [HEARD]
    assert again.find("plan/1") == SAID
    assert again.find("plan/2") is None


def test_exchanges_keep_their_order(tmp_path):
    record = Exchanges(tmp_path)
    for number in (3, 1, 2):
        record.add(replace(HEARD, purpose=f"plan/{number}"))
    assert [each.purpose for each in Exchanges(tmp_path).all()] == ["plan/3", "plan/1", "plan/2"]


def test_a_torn_line_is_dropped_and_written_over(tmp_path):
    Exchanges(tmp_path).add(HEARD)
    file = tmp_path / "exchanges.jsonl"
    whole = file.read_bytes()
    file.write_bytes(whole + whole[:50])
    record = Exchanges(tmp_path)
    assert record.all() == [HEARD]
    record.add(replace(HEARD, purpose="plan/2"))
    assert [each.purpose for each in Exchanges(tmp_path).all()] == ["plan/1", "plan/2"]


def _changed(**usage):
    row = asdict(HEARD)
    row["reply"]["usage"] |= usage
    return json.dumps(row)


BROKEN = [
    "{",
    "[]",
    '{"purpose": "x"}',
    "\udcff",
    "null",
    _changed(usd=float("nan")),
    _changed(usd=""),
]
BROKEN += [_changed(input_tokens=1.5), _changed(input_tokens=None), _changed(other=1)]
BROKEN.append(pytest.param("[" * 100_000, id="a nest"))


@pytest.mark.parametrize("line", BROKEN)
def test_a_broken_line_is_named_and_its_request_may_be_sent_again(tmp_path, capsys, line):
    other = replace(HEARD, purpose="plan/2")
    Exchanges(tmp_path).add(other)
    file = tmp_path / "exchanges.jsonl"
    broken = f"{line}\n".encode("utf8", "surrogateescape")
    file.write_bytes(broken + file.read_bytes())
    record = Exchanges(tmp_path)
    assert record.all() == [other]
    said = capsys.readouterr().err
    assert said.startswith(f"ftdojo: line 1 of {file} is not an exchange (")
    assert said.count("\n") == 1
    record.add(HEARD)
    assert Exchanges(tmp_path).find("plan/1") == SAID


def test_two_questions_may_not_share_a_purpose(tmp_path):
    record = Exchanges(tmp_path)
    record.add(HEARD)
    with pytest.raises(StoreError, match=r"The request 'plan/1' has a reply in .* already"):
        record.add(HEARD)
    assert len(Exchanges(tmp_path).all()) == 1


def test_a_record_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "llm").write_text("a file where the folder should be")
    with pytest.raises(StoreError, match=r"cannot be (read|written)"):
        Exchanges(tmp_path / "llm").add(HEARD)


def test_a_digest_knows_the_question_and_not_its_purpose(ask):
    assert digest_of(ask("a", purpose="x")) == digest_of(ask("a", purpose="y", role="judge"))
    others = [ask("b"), ask("a", temperature=0.0), ask("a", max_tokens=1), ask("a", schema={})]
    assert len({digest_of(each) for each in [ask("a"), *others]}) == 5


@pytest.fixture
def run(llm, serve, ask, plan, tmp_path):
    """The folder of a run that asked for a plan (twice) and for a word."""
    asked = llm(serve(behaviours.wrong_form).url)
    asked.ask_for(ask(), plan)
    asked.ask(ask("word", purpose="word"))
    return tmp_path


def test_a_run_is_played_again_without_a_model(run, ask, plan, tmp_path_factory):
    models = open_models(LlmChoice(replay=str(run)))
    charged, folder = [], tmp_path_factory.mktemp("again")
    again = Llm(models, exchanges=Exchanges(folder), charge=charged.append, allow=lambda: None)
    assert again.ask_for(ask(), plan) == plan(title="words", steps=[1], note="words")
    assert again.ask(ask("word", purpose="word")).text == "word"
    then = Exchanges(run / "llm").all()
    assert [(each.purpose, each.digest, each.reply) for each in charged] == [
        (each.purpose, each.digest, each.reply) for each in then
    ]
    assert models["planner"].differing == []


def test_a_question_that_is_not_on_record_ends_a_replay(run, ask):
    with pytest.raises(LlmError, match="holds no reply to 'plan/9', so it cannot be replayed"):
        replayed(run).chat(ask(purpose="plan/9"))


def test_a_question_that_differs_is_answered_and_counted(run, ask):
    model = replayed(run)
    assert model.chat(ask("another", purpose="word")).text == "word"
    assert model.differing == ["word"]


def test_a_folder_without_a_record_cannot_be_replayed(tmp_path):
    with pytest.raises(UsageError, match="holds no exchanges to replay"):
        open_models(LlmChoice(replay=str(tmp_path)))


def test_a_run_can_be_looked_into_word_by_word(run):
    lines = (run / "llm" / "exchanges.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    assert [row["purpose"] for row in rows] == ["plan/1", "plan/1#2", "word"]
    assert rows[0]["messages"] == [{"role": "user", "content": "plan please"}]
    assert rows[0]["reply"]["text"] == '{"answer": 42}'
    assert rows[0]["model"] == "openai/scripted"
