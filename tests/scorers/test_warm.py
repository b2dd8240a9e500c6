"""A warm process answers, and is replaced when it hangs or dies."""

import sys
import time

import pytest

from ftdojo.errors import MissingExtra
from ftdojo.scorers import warm
from ftdojo.scorers.warm import Needs, WarmProcess

MODULE = """
import os, time
from ftdojo.scorers.warm import serve

SAID = os.dup(1)

def answer(question):
    print("noise")
    if question == "hang":
        time.sleep(60)
    if question == "spin":
        sum(range(10**12))  # in C, where no Python handler would be called
    if question == "die":
        os._exit(1)
    if question == "half":
        os.write(SAID, b"tr")
        os._exit(1)
    if question == "fail":
        raise ValueError("a wrong answer")
    if question == "much":
        bytes(2 << 30)
    if question == "last":
        os.close(0)
    return question if question != "process" else os.getpid()

serve(answer, memory_bytes=1 << 30, prepare=lambda: print("more noise"))
"""
NEEDS = Needs(what="Answering", package="pytest", extra="test")


@pytest.fixture
def process(tmp_path, monkeypatch):
    (tmp_path / "moody_helper.py").write_text(MODULE)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    made = WarmProcess("moody_helper", NEEDS)
    yield made
    made.close()


def test_what_hangs_has_no_answer_after_the_deadline_and_the_next_question_has_one(process):
    assert process.ask("7", 30.0) == "7"
    started = time.monotonic()
    assert process.ask("hang", 0.05) is None
    assert time.monotonic() - started < 30
    assert process.ask("7", 30.0) == "7"


def test_a_question_that_takes_more_processor_time_than_it_may_has_no_answer(process):
    assert process.ask("7", 30.0) == "7"
    started = time.monotonic()
    assert process.ask("spin", 1.0) is None
    assert time.monotonic() - started < 0.9 * warm.BUSY  # the clock alone would have taken longer
    assert process.ask("7", 30.0) == "7"


@pytest.mark.parametrize("question", ["die", "much", "half"])
def test_what_ends_the_process_has_no_answer_and_the_next_question_has_one(process, question):
    assert process.ask(question, 30.0) is None
    assert process.ask("7", 30.0) == "7"


def test_a_failure_that_is_known_costs_no_new_process(process):
    before = process.ask("process", 30.0)
    assert process.ask("fail", 30.0) is None
    assert process.ask("process", 30.0) == before


def test_a_process_that_ends_after_an_answer_costs_the_next_one_nothing(process):
    before = process.ask("process", 30.0)
    assert process.ask("last", 30.0) == "last"
    time.sleep(0.5)
    assert process.ask("process", 30.0) not in (before, None)


@pytest.mark.parametrize("question", ["\ud800", "\x00\n\r\u2028", [], {"a": None}, "x" * 300_000])
def test_any_question_arrives_as_it_is(process, question):
    assert process.ask(question, 30.0) == question


def test_a_missing_package_is_named_with_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "not_there", None)
    needs = Needs(what="Answering", package="not-there", extra="math")
    with pytest.raises(
        MissingExtra, match=r"Answering needs not-there: pip install 'ftdojo\[math\]'"
    ):
        WarmProcess("moody_helper", needs).ask("7", 30.0)


def test_a_package_that_does_not_start_is_to_be_installed_again():
    with pytest.raises(MissingExtra, match="pytest is installed but does not start; reinstall it"):
        WarmProcess("no_such_module", NEEDS).ask("7", 30.0)
