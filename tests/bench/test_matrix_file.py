"""A matrix file is read strictly: a slip is one clear line, and what it says becomes cells that are found again."""

from pathlib import Path

import pytest

from ftdojo import tasks
from ftdojo.agents import enlist
from ftdojo.bench import base_cells, cells, most_s, read_matrix, require_names
from ftdojo.errors import FtdojoError, UsageError

EXAMPLES = sorted((Path(__file__).parents[2] / "examples" / "matrices").glob("*.yaml"))
AGENT = "[{{name: ft-agent, llm: openai/m, {}}}]"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ({"taks": "[math/mini]"}, "'taks' is unknown, the nearest is tasks; known: name, tasks, "),
        ({"tasks": None, "task": "[math/mini]"}, "'task' is unknown, the nearest is tasks; known:"),
        ({"tasks": None}, "tasks is missing; add a line tasks: ..."),
        ({"budget": None}, "budget is missing; add a line budget: ..."),
        (
            {"budget": "10"},
            "'10' is not a duration; write a number and a unit, such as 90s, 10m or",
        ),
        (
            {"budget": "soon"},
            "'soon' is not a duration; write a number and a unit, such as 90s, 10m",
        ),
        ({"name": "a/b"}, "name is 'a/b': up to 40 letters, digits, dots, dashes and underscores"),
        ({"seeds": "[-1]"}, "seeds, entry 1 is -1: input should be greater than or equal to 0."),
        ({"seeds": "[0, 0]"}, "the seed 0 is listed twice; keep one."),
        ({"seeds": "3"}, "seeds is 3: input should be a valid list."),
        ({"seeds": "[]"}, "seeds is []: list should have at least 1 item"),
        ({"tasks": "[a, a]"}, "the task 'a' is listed twice; keep one."),
        ({"agents": "[random, random]"}, "the agent 'random' is listed twice; keep one, and give"),
        (
            {"agents": "[random, {name: random, label: other}]"},
            "the agent with its options 'random' is listed twice; keep one.",
        ),
        (
            {"agents": AGENT.format("polcy: tree")},
            "agents, entry 1: 'polcy' is unknown, the nearest",
        ),
        ({"agents": "[{label: x}]"}, "agents, entry 1: name is missing; add a line name: ..."),
        ({"agents": "[3]"}, "agents, entry 1 is 3: input should be a valid dictionary"),
        (
            {"agents": '[{name: a, label: "x|y"}]'},
            "agents, entry 1: label is 'x|y': one line without",
        ),
        ({"baseline": "randm"}, "the baseline 'randm' is unknown, the nearest is random; agents:"),
        (
            {"max_disk": "10Q"},
            "'10Q' is not a size; write a number and a unit, such as 500M or 2G.",
        ),
        ({"max_experiments": "0"}, "max_experiments is 0: input should be greater than or equal"),
        ({"max_llm_usd": "free"}, "max_llm_usd is 'free': input should be a valid number."),
        (
            {"max_llm_calls": "9"},
            "max_llm_calls caps language models, and no agent here names one;",
        ),
        ({"sandbox": "none"}, "sandbox is 'none', it must be 'auto' or 'unsafe'."),
        ({"isolated": "1"}, "isolated is 1: input should be a valid boolean."),
        ({"name": "a\nname: b"}, "line 7, column 1: the key 'name' is given twice; keep one."),
        ({"name": "[a"}, "line "),
    ],
)
def test_a_slip_is_answered_in_one_line_that_names_the_file(written, lines, said):
    path = written(**lines)
    with pytest.raises(UsageError) as refused:
        read_matrix(path)
    assert str(refused.value).startswith(f"{path}: {said}")
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path):
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe")
    for name, why in (("none.yaml", "No such file or directory"), ("bytes.yaml", "no UTF-8")):
        with pytest.raises(UsageError) as refused:
            read_matrix(tmp_path / name)
        assert str(refused.value).endswith(
            f"cannot be read ({why}); give the path of a matrix file."
        )


def test_every_task_agent_model_and_seed_makes_one_cell(matrix):
    found = cells(matrix(tasks="[math/mini, text/extract]", models="[tiny, smollm2-135m]"))
    assert len({each.id for each in found}) == len(found) == 16
    assert {each.seed for each in found[:8]} == {0}, "whole comparisons come first"


def test_where_cells_share_a_cache_they_pay_for_what_they_find_there(matrix):
    flags = {
        isolated: "--charge-cached" in cells(matrix(isolated=isolated))[0].arguments
        for isolated in ("true", "false")
    }
    assert flags == {"true": False, "false": True}


