"""Cards: what an agent reads about a raw source."""

from collections import Counter
from dataclasses import replace
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftdojo import sources
from ftdojo.records import Dataset, Part, Source
from ftdojo.sources.profile import Tokens, quantiles

SOURCE = Source(
    name="talk",
    summary="Talk.",
    licence="Apache-2.0",
    fields={"q": "asked", "a": "answered"},
    prompt_field="q",
    response_field="a",
    notes="Short.",
    version=1,
    rows=lambda: iter([{"q": "one two", "a": "three"}, {"q": "ONE  two", "a": "Three"}]),
)


def card(source, cache):
    return sources.card(source, sources.materialise(source, cache=cache), path="/data/talk.jsonl")


def test_rows_that_differ_in_case_and_spacing_only_are_duplicates(tmp_path):
    assert card(SOURCE, tmp_path).duplicate_share == 0.5


def test_words_of_question_and_answer_are_counted_together(tmp_path):
    assert card(SOURCE, tmp_path).words.p50 == 3.0


def test_long_strings_and_long_lists_of_a_sample_are_cut(tmp_path):
    row = {"q": "x" * 5000, "a": ["y" * 5000], "n": 7}
    (sample,) = card(replace(SOURCE, rows=lambda: iter([row])), tmp_path).samples
    assert sample["q"] == "x" * 300 + "…"
    assert len(sample["a"]) == 301
    assert sample["n"] == 7


def test_a_card_is_measured_anew_when_another_field_is_the_answer(tmp_path):
    card(SOURCE, tmp_path)
    stored = sources.materialise(SOURCE, cache=tmp_path)
    other = sources.card(replace(SOURCE, response_field="q"), stored, path="/data/talk.jsonl")
    assert other.words.p50 == 4.0


def test_an_empty_source_has_a_card(tmp_path):
    empty = card(replace(SOURCE, rows=lambda: iter(())), tmp_path)
    assert (empty.rows, empty.duplicate_share, empty.samples) == (0, 0.0, ())


@pytest.mark.parametrize("damage", ["{", "[]", "{}"])
def test_a_card_is_measured_once_and_again_when_its_figures_are_damaged(tmp_path, damage):
    first = card(SOURCE, tmp_path)
    (kept,) = tmp_path.rglob("profile.json")
    written = kept.stat().st_mtime_ns
    assert card(SOURCE, tmp_path) == first
    assert kept.stat().st_mtime_ns == written
    kept.write_text(damage)
    assert card(SOURCE, tmp_path) == first


@given(st.lists(st.integers(0, 50), min_size=1))
def test_quantiles_of_counts_are_those_of_the_sorted_values(values):
    ordered = sorted(values)
    found = quantiles(Counter(values))
    assert (found.low, found.high) == (ordered[0], ordered[-1])
    assert found.p50 == ordered[(len(values) + 1) // 2 - 1]
    assert found.mean == pytest.approx(fmean(values))


RIDDLES = Dataset(
    name="riddles",
    hub_id="org/riddles",
    revision="v1",
    licence="CC BY-NC 4.0",
    parts={"train": Part(files=("*",))},
    fields={"q": "asked"},
    commercial=False,
)


def test_the_card_of_a_published_source_says_where_it_is_from_and_what_its_licence_forbids(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("FTDOJO_CACHE", str(tmp_path))
    monkeypatch.delenv("FTDOJO_MIRROR", raising=False)
    found = card(replace(SOURCE, dataset=RIDDLES), tmp_path)
    assert (found.hub_id, found.revision, found.origin) == ("org/riddles", "v1", "hub")
    assert found.warning == "riddles is under CC BY-NC 4.0, which does not allow commercial use."
    assert not found.commercial


def test_a_source_made_here_has_no_hub_and_no_warning(tmp_path):
    found = card(SOURCE, tmp_path)
    assert (found.hub_id, found.origin, found.warning) == ("", "made here", "")


def test_another_tokenizer_is_measured_anew(tmp_path):
    stored = sources.materialise(SOURCE, cache=tmp_path)
    sources.card(SOURCE, stored, path="x")
    ones = Tokens(name="ones", count=lambda texts: [1 for _ in texts])
    found = sources.card(SOURCE, stored, path="x", tokens=ones)
    assert (found.tokens_by, found.total_tokens) == ("ones", 2)


def test_a_profile_that_cannot_be_kept_is_measured_all_the_same(tmp_path):
    stored = sources.materialise(SOURCE, cache=tmp_path)
    stored.path.with_name("profile.json.part").mkdir()
    assert sources.card(SOURCE, stored, path="x").rows == 2
