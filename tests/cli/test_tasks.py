"""``ftdojo tasks list`` and ``show``: all that a declaration holds, whether its data are here or not."""

import json
from pathlib import Path


def test_a_task_whose_data_are_not_here_is_listed_with_open_counts(program):
    ended = program("tasks", "list")  # a process of its own: this one may have read the data before
    row = next(line.split() for line in ended.out.splitlines() if line.startswith("math/gsm8k"))
    assert row[4:7] == ["-", "-", "-"]
    assert ended.err.startswith("-: the data set is not here; it comes with the first")
    rows = {row["name"]: row for row in json.loads(program("tasks", "list", "--json").out)}
    assert rows["math/gsm8k"]["test"] is None
    assert "gsm8k is not here" in rows["math/gsm8k"]["note"]


def test_a_task_whose_package_is_not_installed_is_listed_with_what_to_install(program, tmp_path):
    (tmp_path / "rdkit.py").write_text("raise ImportError('hidden')")
    ended = program("tasks", "list", PYTHONPATH=tmp_path)
    (line,) = [each for each in ended.err.splitlines() if each.startswith("chemistry/mini ")]
    assert "cannot be played yet" in line
    assert "pip install 'ftdojo[chem]'" in line


def test_a_list_names_licence_and_published_base_score(call):
    rows = {row["name"]: row for row in json.loads(call("tasks", "list", "--json").out)}
    assert rows["math/gsm8k"]["licence"] == "MIT"
    assert "Qwen2.5-7B-Instruct" in rows["finance/financeiq"]["published_base"]


def test_a_list_in_markdown_is_a_table_a_task_a_row(call):
    lines = call("tasks", "list", "--markdown").out.splitlines()
    assert lines[0].startswith("| task | metric |")
    assert len({line.count("|") for line in lines}) == 1


def test_a_task_is_shown_with_everything_that_decides_its_score(call):
    facts = json.loads(call("tasks", "show", "finance/financeiq", "--json").out)
    assert (facts["decoding"], facts["direction"]) == ("greedy", "higher")
    assert {each["who"] for each in facts["published"]} == {"base", "FT-Agent"}
    assert facts["datasets"][0]["commercial"] is False
    assert facts["max_new_tokens"] > 0
    plain = call("tasks", "show", "finance/financeiq").out
    assert "answer_format:" in plain
    assert "  - metric: accuracy; model: Qwen2.5-7B-Instruct; who: base; score:" in plain


def test_the_page_of_all_tasks_says_what_the_list_says(call):
    page = (Path(__file__).parents[2] / "docs" / "tasks-table.md").read_text("utf8")

    def without_counts(text):
        rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| ")]
        return [row[:3] + row[6:] for row in rows]

    assert without_counts(page) == without_counts(call("tasks", "list", "--markdown").out)
