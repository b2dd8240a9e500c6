"""Explorer: equal probes, halving, a climb that uses what is left, and an end."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftdojo.agents.explorer import LEAST_ROWS, Explorer
from ftdojo.agents.recipes import MORE_EPOCHS, MOST_EPOCHS, Recipe, fitted, next_change
from ftdojo.records import Check, FailureKind, Finish, Train
from ftdojo.submissions import Plan, TrainConfig, read_plan, read_script, read_train


def failing(kind, when):
    """Return what fails with ``kind`` where ``when(recipe, earlier)`` says so."""
    return lambda recipe, earlier: kind if when(recipe, earlier) else None


def submissions(played):
    return [each.submission for each in played.actions if not isinstance(each, Finish)]


def test_it_begins_with_a_look_at_a_few_rows_of_every_source(world):
    look = Explorer().act(world().see())
    assert isinstance(look, Check)
    assert read_plan(look.submission.plan).recipe["sources"].keys() == world().worth.keys()


def test_what_the_scorer_cannot_read_is_not_probed(play_out, world):
    read = {"good": 1.0, "fair": 0.6, "so-so": 0.4, "poor": 0.0, "bad": 0.1, "void": 1.0}
    played = play_out(Explorer(), world(readable=read))
    assert {name for each in played.of("probe") for name in each.sources} == {
        "good",
        "fair",
        "void",
    }
    plan = next(each.plan for each in submissions(played) if "phase: probe" in each.plan)
    assert all(name in plan.split("Passed over:")[1] for name in ("so-so", "poor", "bad"))


@pytest.mark.parametrize("read", [{}, dict.fromkeys(["good", "fair", "so-so", "poor", "bad"], 0.0)])
def test_where_reading_tells_nothing_every_source_is_probed(play_out, world, read):
    assert len(play_out(Explorer(), world(readable=read)).of("probe")) == len(world().worth)


def test_what_mostly_repeats_itself_is_probed_only_where_nothing_else_is_there(play_out, world):
    dull = {"duplicates": 0.9}
    some = play_out(Explorer(), world(cards={"good": dull, "fair": dull}))
    every = play_out(Explorer(), world(cards=dict.fromkeys(world().worth, dull)))
    assert len(some.of("probe")) == 4
    assert len(every.of("probe")) == 6


def test_the_fewer_sources_are_left_the_more_rows_a_probe_has(play_out, world):
    few = play_out(Explorer(), world(readable={"good": 1.0, "fair": 1.0, "so-so": 0.0}))
    many = play_out(Explorer(), world())
    assert few.of("probe")[0].rows > many.of("probe")[0].rows


def test_it_probes_every_source_alone_with_equal_rows(play_out, world):
    probes = play_out(Explorer(), world()).of("probe")
    assert sorted(name for probe in probes for name in probe.sources) == sorted(world().worth)
    assert len({(probe.rows, probe.passes, len(probe.sources)) for probe in probes}) == 1


def test_the_seed_decides_the_order_of_the_probes(play_out, world):
    orders = {
        tuple(str(probe.sources) for probe in play_out(Explorer(seed), world()).of("probe"))
        for seed in range(5)
    }
    assert len(orders) > 1


def test_dear_validation_makes_probes_brief_and_equal_and_leaves_climbs_whole(play_out, world):
    played = play_out(Explorer(), world(validation_s=40.0, left_s=1200.0))
    asked = {
        phase: {each.items for each in played.recipes if each.phase == phase}
        for phase in ("probe", "climb")
    }
    assert asked == {
        "probe": {49},
        "climb": {None},
    }  # a tenth of 1198 s, six ways, at 0.4 s an item
    trained = [each for each in played.actions if isinstance(each, Train)]
    assert [each.validate_items for each in trained] == [each.items for each in played.recipes]


def test_where_validation_is_cheap_probes_are_scored_on_all_items(play_out, world):
    assert {each.items for each in play_out(Explorer(), world()).of("probe")} == {None}


def test_halving_keeps_the_better_half_on_more_rows(play_out, world):
    played = play_out(Explorer(), world(left_s=1500.0))
    survivors = played.of("halve-1")
    assert {name for each in survivors for name in each.sources} == {"good", "fair", "so-so"}
    assert len({each.rows for each in survivors}) == 1
    assert survivors[0].rows >= 1.5 * played.of("probe")[0].rows


@pytest.mark.parametrize("seed", range(6))
def test_a_plan_reckons_with_the_rows_of_its_own_sources(play_out, world, seed):
    worth, tokens = (
        {"good": 0.9, "fair": 0.7, "short": 0.1},
        {"good": 150, "fair": 150, "short": 10},
    )
    played = play_out(Explorer(seed), world(worth, tokens=tokens, left_s=900.0))
    assert -2 <= played.world.left_s < 0.25 * 900
    halved = [each.rows for each in played.recipes if each.phase.startswith("halve")]
    assert played.of("climb")[0].passes >= 2.5 * max(halved, default=0)


@pytest.mark.parametrize("left_s", [450.0, 550.0, 650.0, 800.0, 1000.0])
def test_halving_leaves_the_climb_more_rows_than_its_own(play_out, world, left_s):
    three = {"good": 0.9, "fair": 0.7, "bad": 0.1}
    played = play_out(Explorer(), world(three, left_s=left_s, tokens_per_s=90.0, validation_s=35.0))
    halved = [each.rows for each in played.recipes if each.phase.startswith("halve")]
    assert played.of("climb")[0].passes >= 2.5 * max(halved, default=0)


def test_the_climb_uses_the_best_source_and_most_of_the_time_left(play_out, world):
    played = play_out(Explorer(), world())
    first = played.of("climb")[0]
    assert set(first.sources) == {"good"}
    assert first.passes > 2 * max(each.rows for each in played.recipes if each.phase != "climb")
    assert played.world.left_s < 0.25 * 600


def test_where_a_climb_brings_no_gain_the_next_source_is_climbed(play_out, world):
    played = play_out(Explorer(), world({"a": 0.0, "b": 0.0, "c": 0.0}, left_s=3000.0))
    first = [set(each.sources) for each in played.of("climb")[:3]]
    assert sorted(map(str, first)) == ["{'a'}", "{'b'}", "{'c'}"]


def test_it_finishes_with_the_best(play_out, world):
    played = play_out(Explorer(), world())
    assert played.actions[-1] == Finish(experiment=played.world.see().best)
    assert played.world.see().best != "base"


@pytest.mark.parametrize("left_s", [0.0, 1.0, 8.0, 12.0, 25.0, 40.0, 3000.0])
def test_it_ends_by_itself_whatever_the_time(play_out, world, left_s):
    played = play_out(Explorer(), world(left_s=left_s))
    assert isinstance(played.actions[-1], Finish)
    assert played.world.left_s >= -2, "a plan may not use more than there is"


def test_where_nothing_fits_it_finishes_with_the_base(play_out, world):
    played = play_out(Explorer(), world(left_s=5.0))
    assert [type(each) for each in played.actions] == [Check, Finish]
    assert played.actions[-1] == Finish(experiment="base")


@pytest.mark.parametrize("kind", list(FailureKind))
def test_it_ends_even_if_everything_fails(play_out, world, kind):
    played = play_out(Explorer(), world(fails=failing(kind, lambda recipe, earlier: True)))
    assert played.actions[-1] == Finish(experiment="base")
    assert len(played.actions) <= 2 * len(world().worth) + 2


@pytest.mark.parametrize("kind", list(FailureKind))
def test_it_ends_even_if_every_climb_fails(play_out, world, kind):
    fails = failing(kind, lambda recipe, earlier: recipe.phase == "climb")
    played = play_out(Explorer(), world(fails=fails, left_s=5000.0))
    assert len(played.of("climb")) == 3
    assert played.actions[-1] == Finish(experiment=played.world.see().best)


def test_after_running_out_of_memory_it_halves_the_batch_and_probes_again(play_out, world):
    fails = failing(FailureKind.OUT_OF_MEMORY, lambda recipe, earlier: recipe.batch > 4)
    played = play_out(Explorer(), world(fails=fails))
    probes = played.of("probe")
    assert probes[0].sources == probes[1].sources
    assert [probes[0].batch, probes[1].batch] == [8, 4]
    assert {each.batch for each in played.of("climb")[:1]} == {4}


def test_after_a_divergence_it_lowers_the_rate_and_probes_again(play_out, world):
    fails = failing(FailureKind.DIVERGED, lambda recipe, earlier: recipe.learning_rate > 6e-4)
    played = play_out(Explorer(), world(fails=fails))
    probes = played.of("probe")
    assert probes[0].sources == probes[1].sources
    assert probes[1].learning_rate == probes[0].learning_rate / 2
    assert all(each.learning_rate == 5e-4 for each in probes[1:])


def test_after_a_too_slow_plan_it_asks_for_less(play_out, world):
    def once(recipe, earlier):
        return recipe.phase == "climb" and not any(each.failure for each in earlier)

    slow = world(fails=failing(FailureKind.TOO_SLOW, once), tokens_per_s=200.0)
    first, second, *_ = play_out(Explorer(), slow).of("climb")
    assert second.sources == first.sources
    assert second.passes < 0.9 * first.passes


def test_a_change_is_tried_only_on_enough_rows_to_win(play_out, world):
    climbs = play_out(Explorer(), world(left_s=3000.0)).of("climb")
    assert len(climbs) > 1
    assert min(each.passes for each in climbs) >= 0.5 * climbs[0].passes


def test_a_source_whose_rows_are_at_fault_is_probed_once(play_out, world):
    fails = failing(FailureKind.SCHEMA, lambda recipe, earlier: "good" in recipe.sources)
    played = play_out(Explorer(), world(fails=fails))
    assert sum("good" in each.sources for each in played.of("probe")) == 1
    assert set(played.of("climb")[0].sources) == {"fair"}


def test_no_change_is_tried_twice_even_after_failures(play_out, world):
    fails = failing(FailureKind.DIVERGED, lambda recipe, earlier: recipe.learning_rate > 1e-3)
    played = play_out(Explorer(), world(fails=fails, left_s=20_000.0))
    options = [
        (
            str(each.sources),
            each.learning_rate,
            each.r,
            each.batch,
            each.method,
            each.num_train_epochs > MOST_EPOCHS,
        )
        for each in played.of("climb")
    ]
    assert len(options) > 5
    assert len(set(options)) == len(options)


def test_sources_with_few_rows_are_no_dead_end(play_out, world):
    small = {name: {"rows": 20} for name in world().worth}
    played = play_out(Explorer(), world(cards=small))
    assert played.of("climb")
    assert all(each.rows <= 20 * len(each.sources) * 4 for each in played.of("climb"))


def test_a_source_of_duplicates_counts_only_its_distinct_rows(world):
    cards = world({"d": 1.0}, cards={"d": {"rows": 200, "duplicates": 0.5}}).see().sources
    found = fitted(Recipe(phase="x", sources={"d": 1.0}, rows=9), cards, passes=900)
    assert (found.rows, found.num_train_epochs) == (96, 3.0)


def test_rows_that_are_used_up_are_gone_through_more_often_once(world):
    cards = world({"d": 1.0}, cards={"d": {"rows": 96}}).see().sources
    best = Recipe(phase="climb", sources={"d": 1.0}, rows=96, num_train_epochs=MOST_EPOCHS)
    longer = next_change(best, [best], ["d"]).recipe
    assert fitted(longer, cards, passes=10_000).passes == 96 * MORE_EPOCHS
    cut = fitted(longer, cards, passes=96 * 5)
    assert (cut.rows, cut.num_train_epochs) == (96, 5.0)
    for tried in (cut, longer):
        assert next_change(best, [best, tried], ["d"]).recipe.num_train_epochs == MOST_EPOCHS
    assert next_change(replace(best, num_train_epochs=2.0), [best], ["d"]).recipe.passes < 300


@settings(deadline=None, max_examples=60)
@given(
    passes=st.integers(-5, 5000),
    batch=st.sampled_from([1, 4, 8, 256]),
    share=st.sampled_from([1.0, 0.75, 0.05]),
)
def test_a_fitted_recipe_never_sees_more_rows_than_allowed(paper_cards, passes, batch, share):
    recipe = Recipe(phase="x", sources={"d": share}, rows=9, batch=batch)
    found = fitted(recipe, paper_cards, passes=passes)
    assert (found is None) == (passes < 1)
    assert found is None or 1 <= found.passes <= passes


@given(rate=st.floats(1e-6, 0.1), r=st.integers(1, 256), batch=st.integers(1, 256))
def test_every_change_stays_within_the_ranges_of_train_yaml(rate, r, batch):
    best, tried = Recipe(phase="climb", sources={"a": 1.0}, rows=8, r=r, batch=batch), []
    best = replace(best, learning_rate=rate)
    while move := next_change(best, [best, *tried], ["a", "b", "c"]):
        tried.append(move.recipe)
        found = TrainConfig(
            method=move.recipe.method,
            learning_rate=move.recipe.learning_rate,
            per_device_train_batch_size=move.recipe.batch,
            **({"r": move.recipe.r} if move.recipe.method == "lora" else {}),
        )
        assert found.learning_rate == move.recipe.learning_rate
    assert 4 <= len(tried) <= 7


@pytest.mark.parametrize("seed", range(4))
def test_everything_it_submits_passes_the_static_rung(play_out, world, seed):
    played = play_out(Explorer(seed), world(left_s=20_000.0, seed=seed))
    assert any(isinstance(each, Train) for each in played.actions)
    for made in submissions(played):
        assert isinstance(read_plan(made.plan), Plan)
        assert isinstance(read_train(made.train), TrainConfig)
        assert read_script(made.data) is None


def test_every_plan_says_why(play_out, world):
    played = play_out(Explorer(), world())
    bodies = [read_plan(made.plan).body for made in submissions(played)]
    assert all(len(body.split()) >= 5 for body in bodies)
    assert any("Ranking so far: good > fair" in body for body in bodies)


def test_a_climb_announces_what_it_expects(play_out, world):
    played = play_out(Explorer(), world())
    plans = [read_plan(made.plan) for made in submissions(played)]
    predicted = [plan.predicted for plan in plans if plan.recipe["phase"] == "climb"]
    assert predicted
    assert all(0 < each < 1 for each in predicted)
    assert played.of("climb")[0].passes >= LEAST_ROWS


def test_time_for_a_part_of_an_epoch_is_used(world):
    cards = world({"d": 1.0}, cards={"d": {"rows": 96}}).see().sources
    found = fitted(Recipe(phase="x", sources={"d": 1.0}, rows=9), cards, passes=180)
    assert (found.rows, found.num_train_epochs) == (96, 1.875)


@pytest.mark.parametrize(("rows", "rate"), [(270, 3e-3), (2000, 1e-3)])
def test_one_source_needs_no_probe_and_few_rows_a_higher_rate(play_out, world, rows, rate):
    played = play_out(Explorer(), world({"mine": 0.8}, cards={"mine": {"rows": rows}}))
    assert played.of("probe") == []
    assert played.of("climb")[0].learning_rate == rate


@pytest.mark.parametrize("kind", [FailureKind.CONTAMINATED, FailureKind.FORMAT_COLLAPSE])
def test_what_would_fail_again_is_not_tried_again(play_out, world, kind):
    fails = failing(kind, lambda recipe, earlier: recipe.phase == "climb")
    played = play_out(Explorer(), world({"mine": 0.8}, fails=fails))
    assert len(played.of("climb")) == 1
