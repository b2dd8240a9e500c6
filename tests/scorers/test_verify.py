"""math-verify answers from a process of its own; the process itself is tested in ``test_warm``."""

import sys

import pytest

from ftdojo.errors import MissingExtra
from ftdojo.scorers import verify
from ftdojo.scorers.verify import same


@pytest.mark.parametrize(
    "prediction",
    ["", "\ud800", "\x00\n\r\u2028", "\\boxed{" * 5000, "\\boxed{\\frac{1}{0}}", '"]', "$\\int$"],
)
def test_no_text_stops_the_process(prediction):
    assert not same(prediction, "204")
    assert same(r"\boxed{204}", "204")


def test_what_takes_for_ever_is_wrong_and_the_next_answer_is_right(monkeypatch):
    assert same(r"\boxed{204}", "204")
    with monkeypatch.context() as patched:
        patched.setattr(verify, "DEADLINE_S", 0.5)
        assert not same(r"\boxed{9^{9^{9^{9^{9}}}}!}", "204")
    assert same(r"\boxed{204}", "204")


def test_a_gold_answer_that_cannot_be_read_makes_everything_wrong():
    assert not same(r"\boxed{204}", "")


def test_a_missing_package_is_named_with_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "math_verify", None)
    verify._process().close()
    with pytest.raises(MissingExtra, match=r"needs math-verify: pip install 'ftdojo\[math\]'"):
        same("$1$", "1")
