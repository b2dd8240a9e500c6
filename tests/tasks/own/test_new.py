"""From rows as people have them to a task: what is seen in them, and where every one of them ends up."""

import csv
import json
import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftdojo import tasks
from ftdojo.errors import FtdojoError
from ftdojo.evaluation import leaks
from ftdojo.tasks.check import prove
from ftdojo.tasks.own.deal import Shares, deal
from ftdojo.tasks.own.file import read_file
from ftdojo.tasks.own.new import NewTask, make_folder

WORDS = [
    "amber",
    "birch",
    "cedar",
    "delta",
    "ember",
    "fjord",
    "grove",
    "heath",
    "islet",
    "jetty",
    "knoll",
    "larch",
    "mound",
    "nadir",
    "oasis",
]


def jsonl(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def text(at, length=9):
    return " ".join(random.Random(at).choices(WORDS, k=length)) + f" {at}"


@pytest.fixture
def make(tmp_path):
    """Make a task from rows; return what was made of them and what the task file says."""

    def made(rows, **wanted):
        data = rows if not isinstance(rows, list) else jsonl(tmp_path / "rows.jsonl", rows)
        found = make_folder(NewTask(name="mine", data=data, to=tmp_path / "out", **wanted))
        return found, read_file(found.folder)

    return made


def broken(found):
    task = tasks.get(str(found.folder))
    said = [each.message for each in prove(task) if each.severity == "error"]
    return said + [f"gate: {source} {rows}" for source, rows in leaks(task)]


def nth(*answers):
    return [{"text": text(at), "label": answers[at % len(answers)]} for at in range(60)]


KINDS = {
    "labels": (nth("spam", "ham"), "accuracy"),
    "labels of a number": (nth(0, 1, 2), "accuracy"),
    "truth values": (nth(True, False), "accuracy"),
    "symbols": (nth("😀", "😡", "😐"), "accuracy"),
    "letters": (nth("A", "B", "C"), "choice"),
    "numbers": ([{"q": text(at), "a": at * 37} for at in range(60)], "number"),
    "worked numbers": (
        [{"q": text(at), "a": f"We add {at} and 4.\n#### {at + 4}"} for at in range(60)],
        "number",
    ),
    "short texts": ([{"q": text(at), "a": text(at + 99, 2)} for at in range(60)], "exact_match"),
    "dates": ([{"q": text(at), "a": f"20{at:02}-01-02"} for at in range(60)], "exact_match"),
    "objects": ([{"q": text(at), "a": {"id": at, "of": "x"}} for at in range(60)], "json_fields"),
    "long texts": ([{"q": text(at), "a": text(at + 99, 30)} for at in range(60)], "rouge_l"),
    "SQuAD answers": (
        [
            {"context": text(at), "question": text(-at - 1), "answers": {"text": [f"w{at}", "w"]}}
            for at in range(60)
        ],
        "exact_match",
    ),
    "chats": (
        [
            {
                "messages": [
                    {"role": "system", "content": "Be brief."},
                    {"role": "user", "content": text(at)},
                    {"role": "assistant", "content": text(at + 99, 2)},
                ]
            }
            for at in range(60)
        ],
        "exact_match",
    ),
    "preference pairs": (
        [{"prompt": text(at), "chosen": text(at + 99, 30), "rejected": "no"} for at in range(60)],
        "rouge_l",
    ),
    "lettered choices": (
        [
            {"question": text(at), "choices": ["red", "blue", "green"], "answer": at % 3}
            for at in range(60)
        ],
        "choice",
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_fitting_metric_is_proposed_and_the_rows_teach_what_it_rewards(make, kind):
    rows, metric = KINDS[kind]
    found, said = make(rows)
    assert said.metric == metric
    assert broken(found) == []


def test_several_columns_that_ask_are_all_in_the_prompt(make):
    rows = [
        {"id": at, "premise": text(at), "hypothesis": text(-at - 1), "label": "yn"[at % 2] * 2}
        for at in range(60)
    ]
    found, said = make(rows)
    assert said.question == "premise: {premise}\nhypothesis: {hypothesis}"
    asked = tasks.get(str(found.folder)).items("test")[0].messages[-1]["content"]
    assert asked.startswith("premise: ")
    assert "hypothesis: " in asked
    assert "id is in no prompt: numbering or origin" in found.notes


def test_a_column_that_is_in_no_prompt_is_named(make):
    rows = [{"a": text(at), "b": text(-at - 1), "label": "xy"[at % 2]} for at in range(60)]
    found, said = make(rows, question=("a",))
    assert said.question == "{a}"
    assert "b is in no prompt: not named" in found.notes


def test_a_copy_of_the_answer_does_not_ask(make):
    rows = [{"text": text(at), "label": at % 3, "label_name": "abc"[at % 3]} for at in range(60)]
    assert make(rows)[1].question == "{text}"


def test_a_template_of_ones_own_shows_any_column(make):
    rows = [{"a": text(at), "b": text(-at - 1), "label": "xy"[at % 2]} for at in range(60)]
    found, _ = make(rows, question=('{"of": 1} {b} then {a}',))
    asked = tasks.get(str(found.folder)).items("test")[0].messages[-1]["content"]
    assert asked.startswith('{"of": 1} ')
    assert " then " in asked


def test_labels_that_differ_by_case_count_as_one_and_it_is_said(make):
    found, said = make(nth("Spam", "spam", "ham", "spam"))
    assert said.labels == ("ham", "spam")
    assert "label 'Spam' (15 rows) counts as 'spam'" in found.notes
    assert "Spam" not in (found.folder / "train.jsonl").read_text()


def test_every_row_is_accounted_for_in_one_line(make):
    rows = nth("spam", "ham") + nth("spam", "ham")[:6] + [{"text": "x", "label": None}] * 3
    found, _ = make(rows)
    assert found.account == (
        "69 rows read: 36 train, 12 validation, 12 test; left out: 3 without an answer, 6 equal."
    )


def test_a_given_test_stays_as_it_is_and_training_rows_equal_to_it_go(make, tmp_path):
    kept = jsonl(tmp_path / "kept.jsonl", nth("spam", "ham")[:20])
    found, _ = make(nth("spam", "ham"), test=kept)
    task = tasks.get(str(found.folder))
    assert len(task.items("test")) == 20
    assert "20 equal" in found.account
    assert broken(found) == []


def test_a_folder_with_files_for_splits_keeps_them(make, tmp_path):
    home = tmp_path / "data"
    home.mkdir()
    jsonl(home / "train.jsonl", nth("spam", "ham")[:40])
    jsonl(home / "test.jsonl", nth("spam", "ham")[40:])
    found, _ = make(home)
    assert len(tasks.get(str(found.folder)).items("test")) == 20


def test_shares_are_what_they_are_asked_to_be(make):
    found, _ = make(nth("spam", "ham"), shares="50/20/10/20")
    assert "30 train, 12 validation, 6 confirm, 12 test" in found.account


def test_every_label_has_its_share_in_every_split():
    strata = ["rare" if at % 10 == 0 else "often" for at in range(400)]
    questions = [text(at) for at in range(400)]
    dealt = deal(questions, strata, ["train"] * 400, strata=strata)
    for places in dealt.parts.values():
        rare = sum(strata[at] == "rare" for at in places) / len(places)
        assert 0.07 <= rare <= 0.13


def test_templated_rows_lose_none_to_the_gate(make):
    """Tickets that are the same sentence with other names in it; by the gate's rule for strangers most would go."""
    said = "Hello there, this is about my order of {}, which should have been here a week ago, thanks for looking"
    rows = [
        {"text": said.format(text(at, 3)) + " " + text(-at - 1, 8), "label": "xy"[at % 2]}
        for at in range(200)
    ]
    found, _ = make(rows)
    assert broken(found) == []
    assert "too close" not in found.account


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.text("ab ", min_size=1, max_size=40), st.sampled_from("xyz")),
        min_size=25,
        max_size=80,
    )
)
def test_no_row_is_in_two_places_and_none_is_lost(pairs):
    questions, golds = [each[0] for each in pairs], [each[1] for each in pairs]
    try:
        dealt = deal(questions, golds, ["train"] * len(pairs), strata=golds)
    except FtdojoError:
        return
    places = Counter(at for part in dealt.parts.values() for at in part)
    assert set(places.values()) <= {1}
    assert len(places) + sum(dealt.dropped.values()) == len(pairs)


