"""A folder as a task: made from a file, proven like any other, and every slip in it is one clear line."""

import json
from dataclasses import replace

import pytest

from ftdojo import tasks
from ftdojo.errors import FtdojoError, SourceError, UsageError
from ftdojo.tasks.check import prove
from ftdojo.tasks.own.new import NewTask, make_folder

CITIES = ("Oslo", "Rome", "Lima", "Cairo", "Quito")


def rows(count=60):
    return [
        {"question": f"Which city has the code {at * 7919}?", "answer": CITIES[at % 5]}
        for at in range(count)
    ]


@pytest.fixture
def folder(tmp_path):
    """A fresh task folder of 60 rows."""
    data = tmp_path / "rows.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows()))
    return made(data, tmp_path)


def made(data, to, **changes):
    said = {"metric": "exact_match", "licence": "CC0-1.0", "name": "codes", "data": data, "to": to}
    return make_folder(NewTask(**(said | changes))).folder


def edit(folder, old, new, name="task.toml"):
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1))


def read(task):
    return task.items("validation"), list(task.sources[0].rows())


def refused(folder):
    """Return the one line that a broken folder is answered with."""
    with pytest.raises(FtdojoError) as error:
        read(tasks.get(str(folder)))
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_task_made_from_rows_keeps_its_promises(folder):
    task = tasks.get(str(folder))
    assert [each for each in prove(task) if each.severity == "error"] == []
    counts = [len(task.items(split)) for split in ("validation", "confirm", "test")]
    assert counts == [12, 0, 12]
    assert len(list(task.sources[0].rows())) == 36


def test_a_csv_makes_the_same_task(tmp_path, folder):
    table = tmp_path / "rows.csv"
    table.write_text(
        "question,answer\n" + "".join(f"{row['question']},{row['answer']}\n" for row in rows())
    )
    again = made(table, tmp_path / "other")
    assert tasks.get(str(again)).items("test") == tasks.get(str(folder)).items("test")


def test_any_change_of_its_files_makes_another_version(folder):
    before = tasks.get(str(folder)).version
    assert tasks.get(str(folder)).version == before
    edit(folder, "CC0-1.0", "MIT")
    assert tasks.get(str(folder)).version != before


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("summary =", "summry =", "'summry' is not a key of a task; did you mean 'summary'?"),
        ('licence = "CC0-1.0"\n', "", "licence is missing; add a line licence = ..."),
        ('licence = "CC0-1.0"', 'licence = ""', "licence = '' is wrong"),
        ("exact_match", "exact_mach", "Did you mean 'exact_match'? Known: exact_match, contains"),
        ("exact_match", "accuracy", "accuracy needs a line labels = [...]"),
        ("max_new_tokens = 16", 'max_new_tokens = "16"', "max_new_tokens = '16' is wrong"),
        ("max_new_tokens = 16", "max_new_tokens = ", "is not TOML"),
        ('template = "{question}', 'template = "question', "template must hold {question} once"),
        ('question = "{question}"', 'question = "{}"', "question = '{}' names no column"),
        (
            'question = "{question}"',
            'question = "{city}"',
            "line 1, has no 'city'; it has question",
        ),
        ('"test.jsonl"', '"tset.jsonl"', "names 'tset.jsonl', which is not a file in that folder"),
        ('"test.jsonl"', '"../rows.jsonl"', "names '../rows.jsonl', which is not a file in that"),
        ('metric = "exact_match"\n', "", "name either a metric"),
    ],
)
def test_a_slip_in_the_task_file_is_one_clear_line(folder, old, new, said):
    edit(folder, old, new)
    assert said in refused(folder)


def test_a_folder_without_a_task_file_says_how_to_make_one(tmp_path):
    assert "`ftdojo tasks new NAME --data FILE --metric M` makes a task" in refused(tmp_path)


