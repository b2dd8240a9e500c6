"""Charts: run once in the sandbox, read by kind, compared as values."""

import pytest

from ftdojo.errors import MissingExtra, SandboxError, UsageError
from ftdojo.sandbox import open_sandbox
from ftdojo.scorers import studio as studio_module
from ftdojo.scorers.case import Case
from ftdojo.scorers.studio import Chart, Drawn, Studio, read, studio
from ftdojo.tasks.cases import cases
from ftdojo.tasks.tables import charts

try:
    open_sandbox()
except SandboxError as error:
    pytest.skip(f"charts are drawn in the sandbox: {error}", allow_module_level=True)
pytest.importorskip("matplotlib")

TABLE = {"columns": ["year", "sales"], "data": [["2019", "10"], ["2020", "20"], ["2021", "30"]]}
ANSWER = "y_references = [[10, 20, 30]]"
HEAD = "import pandas as pd \nimport matplotlib.pyplot as plt\ndf = pd.read_csv('table.csv')\n"


def graded(drawing, kind="bar", answer=ANSWER):
    output = f"I draw it.\n```python\n{HEAD}{drawing}\nplt.show()\n```"
    return charts.grade(output, answer=answer, kind=kind, table=TABLE)


@pytest.mark.parametrize(
    ("kind", "drawing"),
    [
        ("bar", "plt.bar(df['year'], height=df['sales'].values)"),
        ("bar", "fig, ax = plt.subplots()\nax.bar(df['year'], df['sales'])\nax.axhspan(5, 10)"),
        ("bar", "df.plot(x='year', y='sales', kind='bar')"),
        ("bar", "plt.bar(df['year'][::-1], df['sales'][::-1])"),
        ("hbar", "plt.barh(df['year'].astype(str), df['sales'])"),
        ("line", "plt.plot(df['sales'])\nplt.axhline(15)"),
        ("line", "x = df.set_index('year')\nx.plot()"),
        ("pie", "plt.pie(df['sales'], labels=df['year'])"),
        ("pie", "df.plot.pie(y='sales')"),
        ("scatter", "plt.scatter(df['year'], df['sales'])"),
        ("scatter", "plt.plot(df['year'], df['sales'], 'o')"),
        ("area", "plt.stackplot(df['year'], df['sales'])"),
        ("area", "df.plot.area(x='year', y='sales')"),
        ("area", "plt.fill_between(df['year'], df['sales'])"),
        ("radar", "y = list(df['sales'])\nplt.polar([0, 2, 4, 0], y + y[:1])"),
        ("radar", "ax = plt.subplot(polar=True)\nax.plot([0, 2, 4], df['sales'])"),
        ("waterfall", "plt.bar(df['year'], df['sales'], bottom=[0, 10, 30])"),
        (
            "bar",
            "top = 3\nprint([x for x in df['sales'] if x > top])\nplt.bar([1, 2, 3], df['sales'])",
        ),
    ],
)
def test_however_it_is_drawn_the_right_chart_is_right(kind, drawing):
    found = graded(drawing, kind)
    assert (found.score, found.secondary["ran"]) == (1.0, 1.0), found.extracted


@pytest.mark.parametrize(
    ("kind", "drawing"),
    [
        ("bar", "plt.bar(df['year'], df['sales'] * 2)"),
        ("bar", "plt.bar(df['year'][:2], df['sales'][:2])"),
        ("bar", "plt.barh(df['year'], df['sales'])"),
        ("line", "plt.bar(df['year'], df['sales'])"),
        ("line", "plt.plot(df['sales'])\nplt.plot(df['sales'])"),
        ("pie", "plt.pie([1, 1, 1])"),
        ("bar", "plt.bar(df['year'], df['sales'])\nplt.close('all')"),
        ("bar", "plt.bar(df['year'], df['sales'].astype(str))"),
    ],
)
def test_another_chart_is_wrong_though_it_ran(kind, drawing):
    found = graded(drawing, kind)
    assert (found.score, found.secondary["ran"], found.readable) == (0.0, 1.0, True)


@pytest.mark.parametrize(
    "ending", ["raise ValueError('no')", "1 +", "exit()", "import os; os.kill(os.getpid(), 9)"]
)
def test_a_right_chart_whose_code_fails_is_wrong(ending):
    found = graded(f"plt.bar(df['year'], df['sales'])\n{ending}")
    assert (found.score, found.secondary["ran"]) == (0.0, 0.0)
    assert found.extracted.startswith("no chart: ")


