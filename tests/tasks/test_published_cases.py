"""The published evaluators of mathematics, patents and finance are repeated case by case."""

import json
from pathlib import Path

import pytest

from ftdojo.scorers.case import Case
from ftdojo.tasks.cases import cases

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
NAMES = (
    "_common",
    "aime24",
    "aime25",
    "gsm8k",
    "financeiq",
    "banking77",
    "panorama_par4pc",
    "panorama_pi4pc",
    "panorama_noc4pc",
)


def agrees(expected, given):
    if isinstance(expected, dict):
        return all(name in given and agrees(expected[name], given[name]) for name in expected)
    if isinstance(expected, float) or isinstance(given, float):
        return given == pytest.approx(expected, abs=1e-6)
    return type(expected) is type(given) and expected == given


@pytest.mark.parametrize("named", [True, False], ids=["with its scorer", "without"])
@pytest.mark.parametrize("name", NAMES)
def test_every_given_case_scores_as_expected(name, named):
    if not (SHARED / name).is_dir():
        pytest.skip(f"no cases of {name} beside this checkout")
    (path,) = (SHARED / name).glob("*golden.jsonl")
    for line in path.read_text(encoding="utf8").splitlines():
        told = json.loads(line)
        scorer = told["scorer"] if named else ""
        case = Case(name=told["case"], input=told["input"], scorer=scorer, folder=path.parent)
        assert agrees(told["expected"], cases.get(name)(case).reference), told["case"]


@pytest.mark.parametrize(
    "task",
    [
        "math/aime25",
        "math/gsm8k",
        "finance/financeiq",
        "finance/banking77",
        "patent/par4pc",
        "patent/noc4pc",
    ],
)
def test_a_task_scores_cases_under_its_own_name_too(task):
    assert callable(cases.get(task))
