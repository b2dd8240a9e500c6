"""math-verify answers from a process of its own, which is replaced when it hangs or dies."""

import sys
import time

import pytest

from ftdojo.errors import MissingExtra
from ftdojo.scorers.maths.verify import Verifier, same

HELPER = """
import json, os, sys, time
print("ready", flush=True)
for line in sys.stdin:
    prediction, reference = json.loads(line)
    if prediction == "hang":
        time.sleep(60)
    if prediction == "die":
        os._exit(1)
    print(json.dumps(prediction == reference), flush=True)
    if prediction == "last":
        break
"""


@pytest.fixture
def verifier(tmp_path, monkeypatch):
    (tmp_path / "moody_helper.py").write_text(HELPER)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    made = Verifier(deadline_s=1.0, helper="moody_helper")
    yield made
    made.close()


def test_what_hangs_is_wrong_after_the_deadline_and_the_next_answer_is_right(verifier):
    started = time.monotonic()
    assert not verifier.same("hang", "hang")
    assert time.monotonic() - started < 30
    assert verifier.same("7", "7")


def test_a_process_that_ends_after_an_answer_costs_the_next_one_nothing(verifier):
    assert verifier.same("last", "last")
    time.sleep(0.5)
    assert verifier.same("7", "7")


def test_what_kills_the_process_is_wrong_and_the_next_answer_is_right(verifier):
    assert not verifier.same("die", "die")
    assert verifier.same("7", "7")


@pytest.mark.parametrize(
    "prediction",
    ["", "\ud800", "\x00\n\r\u2028", "\\boxed{" * 5000, "\\boxed{\\frac{1}{0}}", '"]', "$\\int$"],
)
def test_no_text_stops_the_process(prediction):
    assert not same(prediction, "204")
    assert same(r"\boxed{204}", "204")


def test_a_gold_answer_that_cannot_be_read_makes_everything_wrong():
    assert not same(r"\boxed{204}", "")


def test_a_missing_package_is_named_with_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "math_verify", None)
    with pytest.raises(MissingExtra, match=r"needs math-verify: pip install 'ftdojo\[math\]'"):
        Verifier().same("$1$", "1")
