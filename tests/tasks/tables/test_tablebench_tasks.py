"""The four TableBench tasks, on the published records where they are there."""

import json
from collections import Counter
from pathlib import Path

import pytest

from ftdojo import tasks
from ftdojo.errors import SandboxError
from ftdojo.records import Grade
from ftdojo.sandbox import open_sandbox
from ftdojo.tasks.tables import data_analysis, records
from ftdojo.tasks.tables.records import ANSWER_TEMPLATE, CHART_TEMPLATE, asked, question_text

SHARED = Path(__file__).parents[3].parent / "shared" / "data"
pytestmark = pytest.mark.skipif(
    not (SHARED / "tablebench" / "rdagent_splits.json").is_file(),
    reason="TableBench's records are not beside the checkout",
)
NAMES = ("data-analysis", "fact-checking", "numerical-reasoning", "visualization")
SPLITS = ("validation", "confirm", "test")
VIEWS = {
    "correlation": "correlationanalysis",
    "forecast": "trendforecasting",
    "statistics": "statisticalanalysis",
    "impact": "impactanalysis",
    "other": "other",
}


@pytest.fixture(autouse=True)
def _mirror(monkeypatch):
    monkeypatch.setenv("FTDOJO_MIRROR", str(SHARED))


@pytest.fixture
def published():
    return json.loads((SHARED / "tablebench" / "rdagent_splits.json").read_text(encoding="utf8"))


@pytest.mark.parametrize("name", NAMES[1:])
def test_published_slices_are_the_published_records_in_order(name, published):
    slices = published[f"tablebench_{name.replace('-', '_')}"]
    for split, given in (("validation", "val"), ("test", "test")):
        found = tasks.get(f"tables/{name}@reference").items(split)
        assert [item.id for item in found] == slices[given]


def test_published_views_of_data_analysis_are_the_published_records_in_order(published):
    for split, given in (("validation", "val"), ("test", "test")):
        for view, rows in data_analysis.published_views(split).items():
            expected = published[f"tablebench_analysis_{VIEWS[view]}"][given]
            assert [row["id"] for row in rows] == expected


def test_the_51_records_that_leak_in_the_published_splits_are_named(published):
    views = [published[f"tablebench_analysis_{view}"] for view in VIEWS.values()]
    seen = {record for view in views for record in view["val"]}
    tested = {record for view in views for record in view["test"]}
    assert set(data_analysis.known_leaks()) == seen & tested
    assert len(data_analysis.known_leaks()) == 51


@pytest.mark.parametrize("name", NAMES)
def test_our_splits_share_no_table_and_no_record(name):
    task = tasks.get(f"tables/{name}")
    items = [item for split in SPLITS for item in task.items(split)]
    tables = Counter(
        asked(item.messages[-1]["content"]).partition("\n\nLet's")[0] for item in items
    )
    assert len({item.id for item in items}) == len(items)
    assert tables.most_common(1)[0][1] == 1


@pytest.mark.parametrize("name", NAMES)
def test_no_source_holds_a_table_that_is_held_out(name):
    task = tasks.get(f"tables/{name}")
    held = {
        asked(item.messages[-1]["content"]).partition("\n\nLet's")[0]
        for split in SPLITS
        for item in task.items(split)
    }
    rest = next(source for source in task.sources if source.name == "tablebench-rest")
    rows = list(rest.rows())
    assert rows
    assert held.isdisjoint(row["question"].partition("\n\nLet's")[0] for row in rows)


@pytest.mark.parametrize("part", ["tcot_fact_checking", "tcot_numerical_reasoning"])
def test_prompts_are_word_for_word_the_published_ones(part):
    for row in records.rows(part):
        content = ANSWER_TEMPLATE.replace("{question}", asked(row["instruction"]))
        assert content == row["instruction"]


def test_chart_prompts_are_word_for_word_the_published_ones():
    for row in records.rows("tcot_visualization"):
        content = CHART_TEMPLATE.replace("{question}", asked(row["instruction"]))
        assert content == row["instruction"]


def test_our_own_tables_are_written_as_the_published_ones():
    row = records.rows("tcot_visualization")[0]
    table = row["table"]
    ours = question_text(table["columns"], table["data"], row["question"])
    assert ours == asked(row["instruction"])


@pytest.mark.parametrize("name", NAMES)
def test_prompts_fit_and_none_is_cut(name):
    task = tasks.get(f"tables/{name}")
    prompts = [item.messages[-1]["content"] for split in SPLITS for item in task.items(split)]
    assert max(map(len, prompts)) <= records.LONGEST
    whole = {row["question"] for row in records.rows(f"tcot_{name.replace('-', '_')}")}
    assert all(prompt.rpartition("Question: ")[2] in whole for prompt in prompts)


@pytest.mark.parametrize("name", NAMES[:3])
def test_gold_earns_full_marks_by_every_rule(name):
    task = tasks.get(f"tables/{name}@reference")
    items = task.items("test")
    marks = [task.replication.mark(item.gold, item) for item in items]
    assert all(task.grade(item.gold, item).score == 1.0 for item in items)
    assert all(value == pytest.approx(100.0) for value in task.replication.total(marks).values())


def test_the_published_score_of_data_analysis_is_a_mean_over_its_five_views():
    task = tasks.get("tables/data-analysis@reference")
    items = task.items("validation")
    wrong = {"impact": None, "other": "the table"}
    outputs = [wrong.get(item.slices["view"], "x") or item.gold for item in items]
    pairs = zip(outputs, items, strict=True)
    found = task.replication.total([task.replication.mark(*pair) for pair in pairs])
    assert (found["impact"], found["correlation"]) == (100.0, 0.0)
    assert found["accuracy"] == pytest.approx(20.0 + found["other"] / 5)
    assert 1 < found["other"] < 10
    assert 5 < found["Mix_Metric"] < 20  # 25 of 169 records are right


def test_the_official_mix_counts_a_record_once_though_it_is_in_two_views():
    twice = {"record": "r", "rdagent": 100.0, "official": 100.0}
    other = {"record": "s", "view": "other", "rdagent": 0.0, "official": 0.0}
    marks = [{**twice, "view": "impact"}, {**twice, "view": "other"}, other]
    found = tasks.get("tables/data-analysis").replication.total(marks)
    assert (found["Mix_Metric"], found["accuracy"]) == (50.0, 75.0)


def test_a_published_figure_of_nothing_is_zero():
    for name in NAMES:
        assert set(tasks.get(f"tables/{name}").replication.total([]).values()) == {0.0}


def test_charts_are_graded_by_our_rule_and_marked_by_the_published_one():
    try:
        open_sandbox()
    except SandboxError as error:
        pytest.skip(f"charts are drawn in the sandbox: {error}")
    task = tasks.get("tables/visualization")
    bars = [item for item in task.items("test") if item.slices["chart"] == "bar"]
    item = next(item for item in bars if "[[" in item.facts["answer"])
    assert task.grade(item.gold, item).score == 1.0
    assert task.replication.mark(item.gold, item)["Pass@1"] == 100.0
    on_axes = item.gold.replace("plt.bar", "plt.gca().bar")
    assert task.grade(on_axes, item).score == 1.0
    assert task.replication.mark(on_axes, item)["Pass@1"] == 0.0
    assert task.grade("No code.", item) == Grade(score=0.0, readable=False, secondary={"ran": 0.0})