def test_the_order_of_rows_decides_nothing(make, tmp_path):
    rows = nth("spam", "ham")
    first = tasks.get(str(make(rows)[0].folder)).items("test")
    data = jsonl(tmp_path / "turned.jsonl", rows[::-1])
    again = make_folder(NewTask(name="again", data=data, to=tmp_path / "out"))
    golds = {item.messages[-1]["content"]: item.gold for item in first}
    other = tasks.get(str(again.folder)).items("test")
    assert {item.messages[-1]["content"]: item.gold for item in other} == golds


BAD = {
    "one column": ("text\n" + "hello\n" * 30, "The rows have one column, 'text'"),
    "one answer": ("t,a\n" + "".join(f"w{n} x,yes\n" for n in range(30)), "same answer, 'yes'"),
    "three rows": ("t,a\nb c,x\nd e,y\nf g,x\n", "3 rows were read: a task needs 20"),
    "nothing": ("", "has no rows"),
    "only a header": ("t,a\n", "has no rows"),
    "a time for a number": (
        "t,a\n" + "".join(f"w{n} x,10:{n + 10}\n" for n in range(30)),
        "'10:10'",
    ),
    "which column": ("a,b,c\n" + "".join(f"w{n},x{n},y{n}\n" for n in range(30)), "--answer"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_rows_are_one_line_and_leave_nothing_behind(tmp_path, case):
    content, said = BAD[case]
    (tmp_path / "rows.csv").write_text(content)
    metric = "number" if "number" in case else ""
    with pytest.raises(FtdojoError) as refused:
        make_folder(
            NewTask(name="x", data=tmp_path / "rows.csv", to=tmp_path / "out", metric=metric)
        )
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize("shares", ["70/12", "a/b/c/d", "0/1/1/1", "100/0/0/0", "1/1/-1/1"])
def test_shares_that_are_none_are_refused(shares):
    with pytest.raises(FtdojoError, match="is not four parts"):
        Shares.read(shares)


def test_semicolons_umlauts_and_quotes_come_out_as_they_went_in(make, tmp_path):
    with (tmp_path / "de.csv").open("w", newline="", encoding="utf-8-sig") as file:
        table = csv.writer(file, delimiter=";")
        table.writerow(["Frage", "Antwort"])
        table.writerows(
            (f'"Größe" {text(at)}; wie?', "groß" if at % 2 else "klein") for at in range(60)
        )
    found, said = make(tmp_path / "de.csv")
    assert (said.question, said.answer, said.labels) == ("{Frage}", "Antwort", ("groß", "klein"))
    assert '\\"Größe\\" ' in (found.folder / "train.jsonl").read_text("utf8")