@pytest.mark.parametrize(
    "output", ["", "plt.bar([1], [2])", "```python\nplt.bar([1], [2])", "```\n1\n```"]
)
def test_without_a_closed_python_block_an_output_is_unreadable(output):
    found = charts.grade(output, answer=ANSWER, kind="bar", table=TABLE)
    assert (found.score, found.readable) == (0.0, False)


def test_a_block_whose_lines_end_as_windows_ends_them_is_read():
    assert charts.code_of("```python\r\nplt.plot([1])\r\n```") == "plt.plot([1])"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"chart_type": "bar", "table": "sales"}, "'sales'; give columns"),
        ({"chart_type": "bar", "table": {"columns": ["a"], "data": 5}}, "give columns"),
        ({"chart_type": "bar", "table": {"columns": ["a"], "data": [1]}}, "give columns"),
        ({"chart_type": "bar", "table": {"columns": 1}}, "give columns"),
        ({"file": "rows.jsonl"}, "lacks fields"),
    ],
)
def test_a_case_of_a_strange_kind_is_told_so(tmp_path, given, said):
    (tmp_path / "rows.jsonl").write_text('{"qtype": "Visualization"}\n')
    told = {"prediction": "x", "reference": ANSWER, **given}
    with pytest.raises(UsageError, match=said):
        cases.get("tablebench")(Case(name="own", input=told, folder=tmp_path))


@pytest.mark.parametrize("kind", charts.KINDS)
def test_the_example_of_every_kind_earns_full_marks(kind):
    answer = "y_references = [[1.5, 9216.25], [3, 2]]" if kind != "pie" else ANSWER
    output = charts.example(answer, kind)
    assert charts.grade(output, answer=answer, kind=kind, table=TABLE).score == 1.0


@pytest.mark.parametrize(
    ("kind", "drawing", "rdagent", "official", "fresh"),
    [  # RD-Agent's pass and run; the official verdict and run; the official verdict on a clean figure
        (
            "bar",
            "fig, ax = plt.subplots()\nax.bar([1, 2, 3], df['sales'])",
            (0, 100),
            (True, True),
            True,
        ),
        ("bar", "plt.bar([1, 2, 3], height=df['sales'])", (0, 100), (False, True), True),
        ("bar", "print(len(df))\nplt.bar([1, 2, 3], df['sales'])", (100, 100), ("", True), ""),
        (
            "bar",
            "def y():\n    return df['sales']\nplt.bar([1, 2, 3], y())",
            (100, 100),
            ("", False),
            "",
        ),
        ("line", "plt.plot(df['sales'], 'r-')", (0, 100), (False, True), True),
        (
            "line",
            "plt.figure()\nplt.plot([1, 2, 3], df['sales'], 'r-')",
            (100, 100),
            (True, True),
            True,
        ),
        (
            "bar",
            "import re, ast\ndef y(each):\n    return ast.literal_eval(re.sub('a', '', str(each)))\n"
            "plt.figure()\nplt.bar([1, 2, 3], df['sales'].apply(y))",
            (100, 100),
            (True, True),
            True,
        ),
        ("bar", "plt.bar([1, 2, 3], df['sales'])\nexit()", (0, 0), ("", False), ""),
        ("stem", "plt.bar([1, 2, 3], df['sales'])", (100, 100), ("", True), ""),
    ],
)
def test_the_published_evaluators_see_what_they_see(kind, drawing, rdagent, official, fresh):
    output = f"```python\n{HEAD}{drawing}\n```"
    told = {"prediction": output, "reference": ANSWER, "chart_type": kind, "table": TABLE}
    found = cases.get("tablebench")(Case(name="own", input=told)).reference
    assert (found["rdagent"]["Pass@1"], found["rdagent"]["ECR@1"]) == rdagent
    assert tuple(found["official"].values()) == official
    assert found["official_fresh_figure"] == fresh


