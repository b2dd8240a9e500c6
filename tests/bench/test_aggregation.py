"""What cells make up together equals counting by hand: means, intervals, pairs, ranks, costs, and no failure is lost."""

import json
from collections import Counter
from math import isclose
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata, ttest_1samp

from ftdojo.bench import Cell, CellOutcome, Matrix, State, compare, facts
from ftdojo.bench.tables import failures, notes, overall_table, page, row_table
from ftdojo.bench.types import Contender, Finished
from ftdojo.records import Direction, Spend

AGENTS, SEEDS, TASKS = ("a", "b", "c"), (0, 1, 2), ("t", "u")
SCORES = st.integers(0, 8).map(lambda n: n / 8)
ENDS = st.one_of(SCORES, st.sampled_from([State.FAILED, State.UNFINISHED, State.MISSING]))
TABLES = st.lists(ENDS, min_size=18, max_size=18)
DIRECTIONS = st.sampled_from(list(Direction))


def asked(contenders=("a", "b"), seeds=(0, 1, 2), tasks=("t",), **more):
    """Return a matrix without a file."""
    facts = {"name": "m", "models": ("tiny",), "budget_s": 60.0, "baseline": contenders[0]}
    named = tuple(Contender(label=each, agent=each) for each in contenders)
    return Matrix(contenders=named, seeds=seeds, tasks=tasks, **facts | more)


def cell(contender="a", seed=0, task="t", model="tiny"):
    where = {"task": task, "model": model, "contender": contender, "seed": seed}
    return Cell(id=f"{task}-{contender}-{seed}", arguments=(), **where)


def finished(score, *, at=None, spent=None, **facts):
    """Return a finished outcome; ``score`` is on the test."""
    plain = {
        "played": "1 ab",
        "metric": "accuracy",
        "unit": "share",
        "direction": Direction.HIGHER,
        "base": 0.25,
        "found": 0.5,
        "kept": 0.5,
        "items": {"i1": score, "i2": score},
    }
    run = Finished(test=score, **plain | facts)
    return CellOutcome(cell=at or cell(), state=State.FINISHED, spent=spent or Spend(), run=run)


def broken(at, reason="no luck"):
    return CellOutcome(cell=at, state=State.FAILED, reason=reason)


def outcomes(ends, direction=Direction.HIGHER):
    """Return an outcome a cell: a score, or a state that has none."""
    places = [(task, seed, agent) for task in TASKS for seed in SEEDS for agent in AGENTS]
    found = []
    for (task, seed, agent), end in zip(places, ends, strict=True):
        at = cell(agent, seed, task)
        if isinstance(end, State):
            found.append(CellOutcome(cell=at, state=end, reason="x" if end is State.FAILED else ""))
        else:
            found.append(finished(end, at=at, direction=direction))
    return found


def scores_of(found, agent, task):
    """Return the test score by seed, of the runs that have one."""
    own = [each for each in found if (each.cell.contender, each.cell.task) == (agent, task)]
    return {each.cell.seed: each.run.test for each in own if each.run}


MATRIX = asked(AGENTS, SEEDS, TASKS)


@given(TABLES)
def test_every_cell_is_counted_and_only_finished_ones_are_averaged(ends):
    found = outcomes(ends)
    for row in compare(MATRIX, found).rows:
        values = list(scores_of(found, row.contender, row.task).values())
        states = Counter(
            each.state
            for each in found
            if (each.cell.contender, each.cell.task) == (row.contender, row.task)
        )
        assert (row.cells, row.finished, row.failed) == (3, len(values), states[State.FAILED])
        assert (row.test is None) == (not values)
        if values:
            assert (row.test.n, row.test.score) == (len(values), pytest.approx(fmean(values)))
            assert row.gain.score == pytest.approx(fmean(values) - 0.25)


