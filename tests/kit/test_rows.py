"""Rows in and out, filters, duplicates, draws and mixes."""

import ast
import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftdojo.checks.context import KIT

WORDS = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=9).map(" ".join)


def test_the_kit_is_standard_library_only():
    trees = [ast.parse(path.read_text("utf8")) for path in KIT.rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and not node.level}
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names


def test_sources_are_loaded_whole_and_by_name(ftkit, data):
    assert ftkit.sources() == ["bare", "worked"]
    assert (ftkit.load("worked"), ftkit.load("bare")) == ([{"q": "é\u2028"}, {"q": "b"}], [])


def test_a_wrong_name_is_answered_with_the_right_ones(ftkit, data):
    message = r"No source is called 'work'. Did you mean 'worked'\? There are: bare, worked."
    with pytest.raises(ValueError, match=message):
        ftkit.load("work")


def test_what_is_written_comes_back(ftkit, data, capsys):
    rows = [ftkit.chat("é\u2028", "b\n", system="s", source="mine"), ftkit.chat("\ud800", "b")]
    assert ftkit.write(rows) == 2
    first, second = (data / "train.jsonl").read_bytes().decode().rstrip("\n").split("\n")
    assert json.loads(first) == rows[0]
    assert json.loads(second)["messages"][0] == {"role": "user", "content": "?"}
    assert capsys.readouterr().out == "ftkit.write: 2 rows to train.jsonl\n"


def test_a_row_that_is_none_is_refused_by_number(ftkit, data):
    with pytest.raises(TypeError, match=r"Row 2 is a str; give what ftkit.chat returns"):
        ftkit.write([ftkit.chat("a", "b"), "a row"])


def test_rows_are_kept_by_tests_of_question_and_answer(ftkit, capsys):
    rows = [ftkit.chat(f"q {n}", "word " * n) for n in range(6)]
    kept = ftkit.keep(
        rows, ftkit.non_empty(), ftkit.length(2, 4), ftkit.matches("[24]$", of="question")
    )
    assert kept == [rows[2], rows[4]]
    assert capsys.readouterr().out == "ftkit.keep: 2 of 6 rows\n"
    assert ftkit.keep([{"a": "xyz"}], ftkit.length(3, 3, unit="characters", of="a"))


def test_a_field_that_no_row_has_is_named(ftkit):
    with pytest.raises(KeyError, match=r"no field 'anwser'; it has a. A chat row has question"):
        ftkit.keep([{"a": "xyz"}], ftkit.non_empty(of="anwser"))


def test_of_equal_rows_the_first_stays(ftkit):
    rows = [ftkit.chat(each, "x") for each in ("What, now?", "what now", "And now?", "!", "?")]
    assert ftkit.dedup(rows) == [rows[0], rows[2], rows[3], rows[4]]


def shingles(text):
    words = text.split() or [""]
    return {tuple(words[at : at + 3]) for at in range(max(1, len(words) - 2))}


@given(st.lists(WORDS, max_size=12), st.sampled_from([0.2, 0.5, 0.75, 0.8, 1.0]))
def test_near_duplicates_are_those_that_a_look_at_every_pair_finds(ftkit, texts, near):
    kept = []
    for text in texts:
        mine = shingles(text)
        if all(len(mine & each) < near * len(mine | each) for each in map(shingles, kept)):
            kept.append(text)
    assert [
        row["t"] for row in ftkit.dedup([{"t": each} for each in texts], near=near, of="t")
    ] == kept


@pytest.mark.parametrize("near", [0, -1, 1.5])
def test_a_share_that_means_nothing_is_refused(ftkit, near):
    with pytest.raises(ValueError, match=f"near={near} must lie above 0 and be at most 1"):
        ftkit.dedup([], near=near)


def test_a_sample_is_the_seed_s_and_never_repeats_a_row(ftkit):
    rows = [{"n": n} for n in range(50)]
    drawn = ftkit.sample(rows, 20, seed=3)
    assert drawn == ftkit.sample(rows, 20, seed=3) != ftkit.sample(rows, 20, seed=4)
    assert len({row["n"] for row in drawn}) == 20
    assert len(ftkit.sample(rows, 99)) == 50


@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 200), st.floats(0.05, 0.95))
def test_the_shares_of_a_mix_hold_even_where_a_part_is_small(ftkit, one, other, count, share):
    parts = [([{"p": 0}] * one, share), ([{"p": 1}] * other, 1 - share)]
    made = ftkit.mix(parts, count)
    first = sum(row["p"] == 0 for row in made)
    assert len(made) <= count + 1
    assert abs(first - share * len(made)) <= 1.01
    assert len(made) >= min(count, one / share, other / (1 - share)) - 1.01


@pytest.mark.parametrize("shares", [(), (1.0, 0.0), (-1.0,)])
def test_shares_that_mean_nothing_are_refused(ftkit, shares):
    with pytest.raises(ValueError, match="must all be positive"):
        ftkit.mix([([{}], share) for share in shares], 3)


def test_row_losses_are_found_by_the_name_of_their_look(ftkit, data, monkeypatch):
    monkeypatch.setenv("FTDOJO_LOSSES", str(data / "losses"))
    (data / "losses").mkdir()
    lines = '{"loss": 0.5, "tokens": 3}\n{"loss": null, "tokens": 0}\n'
    for name in ("worked@base", "worked@e1:2"):
        (data / "losses" / f"{name}.jsonl").write_text(lines, encoding="utf8")
    assert ftkit.row_losses("worked") == ftkit.row_losses("worked@e1:2") == [0.5, None]
    message = r"'bare@base:2' were not measured .* There are: worked@base, worked@e1:2."
    with pytest.raises(ValueError, match=message):
        ftkit.row_losses("bare:2")