def test_a_chart_that_never_ends_is_ended_and_the_next_one_is_drawn():
    slow = Chart(code="while True: pass", kind="bar", table="", seconds=0.5)
    next_one = Chart(code="plt.bar([1], [2])", kind="bar", table="")
    late, fine = studio().draw([slow, next_one])
    assert (late.ran, late.error) == (False, "it took more than 0.5 s")
    assert (fine.ran, fine.values) == (True, [2.0])


def test_a_chart_that_ends_the_whole_sandbox_fails_alone():
    own = Studio(open_sandbox())
    bomb = Chart(
        code="import os, time\nos.kill(os.getppid(), 9)\ntime.sleep(9)", kind="bar", table=""
    )
    bad, fine = own.draw([bomb, Chart(code="plt.bar([1], [2])", kind="bar", table="")])
    assert not bad.ran
    assert fine.values == [2.0]


def test_a_chart_that_another_brings_down_is_drawn_again():
    own = Studio(open_sandbox())
    trap = "import os, time\nrunner = os.getppid()\nif not os.fork():\n    os.setsid()\n"
    trap += "    time.sleep(0.7)\n    os.kill(runner, 9)\n    os._exit(0)\n"
    slow = "import time\ntime.sleep(1.5)\nplt.bar([1], [2])"
    charts_to_draw = [Chart(code=code, kind="bar", table="") for code in (trap, slow)]
    assert own.draw(charts_to_draw)[1].values == [2.0]


def test_right_values_of_code_that_failed_are_wrong():
    assert charts.is_right(Drawn(ran=True, values=[30, 20, 10]), ANSWER, kind="bar")
    assert not charts.is_right(Drawn(ran=False, values=[30, 20, 10]), ANSWER, kind="bar")


def test_one_chart_leaves_nothing_drawn_for_the_next():
    chart = Chart(code="plt.bar([1], [2])", kind="bar", table="")
    assert [drawn.values for drawn in studio().draw([chart, chart])] == [[2.0], [2.0]]


@pytest.mark.parametrize(
    "code", ["\ud800", "\x00", "(" * 10**5, "plt.bar([1], [1e999])", "x = '\U0001f600'"]
)
def test_hostile_code_is_graded_too(code):
    assert graded(code).score == 0.0


@pytest.mark.parametrize(
    "result", [b"", b"[1]", b"\xff", b"{", b'{"ran": 1, "values": {"a": 1}}', b"[" * 10**5]
)
def test_a_forged_result_is_read_as_a_failure(result):
    assert (read(result).ran, read(result).values) == (False, None)


@pytest.mark.parametrize(
    ("drawn", "wanted", "kind", "is_right"),
    [
        ([1, 2], [2.009, 1], "bar", True),
        ([1, 2], [2.02, 1], "bar", False),
        ([0.1, 0.9], [1, 9], "pie", True),
        ([0.11, 0.89], [1, 9], "pie", False),
        ([1, 9], [1, 9], "pie", False),
        ([float("nan"), 1], [1, float("nan")], "line", True),
        ([float("nan"), 1], [1, 2], "line", False),
        ([True, 1], [1, 1], "bar", False),
        ([], [], "bar", False),
        (["1"], [1], "bar", False),
    ],
)
def test_values_are_compared_in_any_order_within_a_hundredth(drawn, wanted, kind, is_right):
    assert charts.matches(drawn, wanted, kind=kind) is is_right


@pytest.mark.parametrize(
    ("answer", "values"),
    [
        ("y_references = [1, 2]", [1.0, 2.0]),
        ("y_references = [['$9,589', '-3']]", [9589.0, -3.0]),
        ("y_references = [['many']]", None),
        pytest.param(f"y_references = [[{'9' * 400}]]", None, id="too large"),
        ("y_references = open('x')", None),
        ("nothing", None),
    ],
)
def test_references_are_read_flat_and_as_numbers(answer, values):
    assert charts.wanted_values(answer) == values


def test_a_missing_reference_is_a_missing_value():
    assert str(charts.wanted_values("y_references = [[1, np.nan]]")) == "[1.0, nan]"


def test_a_missing_package_is_named_with_what_to_install(monkeypatch):
    monkeypatch.setattr(studio_module, "find_spec", lambda _: None)
    with pytest.raises(
        MissingExtra, match=r"matplotlib, which is missing: pip install 'ftdojo\[charts\]'"
    ):
        charts.grade("", answer=ANSWER, kind="bar", table=TABLE)