def test_a_task_file_in_another_encoding_is_one_clear_line(folder):
    (folder / "task.toml").write_bytes('name = "é"'.encode("latin1"))
    assert "task.toml is not in UTF-8; fix it." in refused(folder)


def test_a_nest_in_the_task_file_is_one_clear_line(folder):
    (folder / "task.toml").write_text(f"labels = {'[' * 100_000}")
    assert "task.toml is not TOML: it is nested too deeply; fix it." in refused(folder)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("validation.jsonl", b"", "validation.jsonl holds no rows; a split needs some."),
        ("validation.jsonl", b'{"question": "a?"}\n', "line 1, has no 'answer'; it has question."),
        ("test.jsonl", b'{"question": "a?", "answer": "b"}\n{"quest\n', "test.jsonl, line 2"),
        ("train.jsonl", b'{"question": "\xe9"}\n', "train.jsonl, line 1"),
        ("train.jsonl", b'{"question": "' + b"a" * 10_000_000 + b'"}\n', "train.jsonl, line 1"),
    ],
    ids=["empty", "no answer", "broken", "encoding", "10 MB"],
)
def test_a_bad_row_is_named_with_its_line(folder, name, content, said):
    (folder / name).write_bytes(content)
    assert said in refused(folder)


def test_a_question_in_two_splits_is_named(folder):
    first = (folder / "validation.jsonl").read_text().splitlines()[0]
    (folder / "test.jsonl").write_text(first.replace("?", " ?!") + "\n")
    said = refused(folder)
    assert (
        "test.jsonl, line 1, asks what validation.jsonl, line 1, asks; keep one of the two" in said
    )


def test_a_held_out_question_in_the_source_breaks_a_promise(folder):
    held_out = (folder / "test.jsonl").read_text().splitlines()[0]
    with (folder / "train.jsonl").open("a") as train:
        train.write(held_out + "\n")
    found = [each.message for each in prove(tasks.get(str(folder))) if each.severity == "error"]
    assert any("asks a held-out question" in message for message in found)


def test_a_marker_is_put_before_what_the_training_rows_answer(folder):
    edit(folder, 'answer = "answer"', 'answer = "answer"\nanswer_after = "Answer:"')
    task = tasks.get(str(folder))
    source = task.sources[0]
    assert source.example(next(source.rows()))[1].startswith("Answer: ")
    assert [each for each in prove(task) if each.severity == "error"] == []


def test_too_few_rows_or_a_folder_that_is_there_are_refused(tmp_path, folder):
    few = tmp_path / "few.jsonl"
    few.write_text(json.dumps(rows()[0]) + "\n")
    with pytest.raises(UsageError, match="codes is there already; choose another name"):
        made(few, tmp_path)
    with pytest.raises(UsageError, match="1 rows were read: a task needs 20 or more"):
        made(few, tmp_path / "other")


def test_rows_that_are_all_alike_make_no_splits(tmp_path):
    alike = tmp_path / "alike.jsonl"
    two = [rows()[0], {**rows()[0], "answer": "Rome"}]
    alike.write_text("".join(json.dumps(row) + "\n" for row in 30 * two))
    with pytest.raises(UsageError, match="too few different questions"):
        made(alike, tmp_path, question=("question",))


def test_a_field_that_is_not_there_is_answered_with_the_nearest(tmp_path):
    data = tmp_path / "rows.jsonl"
    data.write_text(json.dumps({"question": "a", "answer": "b"}) + "\n")
    with pytest.raises(
        UsageError, match=r"No column is called 'questio'; there are question, answer\. Did"
    ):
        made(data, tmp_path, question=("questio",))
    data.write_text("{\n")
    with pytest.raises(SourceError, match=r"rows\.jsonl"):
        made(data, tmp_path)


def test_a_path_is_a_folder_and_a_name_is_not(folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    assert tasks.get("./codes").name == "own/codes"
    assert replace(tasks.get("math/mini")).name == "math/mini"