@given(TABLES, DIRECTIONS)
def test_wins_ties_losses_and_differences_are_paired_by_task_and_seed(ends, direction):
    found = outcomes(ends, direction)
    sign = 1 if direction is Direction.HIGHER else -1
    for row in compare(MATRIX, found).rows:
        ours, theirs = (scores_of(found, who, row.task) for who in (row.contender, "a"))
        gains = [
            sign * (ours[seed] - theirs[seed]) for seed in SEEDS if seed in ours and seed in theirs
        ]
        if row.contender == "a":
            assert row.against is None
            continue
        own = row.against
        counted = (sum(g > 0 for g in gains), sum(g == 0 for g in gains), sum(g < 0 for g in gains))
        assert (own.n, own.wins, own.ties, own.losses) == (len(gains), *counted)
        assert (own.over_runs is None) == (own.over_items is None) == (not gains)
        if gains:
            assert own.over_runs.score == pytest.approx(fmean(gains), abs=1e-12)
            assert own.over_items.score == pytest.approx(fmean(gains), abs=1e-12)


@given(st.lists(SCORES, min_size=6, max_size=6))
def test_the_interval_of_a_paired_difference_is_that_of_a_paired_t_test(values):
    ours, theirs = values[:3], values[3:]
    found = [finished(score, at=cell("a", seed)) for seed, score in enumerate(theirs)]
    found += [finished(score, at=cell("b", seed)) for seed, score in enumerate(ours)]
    own = compare(asked(), found).rows[1].against.over_runs
    gains = [one - other for one, other in zip(ours, theirs, strict=True)]
    if min(gains) == max(gains):
        assert own.low == own.high == pytest.approx(gains[0])
        return
    expected = ttest_1samp(gains, 0).confidence_interval(0.95)
    assert (own.low, own.high) == pytest.approx((max(expected[0], -1), min(expected[1], 1)))


@given(TABLES, DIRECTIONS)
def test_ranks_are_over_the_seeds_that_everybody_finished(ends, direction):
    found, sign = outcomes(ends, direction), -1 if direction is Direction.HIGHER else 1
    places, firsts, ranked = {agent: [] for agent in AGENTS}, Counter(), 0
    for task in TASKS:
        by_agent = [scores_of(found, agent, task) for agent in AGENTS]
        shared = [seed for seed in SEEDS if all(seed in each for each in by_agent)]
        if not shared:
            continue
        means = [sum(8 * each[seed] for seed in shared) for each in by_agent]  # whole numbers
        ranked += 1
        for agent, rank in zip(AGENTS, rankdata([sign * mean for mean in means]), strict=True):
            places[agent].append(rank)
            firsts[agent] += rank == 1
    bench = compare(MATRIX, found)
    assert len(bench.unranked) == len(TASKS) - ranked
    for each in bench.overall:
        assert (each.ranked, each.wins) == (ranked, firsts[each.contender])
        assert each.mean_rank == (fmean(places[each.contender]) if ranked else None)


@given(TABLES)
def test_shared_first_places_are_told_apart_from_wins(ends):
    bench = compare(MATRIX, outcomes(ends))
    ranked = bench.overall[0].ranked
    wins, shared = (
        sum(getattr(each, name) for each in bench.overall) for name in ("wins", "shared")
    )
    assert wins <= ranked
    assert (shared == 0) == (wins == ranked)
    assert shared >= 2 * (ranked - wins)


def test_an_agent_does_not_profit_from_the_seeds_that_it_failed():
    """b fails the hard seed: its mean is higher, and it is still ranked below."""
    found = [finished(0.6, at=cell("a", 0)), finished(0.1, at=cell("a", 1))]
    found += [finished(0.5, at=cell("b", 0)), broken(cell("b", 1))]
    bench = compare(asked(seeds=(0, 1)), found)
    assert bench.rows[0].test.score < bench.rows[1].test.score
    assert [(each.contender, each.mean_rank) for each in bench.overall] == [("a", 1.0), ("b", 2.0)]
    assert bench.rows[1].against.losses == 1


def test_a_failed_run_is_named_with_its_reason_and_is_no_zero():
    found = [finished(0.5, at=cell("a", 0)), broken(cell("a", 1), "the | key\x1b is wrong")]
    bench = compare(asked(("a",), (0, 1)), found)
    assert (bench.rows[0].test.score, bench.rows[0].test.n, bench.rows[0].failed) == (0.5, 1, 1)
    assert failures(bench) == [{"cell": "t-a-1", "failed": "the | key\x1b is wrong"}]
    assert "| t-a-1 | the \\| key" in page(bench)
    assert facts(bench)["cells"][1]["reason"] == "the | key\x1b is wrong"


