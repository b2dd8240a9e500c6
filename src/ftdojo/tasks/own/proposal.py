"""What rows look like they are meant for: labels, numbers, short texts, JSON, long texts; and the task that fits them."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Literal

from ftdojo.errors import UsageError
from ftdojo.tasks.own.file import LABELLED
from ftdojo.tasks.own.metrics import METRICS, Reading, decimal_sign, gold_fault, golds_of
from ftdojo.tasks.own.shapes import RowTable, text_of

MOST_LABELS, MOST_NUMBERS = 200, 12
"""More different answers are no labels; of plain numbers fewer already are not."""
ROWS_A_LABEL, ROWS_A_NUMBER = 3, 8
FOUND = 0.8
"""Answers that stand in this share of their own questions are read out of them, and are no labels."""
LABEL_CHARS, SHORT_CHARS = 60, 60
LISTED, LISTED_CHARS = 12, 240
"""So many labels are listed in the prompt, if that takes no more characters; of more, the prompt names the column only."""
FEWEST_TOKENS, MOST_TOKENS, SPARE_TOKENS = 16, 1024, 8
SHORT_TOKENS, LONG_SHARE = 64, 0.98
"""Answers up to so many tokens all fit under the cap; where some are longer, this share of all does."""


@dataclass(frozen=True, kw_only=True)
class TaskProposal:
    """How answers are read and scored, what the prompt asks for, and how many tokens an answer may have."""

    reading: Reading
    ask: str
    max_new_tokens: int
    kind: str
    golds: tuple[tuple[str, ...], ...]
    """The right answers of each row, alternatives beside each other; labels in one spelling."""
    notes: tuple[str, ...] = ()


def propose(
    table: RowTable,
    answer: str,
    *,
    questions: Sequence[str],
    metric: str = "",
    names: Sequence[str] = (),
) -> TaskProposal:
    """Return what fits the column ``answer``; with ``metric``, what fits that metric.

    Args:
        table: rows that have an answer.
        answer: the column of the right answers.
        questions: each row's question.
        metric: one of ``METRICS``, or empty to choose.
        names: what whole-number labels are called, where the file says so.

    Raises:
        UsageError: a right answer cannot be scored by ``metric``, or all answers are one; the line names a row.
    """
    golds, notes = _golds(table, answer, names)
    if metric:
        reading, kind = _reading(metric, golds), f"{metric}, as told"
    else:
        reading, kind = _guessed(golds, questions)
    if reading.labels:
        golds, merged = _one_spelling(golds, reading.labels)
        notes += merged
    _require(table, reading, golds)
    return TaskProposal(
        reading=reading,
        ask=_ask(reading, golds, answer),
        max_new_tokens=_cap(golds),
        kind=kind,
        golds=tuple(golds),
        notes=tuple(notes),
    )


def unscored(table: RowTable, answer: str) -> TaskProposal:
    """Return what fits rows that a scorer of their own reads: each answer as one text, and nothing asked around it."""
    golds = tuple((text_of(row[answer]),) for row in table.rows)
    return TaskProposal(
        reading=Reading(metric=""),
        ask="",
        max_new_tokens=_cap(golds),
        kind="scored by a function",
        golds=golds,
    )


def _golds(
    table: RowTable, answer: str, names: Sequence[str]
) -> tuple[list[tuple[str, ...]], list[str]]:
    values = [row[answer] for row in table.rows]
    numbered = [value for value in values if isinstance(value, int) and not isinstance(value, bool)]
    if (
        names
        and len(numbered) == len(values)
        and all(0 <= value < len(names) for value in numbered)
    ):
        told = f"{answer}: whole numbers, named by the file: {', '.join(names[:8])}"
        return [(names[value],) for value in numbered], [told]
    if letters := _letters(table, values):
        return [(each,) for each in letters], [f"{answer}: places of choices, read as letters"]
    if all(isinstance(value, float) and value.is_integer() for value in values):
        values = [int(value) for value in values]
    return [golds_of(value) for value in values], []


def _letters(table: RowTable, values: Sequence[Any]) -> list[str]:
    """Return whole-number answers as the letters of the choices they count, where rows have lettered choices."""
    found = []
    for row, value in zip(table.rows, values, strict=True):
        options = next((row[name] for name in ("choices", "options", "endings") if name in row), "")
        letters = [line.partition(".")[0] for line in str(options or "").splitlines()]
        given = int(value) if isinstance(value, str) and value.isdecimal() else value
        if isinstance(given, bool) or not isinstance(given, int) or not 0 <= given < len(letters):
            return []
        found.append(letters[given])
    return found


def _guessed(golds: Sequence[tuple[str, ...]], questions: Sequence[str]) -> tuple[Reading, str]:
    firsts = [each[0] for each in golds]
    rows, counts = len(firsts), Counter(firsts)
    if _all_fit("json_fields", golds):
        return _reading("json_fields", golds), "JSON objects"
    if all(len(each) == 1 and each.isascii() and each.isalpha() for each in firsts) and (
        len(counts) <= MOST_NUMBERS and _all_fit("choice", golds)
    ):
        return _reading("choice", golds), f"letters ({', '.join(sorted(counts))})"
    numbers = _all_fit("number", golds) and not any(map(_has_unit, firsts))
    most = (
        min(MOST_NUMBERS, rows // ROWS_A_NUMBER)
        if numbers
        else min(MOST_LABELS, rows // ROWS_A_LABEL)
    )
    short = all(len(each) <= LABEL_CHARS and "\n" not in each for each in firsts)
    found = sum(
        each.casefold() in text.casefold() for each, text in zip(firsts, questions, strict=True)
    )
    if (
        short
        and found < rows * FOUND
        and 2 <= len(counts) <= most
        and all(len(each) == 1 for each in golds)
    ):
        reading = _reading("accuracy", golds)
        return reading, f"{len(reading.labels)} labels"
    if numbers:
        return _reading("number", golds), "numbers"
    if median(map(len, firsts)) <= SHORT_CHARS and _all_fit("exact_match", golds):
        return _reading("exact_match", golds), "short texts"
    spaced = sum(" " in each for each in firsts) >= rows / 2
    return _reading("rouge_l" if spaced else "chrf", golds), "long texts"


def _has_unit(gold: str) -> bool:
    """Return whether a short answer has letters beside its number: ``12 km`` may be meant word for word."""
    return len(gold) <= SHORT_CHARS and "\n" not in gold and any(map(str.isalpha, gold))


def _reading(metric: str, golds: Sequence[tuple[str, ...]]) -> Reading:
    if metric in LABELLED:
        spelt = Counter(each for several in golds for each in several)
        best: dict[str, str] = {}
        for label, _ in sorted(spelt.items(), key=lambda found: (-found[1], found[0])):
            best.setdefault(folded(label), label)
        return Reading(metric=metric, labels=tuple(sorted(best.values())))
    sign: Literal[".", ","] = "."
    if metric == "number":
        sign = decimal_sign([each for several in golds for each in several])
    return Reading(metric=metric, decimal=sign)


def folded(label: str) -> str:
    """Return what two spellings of one label share.

    Example:
        >>> folded("Not_relevant ") == folded("not relevant")
        True
    """
    return " ".join(label.replace("_", " ").replace("-", " ").casefold().split()) or label


def _one_spelling(
    golds: Sequence[tuple[str, ...]], labels: Sequence[str]
) -> tuple[list[tuple[str, ...]], list[str]]:
    best = {folded(label): label for label in labels}
    changed = Counter(
        (each, best[folded(each)]) for several in golds for each in several if each not in labels
    )
    told = [
        f"label {one!r} ({many} rows) counts as {other!r}" for (one, other), many in changed.items()
    ]
    return [tuple(best[folded(each)] for each in several) for several in golds], told


def _all_fit(metric: str, golds: Sequence[tuple[str, ...]]) -> bool:
    reading = _reading(metric, golds)
    return not any(gold_fault(reading, each) for several in golds for each in several)


def _require(table: RowTable, reading: Reading, golds: Sequence[tuple[str, ...]]) -> None:
    """Refuse right answers that the metric cannot score, and answers that are all the same."""
    faults = [
        (place, fault)
        for place, several in zip(table.places, golds, strict=True)
        for each in several
        if (fault := gold_fault(reading, each))
    ]
    if faults:
        place, fault = faults[0]
        more = f" ({len(faults)} rows are like that)" if len(faults) > 1 else ""
        raise UsageError(
            f"{place}: {fault}, so {reading.metric} cannot score it{more}; correct or drop them, or choose another "
            f"--metric: {', '.join(METRICS)}."
        )
    if len(set(golds)) == 1:
        raise UsageError(
            f"All {len(golds)} rows have the same answer, {golds[0][0][:60]!r}; there is nothing to learn to tell apart."
        )


def _ask(reading: Reading, golds: Sequence[tuple[str, ...]], answer: str) -> str:
    """Return what the prompt says after the question, or nothing."""
    if reading.metric in LABELLED:
        listed = ", ".join(reading.labels)
        if len(reading.labels) <= LISTED and len(listed) <= LISTED_CHARS:
            return f"Answer with one of: {listed}."
        return f"Answer with the {_named(answer)} alone."
    if reading.metric == "choice":
        return "Answer with one letter."
    if reading.metric == "number":
        worked = sum(len(each[0]) > SHORT_CHARS for each in golds) > len(golds) / 2
        return "Show the working and end with the number." if worked else "Answer with a number."
    if reading.metric == "json_fields":
        keys = dict.fromkeys(key for each in golds[:200] for key in json.loads(each[0]))
        return f"Answer with a JSON object with the keys {', '.join(map(str, keys))}."
    if reading.metric in {"exact_match", "contains"}:
        return f"Answer with the {_named(answer)} alone."
    return ""


def _named(answer: str) -> str:
    """Return what to call the answer in a prompt."""
    return answer.replace("_", " ").strip() if answer.isascii() and answer else "answer"


def _cap(golds: Sequence[tuple[str, ...]]) -> int:
    """Return a token cap that holds every short answer, and of long ones all but the longest in fifty."""
    lengths = sorted(_tokens(each) for several in golds for each in several)
    short = lengths[-1] <= SHORT_TOKENS
    tokens = (lengths[-1] if short else lengths[int(len(lengths) * LONG_SHARE)]) + SPARE_TOKENS
    return max(FEWEST_TOKENS, min(MOST_TOKENS, -(-tokens // 8) * 8))


def _tokens(text: str) -> int:
    """Return how many tokens a text has at most, roughly: letters of other scripts take more of them."""
    ascii_only = len(text.encode("ascii", "ignore"))
    others = len(text.encode("utf8", "replace")) - ascii_only
    return ascii_only // (2 if len(text) <= SHORT_CHARS else 3) + others // 2


def seen(table: RowTable, proposal: TaskProposal, questions: Sequence[str]) -> Mapping[str, Any]:
    """Return what the rows are like, for a person: labels and their balance, lengths, repeats."""
    firsts = [each[0] for each in proposal.golds]
    facts: dict[str, Any] = {"answers": proposal.kind}
    if proposal.reading.labels:
        counts = Counter(firsts).most_common()
        facts["labels"] = dict(counts)
    facts["question characters"] = _spread([len(each) for each in questions])
    facts["answer characters"] = _spread([len(each) for each in firsts])
    contradictions = _contradictions(questions, firsts)
    if contradictions:
        facts["questions with two answers"] = contradictions
    return facts


def _spread(values: Sequence[int]) -> str:
    ordered = sorted(values)
    return f"median {ordered[len(ordered) // 2]:,}, longest {ordered[-1]:,}"


def _contradictions(questions: Sequence[str], golds: Sequence[str]) -> int:
    answers: dict[str, set[str]] = {}
    for question, gold in zip(questions, golds, strict=True):
        answers.setdefault(text_of(question).casefold(), set()).add(gold)
    return sum(len(found) > 1 for found in answers.values())
