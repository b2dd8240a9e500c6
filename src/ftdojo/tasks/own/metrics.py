"""The metrics that a task of your own can name: how an answer is read, and what it scores against the gold answer.

The answer is what follows the last marker (``Answer:``) on its line; without the marker an output is unreadable. An
empty marker takes the whole output. JSON needs no marker: the last object counts.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from ftdojo.errors import MissingExtra
from ftdojo.records import Grade
from ftdojo.tasks.json_answer import last_object

TAIL_CHARS = 20_000
_NUMBER = re.compile(r"[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|[-+]?\d+(?:\.\d+)?|[-+]?\.\d+", re.ASCII)
_LETTER = re.compile(r"\W{0,8}([A-Za-z])(?![A-Za-z])")
Metric = Callable[[str, str], tuple[float, str | None]]
"""Takes the answer and the gold answer; returns the score and what was read, None for nothing."""


def plain(text: str) -> str:
    """Return ``text`` without case, surplus spacing and closing marks.

    Example:
        >>> plain("  The  Hague. ")
        'the hague'
    """
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split()).strip(" .!\"'`*")


def exact_match(answer: str, gold: str) -> tuple[float, str | None]:
    """1 for the gold answer, apart from case, spacing and closing marks."""
    given = plain(answer)
    return float(given == plain(gold)), given if any(map(str.isalnum, given)) else None


def contains(answer: str, gold: str) -> tuple[float, str | None]:
    """1 if the gold answer stands in the answer as whole words."""
    given = plain(answer)
    found = re.search(rf"(?<!\w){re.escape(plain(gold))}(?!\w)", given)
    return float(found is not None), given if any(map(str.isalnum, given)) else None


def choice(answer: str, gold: str) -> tuple[float, str | None]:
    """1 for the right letter; the letter the answer begins with counts."""
    match = _LETTER.match(answer)
    given = match[1].upper() if match else None
    return float(given == plain(gold).upper()), given


def number(answer: str, gold: str) -> tuple[float, str | None]:
    """1 for the right number, however it is written; the first number of the answer counts."""
    match, wanted = _NUMBER.search(answer[:200]), _NUMBER.search(gold)
    if match is None:
        return 0.0, None
    same = wanted is not None and abs(_value(match[0]) - _value(wanted[0])) <= 1e-6 * max(
        1.0, abs(_value(wanted[0]))
    )
    return float(same), match[0]


def json_fields(answer: str, gold: str) -> tuple[float, str | None]:
    """The share of the gold object's fields that the last JSON object of the output has right."""
    given, wanted = last_object(answer), last_object(gold)
    if given is None or not wanted:
        return 0.0, None
    right = sum(_same(given.get(key), value) for key, value in wanted.items())
    return right / max(len(wanted), len(given)), json.dumps(given)


def rouge_l(answer: str, gold: str) -> tuple[float, str | None]:
    """ROUGE-L F-measure of words, as the package rouge-score counts it."""
    need_rouge()
    from rouge_score.rouge_scorer import RougeScorer

    given = answer[:TAIL_CHARS]
    if not any(map(str.isalnum, given)):
        return 0.0, None
    return float(RougeScorer(["rougeL"]).score(gold, given)["rougeL"].fmeasure), given


def need_rouge() -> None:
    """Make sure that ROUGE can be counted.

    Raises:
        MissingExtra: its package is not installed.
    """
    try:
        import rouge_score  # noqa: F401
    except ImportError as error:
        raise MissingExtra(
            "The metric rouge_l needs a package: pip install 'ftdojo[text]'."
        ) from error


METRICS: Mapping[str, Metric] = {
    "exact_match": exact_match,
    "contains": contains,
    "choice": choice,
    "number": number,
    "json_fields": json_fields,
    "rouge_l": rouge_l,
}


def graded(metric: str, output: str, gold: str, *, after: str) -> Grade:
    """Return the grade of ``output`` against the gold answer ``gold``; never raises, whatever the output."""
    answer = output[-TAIL_CHARS:]
    if metric != "json_fields" and after:
        _, marker, answer = answer.rpartition(after)
        lines = answer.strip().splitlines()
        answer = answer.strip() if metric == "rouge_l" else lines[0] if lines else ""
        if not marker:
            return Grade(score=0.0, readable=False)
    score, read = METRICS[metric](answer, gold)
    return Grade(
        score=score if read is not None else 0.0, readable=read is not None, extracted=read or ""
    )


def gold_output(metric: str, gold: str, *, after: str) -> str:
    """Return an output that gives the answer ``gold`` in the right format."""
    return f"{after} {gold}".strip() if metric != "json_fields" else gold


def _value(text: str) -> float:
    return float(text.replace(",", "")[:60])


def _same(given: Any, wanted: Any) -> bool:
    if isinstance(given, str) and isinstance(wanted, str):
        return plain(given) == plain(wanted)
    if isinstance(given, bool) or isinstance(wanted, bool):
        return given is wanted
    return bool(given == wanted)
