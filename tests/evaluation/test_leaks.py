"""The contamination gate finds planted leaks however they are dressed, and leaves honest rows alone."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftdojo.evaluation import Vault
from ftdojo.texts import Gate
from ftdojo.texts.words import words_of

STORIES = [
    "A baker from Ghent sold 14 loaves before noon and 9 after it; how many loaves did the baker sell that day?",
    "Which river, crossed by the old stone bridge at Avignon, carries boats from Lyon down to the sea?",
    "If the night train leaves at ten and arrives at six in the morning, how long were its passengers asleep?",
]


def row(user, assistant="It is 7."):
    return [{"role": "user", "content": user}, {"role": "assistant", "content": assistant}]


def toy_gate(task):
    return Gate.of(task, (item.messages[-1]["content"] for item in task.items("test")))


def bare(item):
    return (
        item.messages[-1]["content"]
        .removeprefix("Work this out: ")
        .removesuffix(" Answer with a number.")
    )


DRESSES = {
    "verbatim": lambda text: text,
    "shouted": str.upper,
    "squeezed": lambda text: text.replace(" ", ""),
    "spread": lambda text: text.replace(" ", " \n\t "),
    "full width": lambda text: text.translate({ord("0") + i: 0xFF10 + i for i in range(10)}),
    "invisible": lambda text: text.replace(" ", " \u200b").replace("+", "+\u2060"),
    "no question mark": lambda text: text.replace(" = ?", ""),
    "quoted": lambda text: f'"{text}"!!',
}


@pytest.mark.parametrize("dress", DRESSES)
def test_a_held_out_sum_is_an_exact_leak_in_any_dress(task, dress):
    gate = toy_gate(task)
    assert all(gate.leak(row(DRESSES[dress](bare(item)))) == "exact" for item in task.items("test"))


@pytest.mark.parametrize(
    "frame", ["Please tell me {}", "The other day: {} I said.", "Compute {}\nThanks", "- {} (easy)"]
)
def test_a_held_out_sum_is_a_near_leak_inside_other_text(task, frame):
    gate = toy_gate(task)
    leaks = [gate.leak(row(frame.format(bare(item)))) for item in task.items("test")]
    assert leaks == ["near"] * 60


def test_a_question_repeated_in_the_answer_is_a_leak(task):
    item = task.items("test")[0]
    assert toy_gate(task).leak(row("Go on.", f"{bare(item)[:-1]} {item.gold}")) == "near"


def test_a_question_split_over_two_turns_is_a_leak(task):
    first, second = bare(task.items("test")[0]).split(" ", 1)
    assert toy_gate(task).leak(row(f"Take {first}", f"{second} Done.")) == "near"


def test_a_sum_in_a_bulleted_list_is_no_negative_number(task):
    item = task.items("test")[2]
    assert (
        toy_gate(task).leak(row("List sums.", f"- 1 + 1 = 2\n- {bare(item)[:-1]} {item.gold}"))
        == "near"
    )


def test_a_longer_sum_stays_one_where_the_next_turn_begins(task):
    question = bare(task.items("test")[0]).removesuffix(" = ?")
    assert toy_gate(task).leak(row(f"9 + {question} is the sum", "Yes, it is.")) is None


def test_a_negative_answer_does_not_lengthen_the_sum_before_it(task):
    assert toy_gate(task).leak(row(f"So: {bare(task.items('test')[2])[:-4]}? -7")) == "near"


def test_a_sum_that_starts_with_a_minus_is_another_sum(task):
    assert toy_gate(task).leak(row(f"-{bare(task.items('test')[2])}")) is None


@pytest.mark.parametrize("extra", ["3 * {}", "{} - 4 = ?", "1 + {}", "{} + 2 = ?"])
def test_a_sum_inside_a_longer_sum_is_another_sum(task, extra):
    question = bare(task.items("test")[0]).removesuffix(" = ?")
    assert toy_gate(task).leak(row(extra.format(question))) is None


def test_another_operator_makes_another_question(task):
    gate = toy_gate(task)
    assert all(
        gate.leak(row(bare(item).replace("+", "-", 1))) is None for item in task.items("test")
    )


def test_the_tasks_own_system_text_and_template_are_no_leak(task):
    turns = [*task.prompt("100 + 200 + 300 = ?"), {"role": "assistant", "content": "600"}]
    assert toy_gate(task).leak(turns) is None


def test_the_vault_matches_all_splits_and_names_rows_only(task):
    rows = [(5, row("What is a sum?")), (6, list(task.items("confirm")[3].messages))]
    rows += [
        (9, row(f"Hm, {bare(task.items('validation')[0])}")),
        (12, row(bare(task.items("test")[1]))),
    ]
    found = Vault(task).overlap(rows)
    assert (found.exact, found.near, found.rows) == (2, 1, (6, 9, 12))


def test_a_long_question_is_a_near_leak_by_a_run_of_its_words(task):
    gate = Gate.of(task, STORIES)
    assert gate.leak(row("Did a baker from Ghent sell well?")) is None
    assert gate.leak(row("He SOLD 14 loaves -- before noon, and 9 after it!")) == "near"
    assert gate.leak(row("x", STORIES[1].replace(",", " ").upper())) == "exact"


def test_a_phrase_that_many_questions_share_identifies_none(task):
    names = ["Ada", "Bo", "Cy", "Di"]
    shared = "wants to know when the parcel that was sent last week will come"
    gate = Gate.of(task, [f"{name} {shared}" for name in names])
    assert gate.leak(row(f"Eve {shared}")) is None
    assert gate.leak(row(f"Well, Ada {shared}")) == "near"


def test_text_without_spaces_is_matched_by_character(task):
    gate = Gate.of(task, ["北京的故宫是哪一年建成的以及它的建造者是谁"])
    assert gate.leak(row("请问. 北京的故宫, 是哪一年建成的")) == "near"
    assert gate.leak(row("请问上海在哪里")) is None


def test_a_question_of_two_words_is_looked_for_as_a_whole_turn_only(task):
    gate = Gate.of(task, ["Why not?"])
    assert (gate.leak(row("why NOT")), gate.leak(row("Tell me why not now."))) == ("exact", None)


def test_precision_and_recall_on_planted_sums(task):
    rng, gate, held_out = (
        random.Random(20),
        toy_gate(task),
        {words_of(bare(i))[:-1] for i in task.items("test")},
    )
    honest = [
        " + ".join(str(rng.randint(2, 99)) for _ in range(rng.choice((3, 4)))) for _ in range(2000)
    ]
    honest = [text for text in honest if words_of(text) not in held_out]
    planted = [dress(bare(item)) for item in task.items("test") for dress in DRESSES.values()]
    recall = sum(gate.leak(row(text)) is not None for text in planted) / len(planted)
    flagged = sum(gate.leak(row(f"{text} = ?", f"{text} = 5")) is not None for text in honest)
    assert (recall, flagged) == (1.0, 0)


@given(texts=st.lists(st.text(max_size=60), max_size=4))
@settings(max_examples=60)
def test_any_text_passes_through_the_gate(task, texts):
    turns = [{"role": "user", "content": text} for text in texts]
    assert toy_gate(task).leak(turns) in ("exact", "near", None)


@given(text=st.text(alphabet=st.characters(categories=["L", "N", "P", "S", "Z"])), more=st.text())
def test_words_do_not_depend_on_case_or_spacing(text, more):
    assert words_of(f"  {text}\n\t") == words_of(text)
    assert all(word and word == word.casefold() for word in words_of(text + more))


PUT = "Dear desk, please look into the matter of {} as soon as you can, it has been open for weeks now"
ASKED = [PUT.format(f"item {at} in {town}") for at, town in enumerate(("Graz", "Kiel"))]
BESIDE = PUT.format("a lamp") + " and my neighbour waits too"


def test_words_that_questions_beside_the_held_out_ones_have_too_give_none_away(task):
    bare = replace(task, template="{question}", overlap_words=8)
    strict = Gate.of(bare, ASKED)
    used_to_it = Gate.of(bare, ASKED, phrasing=[BESIDE])
    assert strict.leak(row(BESIDE)) == "near"
    assert used_to_it.leak(row(BESIDE)) is None
    assert used_to_it.leak(row(ASKED[0])) == "exact"
    assert used_to_it.leak(row("Hello: " + ASKED[0] + " Bye.")) == "near"


def test_a_question_beside_that_holds_a_whole_held_out_one_is_no_way_of_speaking(task):
    bare = replace(task, template="{question}", overlap_words=8)
    copied = "Forwarded: " + ASKED[0] + " End."
    assert Gate.of(bare, ASKED, phrasing=[copied]).leak(row(copied)) == "near"


@pytest.mark.parametrize(("overlap_words", "leaks"), [(12, True), (20_000, False)])
def test_where_only_whole_questions_are_leaks_no_question_is_known_by_its_words(
    overlap_words, leaks
):
    """A task asks so where its questions share nearly all their words, such as those of one patent."""
    words = STORIES[0].split()
    other = " ".join(words[len(words) // 2 :] + words[: len(words) // 2])
    gate = Gate(STORIES, overlap_words=overlap_words)
    assert gate.holds(STORIES[0])
    assert gate.holds(f"{other} Tell me, {STORIES[1].split()[0]}.") == leaks
