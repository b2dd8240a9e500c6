import random
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from ftdojo.tasks.clean import split
from ftdojo.texts.near import clusters, common_runs, near
from ftdojo.texts.words import words_of

WORDS = [f"word{number}" for number in range(400)]
TEXTS = st.lists(st.lists(st.sampled_from("abc"), max_size=14).map(" ".join), max_size=14)


def text_of(seed, words=60):
    return " ".join(random.Random(seed).choices(WORDS, k=words))


def edited(text, at):
    words = text.split()
    words[at] = "changed"
    return " ".join(words)


def jaccard(one, other):
    """The definition, counted without an index."""
    runs = [
        {tuple(words[at : at + 5]) for at in range(max(1, len(words) - 4))}
        for words in (words_of(one, marks=True), words_of(other, marks=True))
    ]
    return len(runs[0] & runs[1]) / len(runs[0] | runs[1])


def dealt(records, counts, text=str):
    return split(records, key=str, text=text, counts=counts)


@settings(max_examples=50, deadline=None)
@given(TEXTS)
def test_two_texts_share_a_cluster_exactly_if_a_chain_of_near_duplicates_joins_them(texts):
    group_of = {at: number for number, group in enumerate(clusters(texts)) for at in group}
    joined = {at: {at} for at in range(len(texts))}
    for one, other in combinations(range(len(texts)), 2):
        if jaccard(texts[one], texts[other]) >= 0.8 and joined[one] is not joined[other]:
            joined[one] |= joined[other]
            joined.update(dict.fromkeys(joined[other], joined[one]))
    for one, other in combinations(range(len(texts)), 2):
        assert (group_of[one] == group_of[other]) == (other in joined[one])


@settings(max_examples=50, deadline=None)
@given(TEXTS, TEXTS)
def test_near_finds_what_comparing_every_pair_finds(texts, held_out):
    expected = {
        at
        for at, text in enumerate(texts)
        if any(jaccard(text, other) >= 0.8 for other in held_out)
    }
    assert near(iter(texts), held_out) == expected


@settings(max_examples=50, deadline=None)
@given(st.sets(st.integers(0, 60), max_size=30), st.randoms(use_true_random=False))
def test_the_order_of_the_records_decides_nothing(records, rng):
    shuffled = list(records)
    rng.shuffle(shuffled)
    counts = {"test": 3, "validation": 4}
    in_order, in_disorder = (
        dealt(each, counts, text=lambda number: str(number % 20))
        for each in (sorted(records), shuffled)
    )
    assert in_order == in_disorder


@settings(max_examples=50, deadline=None)
@given(st.sets(st.integers(0, 60), max_size=30))
def test_records_without_duplicates_are_dealt_once_each_and_none_is_lost(records):
    parts = dealt(records, {"test": 3, "confirm": 0, "validation": 4})
    assert sorted(each for part in parts.values() for each in part) == sorted(records)
    assert len(parts["test"]) == min(3, len(records))
    assert parts["confirm"] == ()


def test_no_near_duplicate_of_a_held_out_record_is_left_for_training():
    texts = {f"{seed}{copy}": text_of(seed) for seed in range(40) for copy in "ab"}
    texts = {key: edited(text, 30) if key[-1] == "b" else text for key, text in texts.items()}
    parts = dealt(sorted(texts), {"test": 10, "validation": 10}, text=texts.__getitem__)
    held_out = [texts[key] for key in parts["test"] + parts["validation"]]
    assert [len(part) for part in parts.values()] == [10, 10, 40]
    assert near((texts[key] for key in parts["train"]), held_out) == set()


def test_what_is_held_out_is_not_what_comes_first_by_name():
    records = [f"{at:03}" for at in range(100)]
    held_out = dealt(records, {"test": 50})["test"]
    assert 15 <= sum(each < "050" for each in held_out) <= 35


def test_an_index_of_exactly_four_fifths_is_near():
    eight_words = "one two three four five six seven eight"
    assert near([eight_words + " nine"], [eight_words]) == {0}


def test_a_record_seen_in_two_views_stays_on_one_side():
    views = [(record, view) for record in range(30) for view in ("question", "statement")]
    parts = split(
        views, key=lambda each: str(each[0]), text=lambda each: str(each), counts={"t": 9}
    )
    held_out = {record for record, _ in parts["t"]}
    assert len(held_out) == len(parts["t"]) == 9
    assert held_out.isdisjoint(record for record, _ in parts["train"])


def test_one_word_changed_in_sixty_is_near_and_eight_are_not():
    text, changed = text_of(1), text_of(1)
    assert near([edited(text, 20)], [text]) == {0}
    for at in range(0, 56, 7):
        changed = edited(changed, at)
    assert near([changed], [text]) == set()


def test_words_that_all_share_make_nothing_alike_but_still_what_is_equal():
    frame = text_of(1, 200)
    asked = [f"{frame} {text_of(seed, 12)}" for seed in range(2, 12)]
    other = f"{frame} {text_of(50, 12)}"
    common = common_runs(asked, shared_by=5)
    assert near([other], asked) == {0}
    assert near([other, asked[3], frame], asked, common=common) == {1}


def test_case_width_spacing_and_closing_marks_do_not_make_another_text():
    assert near(["\uff37HAT is\t2 + 3"], ["What is 2 + 3?"]) == {0}


def test_an_operator_makes_another_text():
    assert near(["What is 2 - 3?", "2 / 3"], ["What is 2 + 3?", "2 * 3"]) == set()


def test_brackets_make_another_formula():
    assert near(["2 * (3 + 4) - 5", "(()())"], ["(2 * 3 + 4) - 5", "(())()"]) == set()


def test_a_script_without_spaces_is_compared_by_its_characters():
    text = "".join(chr(0x4E00 + 7 * at) for at in range(80))
    assert near([text[:40] + "的" + text[41:]], [text]) == {0}
    assert near([text[:20]], [text]) == set()


def test_any_text_has_a_place():
    odd = ["", " ", "\x00\ud800", "?!", "\ud800"]
    assert sum(map(len, dealt(odd, {"test": 2}, text=lambda each: each).values())) >= 3
