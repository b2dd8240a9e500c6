"""What gives a held-out question away is kept out of sources, by the gate's own measure."""

from dataclasses import replace

import pytest

from ftdojo import tasks
from ftdojo.tasks.clean import HeldOut
from ftdojo.texts import Gate

QUESTIONS = (
    "If a^2 + b^2 = 25 and a*b = 12, what is the largest value that the sum a + b can take?",
    "I don't see my card",
    "我的银行卡已经丢失了应该联系谁",
)
HELD_OUT = HeldOut(QUESTIONS, overlap_words=12)
GATE = Gate(QUESTIONS, replace(tasks.get("text/extract"), overlap_words=12))


@pytest.mark.parametrize(
    "text",
    [
        *QUESTIONS,
        QUESTIONS[0].upper(),
        "Suppose that a^2+b^2=25 and a*b=12 hold at once.",
        "Help, I don\N{RIGHT SINGLE QUOTATION MARK}t see my card anywhere",
        "Help, I dont see my card anywhere",
        "昨天我的银行卡已经丢失了应该怎么办",
        "If a^2 + b^2 = 25 and a\N{MULTIPLICATION SIGN}b = 12, then",
    ],
)
def test_what_the_gate_calls_a_leak_is_held_out(text):
    assert GATE.leak([{"role": "user", "content": text}])
    assert HELD_OUT.holds(text)


@pytest.mark.parametrize("text", ["", "what is the largest value", "I see my card", "银行卡丢失了"])
def test_what_shares_a_few_words_is_not(text):
    assert not GATE.leak([{"role": "user", "content": text}])
    assert not HELD_OUT.holds(text)


def test_a_question_split_over_two_turns_is_held_out():
    assert HELD_OUT.holds("If a^2 + b^2 = 25 and", "a*b = 12, what is the largest value?")


def test_a_near_duplicate_without_a_long_run_is_held_out():
    asked = (
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
        * 3
    )
    other = asked.replace("three", "3", 1)
    assert HeldOut([asked], overlap_words=60).holds(other)


def test_where_a_tasks_items_lie_is_known_so_that_it_can_be_kept_from_scripts(
    tmp_path, monkeypatch
):
    (tmp_path / "alone.py").touch()
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    assert tasks.homes("alone:task") == (tmp_path / "alone.py",)
    assert tasks.homes("package.deep:task") == (tmp_path / "package",)
    assert tasks.homes(f"{tmp_path}/package") == (tmp_path / "package",)
    assert tasks.homes("reasoning-gym/leg_counting") == tasks.homes("math/gsm8k@reference")
