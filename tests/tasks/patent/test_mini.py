"""patent/mini: claims and documents that give nothing away by their length, and what a decision is worth."""

import random
from itertools import islice, permutations

import pytest

from ftdojo import tasks
from ftdojo.evaluation import evaluate, report
from ftdojo.records import Completion
from ftdojo.tasks.patent import mini as claims
from ftdojo.tasks.patent.mini import ClaimQuestion

TASK = tasks.get("patent/mini")
ITEM = next(i for i in TASK.items("validation") if i.facts["code"] == "103")
DRAWN = list(islice(claims.GENERATOR.train(random.Random(0)), 1500))
CLAIM = ("lamp", "hook", "rope")


@pytest.mark.parametrize(
    ("art", "code"),
    [
        ("lamp A, lid B, hook A, cap B, rope A, fan B", "102"),
        ("rope B, lid A, hook B, cap A, lamp B, fan A", "102"),
        ("lamp A, hook A, lid A, rope B, cap B, fan B", "103"),
        ("lamp A, hook A, lid A, seal B, cap B, fan B", "ALLOW"),
        ("plug A, fuse A, lid A, seal B, cap B, fan B", "ALLOW"),
    ],
)
def test_one_document_with_everything_is_102_both_together_103_else_it_is_allowed(art, code):
    listed = tuple(tuple(each.split()) for each in art.split(", "))
    assert claims.code(claims.holders(ClaimQuestion(claim=CLAIM, art=listed))) == code


@pytest.mark.parametrize(
    ("found", "needed"),
    [("AAA", "A A A"), ("BAB", "B AB AB"), ("A-B", "A - -"), ("-BB", "- - -"), ("ABB", "A AB AB")],
)
def test_a_chart_says_after_each_element_which_documents_are_needed_so_far(found, needed):
    assert claims.needed(list(found)) == needed.split()


def test_the_last_that_is_needed_decides():
    decides = {"A": "102", "B": "102", "AB": "103", "-": "ALLOW"}
    for question in DRAWN:
        found = claims.holders(question)
        assert claims.code(found) == decides[claims.needed(found)[-1]]


def test_both_documents_are_equally_long_and_no_element_is_named_twice():
    for question in DRAWN:
        assert sorted(document for _, document in question.art) == ["A"] * 3 + ["B"] * 3
        assert len(dict(question.art)) == 6


def test_every_decision_is_as_likely_as_any_other():
    codes = [claims.code(claims.holders(question)) for question in DRAWN]
    assert all(0.28 < codes.count(code) / len(codes) < 0.39 for code in claims.CODES)


def test_neither_order_nor_documents_move_a_claim_to_another_split():
    for question in DRAWN[:200]:
        for order in permutations(question.claim):
            other = ClaimQuestion(claim=order, art=(("lamp", "A"), ("hook", "B")))
            assert claims.GENERATOR.split_of(other) == "train"


@pytest.mark.parametrize(
    "output", ['{"code": "103"}', 'lamp A, hook B\n{"code": "103"}', "code: 103", "103"]
)
def test_the_right_code_is_right_as_noc4pc_reads_it(output):
    assert TASK.grade(output, ITEM).score == 1.0


@pytest.mark.parametrize(
    "output", ["", "It is obvious.", "Not allowable under 103.", '{"code": "104"}']
)
def test_without_a_code_an_output_is_unreadable(output):
    grade = TASK.grade(output, ITEM)
    assert (grade.score, grade.readable) == (0.0, False)


def test_a_constant_answer_has_a_sixth_of_the_score():
    items = TASK.items("test")
    same = Completion(text='{"code": "102"}', tokens=1, finished=True)
    graded, _ = evaluate(items, TASK, generate=lambda asked: [same] * len(asked), chunk=500)
    told = report(graded, TASK, split="test", items=items, seconds=1.0)
    assert told.score.score == pytest.approx(1 / 6, abs=0.02)