def test_runs_on_other_versions_of_a_task_are_not_compared():
    found = [finished(0.5, at=cell("a", 0)), finished(0.7, at=cell("b", 0), played="2 ab")]
    bench = compare(asked(seeds=(0,)), found)
    assert bench.rows[1].against.n == 0
    assert bench.unranked == ("t with tiny",)


def test_other_test_items_leave_the_difference_over_runs_alone():
    found = [finished(0.5, at=cell("a", 0)), finished(0.7, at=cell("b", 0), items={"z": 0.7})]
    against = compare(asked(seeds=(0,)), found).rows[1].against
    assert isclose(against.over_runs.score, 0.2)
    assert against.over_items is None


def test_costs_are_means_of_finished_runs_and_sums_of_all_that_began():
    spent = [Spend(wall_s=10.0, experiments=2, llm_calls=3, llm_input_tokens=5, llm_usd=0.5)]
    spent += [Spend(wall_s=20.0, experiments=4, llm_output_tokens=7, llm_usd=1.0)]
    found = [finished(0.5, at=cell("a", at), spent=each) for at, each in enumerate(spent)]
    gone = CellOutcome(cell=cell("a", 2), state=State.FAILED, spent=Spend(wall_s=6.0, llm_usd=0.25))
    row = compare(asked(("a",)), [*found, gone]).rows[0]
    mean, total = row.cost, row.spent
    assert (mean.runs, mean.seconds, mean.experiments, mean.llm_tokens) == (2, 15.0, 3.0, 6.0)
    assert (mean.usd, total.usd) == (0.75, 1.75)
    assert (total.runs, total.seconds, total.llm_calls) == (3, 36.0, 3)


def test_money_is_unknown_as_soon_as_one_price_was_and_is_never_zero():
    known, unknown = Spend(llm_calls=1, llm_usd=0.5), Spend(llm_calls=1, llm_usd=None)
    found = [
        finished(0.5, at=cell("a", at), spent=each) for at, each in enumerate([known, unknown])
    ]
    bench = compare(asked(("a",)), found)
    assert (bench.rows[0].cost.usd, bench.overall[0].spent.usd) == (None, None)
    assert row_table(bench)[0]["usd"] == overall_table(bench)[0]["usd in all"] == "unknown"


def test_best_found_and_kept_are_set_side_by_side():
    found = [finished(0.5, at=cell("a", 0), found=0.9, kept=0.5), finished(0.5, at=cell("a", 1))]
    row = compare(asked(("a",), (0, 1)), found).rows[0]
    assert (row.found, row.kept, row.stood_by_best) == (0.7, 0.5, 0.5)


def test_one_run_has_no_interval_in_tables_and_none_in_json():
    bench = compare(asked(("a",), (0,)), [finished(0.5, at=cell("a", 0))])
    assert "95 %" not in row_table(bench)[0]
    bench = compare(asked(("a",), (0,)), [finished(3.5, at=cell("a", 0), unit="points")])
    made = facts(bench)
    assert (made["rows"][0]["test"]["low"], made["rows"][0]["test"]["n"]) == (None, 1)
    assert json.loads(json.dumps(made, allow_nan=False)) == json.loads(json.dumps(made))


@given(TABLES)
def test_the_page_has_as_many_cells_in_every_row_of_a_table(ends):
    bench = compare(MATRIX, outcomes(ends))
    tables = page(bench).split("\n\n")
    for lines in [part.splitlines() for part in tables if part.startswith("|")]:
        assert len({line.count("|") for line in lines}) == 1
    assert all("\n" not in note for note in notes(bench))


def test_nothing_run_yet_is_a_table_without_scores():
    found = [CellOutcome(cell=cell(agent, 0), state=State.MISSING) for agent in "ab"]
    bench = compare(asked(seeds=(0,)), found)
    assert row_table(bench)[0] == {"task": "t", "agent": "a", "finished": "0 of 1", "failed": 0}
    assert [each["finished"] for each in overall_table(bench)] == ["0 of 1", "0 of 1"]
