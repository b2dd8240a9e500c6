"""Held-out means unreachable: the test opens once, after which nothing can be chosen any more."""

from dataclasses import replace

import pytest

from ftdojo.errors import UsageError
from ftdojo.evaluation import Vault, evaluate, scores
from ftdojo.records import Completion


def test_validation_and_confirmation_are_handed_out_always_the_same(task):
    vault = Vault(task)
    assert vault.items("validation") == vault.items("validation") == tuple(task.items("validation"))
    assert vault.items("confirm") == tuple(task.items("confirm"))


def test_the_test_is_not_handed_out_before_it_is_opened(task):
    with pytest.raises(
        UsageError, match=r"not handed out by items\(\); freeze the selection with open_test\(\)"
    ):
        Vault(task).items("test")


def test_the_test_opens_once(task):
    vault = Vault(task)
    assert vault.open_test() == tuple(task.items("test"))
    with pytest.raises(
        UsageError, match=r"'toy/sums' was already opened; it is scored once, so keep its items"
    ):
        vault.open_test()


@pytest.mark.parametrize("split", ["validation", "confirm"])
def test_an_opened_test_freezes_the_selection(task, split):
    vault = Vault(task)
    vault.open_test()
    with pytest.raises(
        UsageError, match=f"selection is frozen and '{split}' is closed; choose before opening"
    ):
        vault.items(split)


def test_two_items_of_one_id_are_refused(task):
    twice = replace(task, items=lambda split: task.items(split)[:1] * 2)
    with pytest.raises(
        UsageError, match="Two validation items of 'toy/sums' have one id; give every item"
    ):
        Vault(twice).items("validation")


def test_a_vault_shows_no_item_when_printed(task):
    vault = Vault(task)
    vault.open_test()
    assert repr(vault) == "Vault('toy/sums')"


def test_a_model_that_knows_validation_by_heart_scores_nothing_on_the_test(task):
    vault = Vault(task)
    learnt = {item.messages[-1]["content"]: item.gold for item in vault.items("validation")}

    def recite(prompts):
        return [
            Completion(text=learnt.get(prompt[-1]["content"], "I forgot."), tokens=1, finished=True)
            for prompt in prompts
        ]

    by_heart, _ = evaluate(vault.items("validation"), task, generate=recite, chunk=8)
    unseen, _ = evaluate(vault.open_test(), task, generate=recite, chunk=8)
    assert (set(scores(by_heart).values()), set(scores(unseen).values())) == ({1.0}, {0.0})
