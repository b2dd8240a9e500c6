"""The page tells what the records tell, at every stage of a run, and runs nothing that a run wrote."""

import base64
import hashlib
import html
import re
from dataclasses import replace

import pytest

from ftdojo.errors import StoreError
from ftdojo.records import Budget, Direction, LlmChoice
from ftdojo.report import render, write
from ftdojo.report.numbers import Scale
from ftdojo.report.spending import recipe
from ftdojo.store import Ledger

SHARE = Scale(unit="share", direction=Direction.HIGHER)


def text_of(page):
    body = page.partition("<body>")[2]
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", body)).split())


def said(value):
    return " ".join(value.split())


def test_the_three_numbers_are_the_results_own(finished):
    result, text = finished.result(), text_of(render(finished))
    for report in (result.base_test, result.test):
        assert said(SHARE.score(report.score.score)) in text
        assert said(SHARE.interval(report.score)) + " · n = 300" in text
    assert said(SHARE.change(result.gain.difference.score)) in text
    assert said(SHARE.change_interval(result.gain.difference)) in text


def test_the_page_says_what_was_chosen_why_and_where_it_is(finished):
    text = text_of(render(finished))
    assert (
        "8 experiments in 13 min 28 s: 5 scored in full, 1 stopped early by a race, 2 failed"
        in text
    )
    assert "e5 was chosen and its test scored once" in text
    assert finished.result().why in text
    assert f"The model is in {finished.config.id}/model ." in text
    assert str(finished.path) not in text


def test_every_experiment_has_a_card_with_its_verdict(finished):
    page = render(finished)
    for each in finished.experiments():
        card = page.partition(f'id="{each.id}"')[2].partition('<details class="card')[0]
        for found in each.feedback.comparisons.values():
            assert SHARE.change(found.difference.score) in card
            assert SHARE.change(found.detectable) in card
            assert f"{found.fixed} / {found.broken}" in card


def test_a_failure_is_shown_with_its_kind_its_message_and_its_log(finished):
    text = text_of(render(finished))
    assert "Failed in train: diverged" in text
    assert "lower learning_rate below 0.0016" in text
    assert "step 14 loss nan" in text


def test_the_page_of_a_new_run_says_that_nothing_is_scored(new):
    text = text_of(render(new))
    assert "Nothing is scored yet" in text
    assert "untouched until the run ends" in text


def test_the_page_of_a_run_under_way_shows_validation_and_no_test(running):
    text = text_of(render(running))
    assert "Base model, validation" in text
    assert "Best so far, validation" in text
    assert "1 still running" in text
    assert "Gain, test" not in text


def test_a_kept_base_is_no_gain(kept_base):
    text = text_of(render(kept_base))
    assert "e5 was proposed, the base model was chosen" in text
    assert "Base model (chosen), test" in text
    assert "0.0 points The base model was kept." in text
    assert "by e5, the best that was not chosen" in text


def test_no_test_item_is_ever_shown(finished, story):
    assert story.SECRET not in render(finished)


def test_what_agents_and_models_write_is_text(hostile, story):
    page = render(hostile)
    assert html.escape(story.HOSTILE, quote=False) in page
    assert page.count("<script>") == page.count("</script>") == 1
    assert "<img" not in page
    assert "onerror=alert(2)>" not in page


def test_the_policy_allows_the_pages_own_style_and_script_only(finished):
    page = render(finished)
    policy = html.unescape(re.search(r'Policy" content="([^"]*)"', page)[1])
    for tag in ("style", "script"):
        text = re.search(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)[1]
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}';" in policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy


def test_the_page_needs_nothing_from_outside(finished):
    page = render(finished)
    assert not re.findall(r"""(?:src|href)=["'](?!#|data:,)""", page)
    assert "http:" not in page
    assert "https:" not in page
    assert not re.search(r"<[^>]* (?:style|on\w+)=", page.partition("</head>")[2])


def test_the_page_is_written_into_the_run_folder(running):
    path = write(running)
    assert path == running.path / "report.html"
    assert path.read_text(encoding="utf8") == render(running)


def test_a_page_without_rows_of_data_is_light(finished):
    assert len(render(finished).encode()) < 300_000


def test_a_damaged_run_is_one_clear_line(running):
    (running.path / "experiments" / "e1" / "experiment.json").write_text("{")
    with pytest.raises(StoreError, match=r"e1/experiment\.json"):
        render(running)


def test_a_diverged_curve_and_an_odd_score_do_not_break_the_page(running):
    each = running.experiments()[0]
    nan = float("nan")
    curve = tuple(replace(point, loss=nan) for point in each.feedback.training.curve)
    training = replace(each.feedback.training, curve=curve, loss_last=float("inf"))
    score = replace(each.evaluation.score, score=nan, low=nan, high=nan)
    feedback = replace(
        each.feedback, training=training, evaluation=replace(each.evaluation, score=score)
    )
    running.save_experiment(replace(each, feedback=feedback))
    assert "not a number" in text_of(render(running))


def test_language_models_are_named_with_their_cost_only_where_some_were_asked(running):
    assert "Language models:" not in (before := text_of(render(running)))
    assert " llm " not in before
    ledger = Ledger(running.path, clock=lambda: 0.0)
    ledger.pay(
        "plan/1", seconds=3.0, calls=1, input_tokens=1200, output_tokens=34, nano_usd=5 * 10**6
    )
    text = text_of(render(running))
    assert "Language models: 1 call, 1,200 tokens read and 34 written, for $0.0050." in text
    assert "llm 3 s" in said(text)


def test_a_price_that_is_not_known_is_never_nothing(running):
    Ledger(running.path, clock=lambda: 0.0).pay("plan/1", seconds=3.0, calls=1, unpriced=1)
    text = text_of(render(running))
    assert "1 call, 0 tokens read and 0 written, at a price that is not known." in text
    assert "$" not in text.partition("Language models:")[2].partition(".")[0]


def test_the_command_and_the_table_name_a_chat_template_that_was_put_on(story):
    known, own = story.config(), "/my own.jinja"
    put_on = recipe(replace(known, chat_template=own, spec=replace(known.spec, chat_template=own)))
    assert "--model smollm2-135m --budget 1200s" in put_on.command
    assert "--chat-template '/my own.jinja'" in put_on.command
    assert ("chat template put on", "/my own.jinja") in put_on.asked
    assert "chat" not in recipe(story.config()).command


def test_the_command_names_the_models_and_their_caps(story, tmp_path):
    choice = LlmChoice(models={"planner": "vllm/a", "weak": "vllm/b"}, prices="/p.yaml")
    budget = Budget(wall_s=60.0, max_llm_calls=9, max_llm_usd=1.5)
    command = recipe(
        replace(story.config(), spec=replace(story.config().spec, llm=choice, budget=budget))
    ).command
    assert "--llm vllm/a --llm-weak vllm/b --prices /p.yaml" in command
    assert "--max-llm-calls 9 --max-llm-usd 1.5" in command