def test_options_reach_the_command_line_of_run(matrix):
    options = "policy: tree, without: [planning, memory], data_cap: 20, options: {repairs: 5}"
    limited = {"max_llm_usd": 2, "max_experiments": 3, "data_cap": 10}
    asked = matrix(agents=AGENT.format(options), chat_template="chatml", **limited)
    (one, _) = cells(asked)
    run = ("math/mini", "--agent", "ft-agent", "--model", "tiny", "--seed", "0", "--budget", "5m")
    agent = ("--policy", "tree", "--without", "planning,memory", "--option", "repairs=5")
    limits = ("--max-experiments", "3", "--max-llm-usd", "2.0", "--data-cap", "20")
    rest = ("--llm", "openai/m", "--chat-template", "chatml")
    assert one.arguments == (*run, *agent, *limits, *rest)


def test_what_an_agent_says_goes_before_what_the_matrix_says(matrix):
    agents = (
        "[{name: explorer, label: a, trainer: trl, with_judge: true}, {name: explorer, label: b}]"
    )
    mine, others = cells(matrix(agents=agents, trainer="loop"))[:2]
    assert mine.arguments[-3:] == ("--with-judge", "--trainer", "trl")
    assert others.arguments[-2:] == ("--trainer", "loop")


def test_a_cap_on_language_models_is_not_asked_of_a_run_that_names_none(matrix):
    asked = matrix(agents="[explorer, {name: ft-agent, llm: openai/m}]", max_llm_calls=9)
    free, capped = cells(asked)[:2]
    assert "--max-llm-calls" in capped.arguments
    assert "--max-llm-calls" not in (*free.arguments, *base_cells(asked)[0].arguments)


def test_a_cap_on_data_holds_for_every_agent_without_one_of_its_own(matrix):
    found = cells(matrix(data_cap=10, agents="[explorer, {name: random, data_cap: 5}]"))
    assert [each.arguments[-1] for each in found] == ["10", "5"] * 2


def test_a_cell_keeps_its_id_as_long_as_it_is_the_same_run(matrix):
    before = {each.id for each in cells(matrix())}
    agents = "[{name: random, label: by chance}, explorer, {name: explorer, label: b, data_cap: 9}]"
    assert before < {each.id for each in cells(matrix(agents=agents, seeds="[7, 1, 0]"))}


@pytest.mark.parametrize(
    "lines",
    [{"budget": "6m"}, {"models": "[x]"}, {"max_experiments": 2}, {"isolated": "false"}],
)
def test_another_budget_model_or_limit_is_another_run(matrix, lines):
    before = {each.id for each in cells(matrix())}
    assert before.isdisjoint(each.id for each in cells(matrix(**lines)))


def test_long_names_make_ids_that_a_run_may_have(matrix):
    found = cells(matrix(name="n" * 40, tasks=f"[./{'deep/' * 30}task]", seeds="[4294967295]"))
    assert max(len(each.id) for each in found) <= 100


def test_the_time_needed_counts_rounds_of_jobs(matrix):
    asked = matrix()
    assert [most_s(4, asked, jobs=jobs) for jobs in (1, 2, 3, 4, 9)] == [1200, 600, 600, 300, 300]
    assert most_s(0, asked, jobs=1) == 0


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ({"tasks": "[math/mimi]"}, "No task is called 'math/mimi'. Did you mean 'math/mini'?"),
        ({"agents": "[explorre]"}, "No agent is called 'explorre'. Did you mean 'explorer'?"),
        (
            {"agents": AGENT.format("policy: tre")},
            "No policy is called 'tre'. Did you mean 'tree'?",
        ),
        (
            {"agents": AGENT.format("without: [planing]")},
            "No part of ft-agent is called 'planing'. Did you mean 'planning'?",
        ),
        (
            {"agents": "[ft-agent]"},
            "The agent 'ft-agent' asks a language model and none was named;",
        ),
        (
            {"agents": "[{name: random, policy: tree}]"},
            "The agent 'random' has no options, so it cannot take policy; leave them out.",
        ),
    ],
)
def test_names_are_looked_up_before_anything_is_spent(matrix, lines, said):
    with pytest.raises(FtdojoError) as refused:
        require_names(matrix(**lines))
    assert str(refused.value).startswith(said)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_validates_and_names_what_there_is(path):
    found = read_matrix(path)
    assert found.name == path.stem
    assert cells(found)
    for task in found.tasks:
        tasks.get(task)
    for each in found.contenders:
        enlist(each.agent, seed=0, options=each.options).require(llm=each.asks_models)


def test_the_examples_hold_the_papers_comparisons():
    assert {path.stem for path in EXAMPLES} >= {
        "main",
        "components",
        "data-cap",
        "planners",
        "target-size",
    }
