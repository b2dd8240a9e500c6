"""PAR4PC: which of the patents A to H were cited; several may have been.

``reference`` repeats RD-Agent's evaluator. Its ``macro_f1`` pools hits and misses of all rows, which is micro F1, and it
picks letters out of any text: the a and e of the word "answer", or the article in "a good match". ``official`` is the
authors' formula, mean F1 per row, over the same letters. ``strict`` is that mean over the JSON answer and
nothing else: an answer that names anything but single letters is unreadable and scores 0.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ftdojo.records import Grade
from ftdojo.scorers.patents.reading import UNPARSED, fenced, last_object, parsed
from ftdojo.scorers.think import without_thinking

Letters = frozenset[str]
LETTERS = frozenset("ABCDEFGH")
_QUOTED = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r'"answer"\s*:\s*\[\s*"([A-H])"\s*(?:,\s*"([A-H])"\s*)*\]',
        r'"answer"\s*:\s*"([A-H](?:,\s*[A-H])*)"',
        r'"answer"\s*:\s*"([A-H])"',
    )
)
_ANY = re.compile(r"[A-H]", re.IGNORECASE)
_ALONE = re.compile(r"\b([A-H])\b", re.IGNORECASE)
_BROKEN = re.compile(
    r'\banswer"?\s{0,9}[:=]\s{0,9}\[?((?:[\s,]{0,9}"?[A-H]"?(?![\w"])){1,8})(?=\s{0,9}(?:[\]},.]|$))',
    re.IGNORECASE,
)
"""An answer in JSON that is broken or left out: ``"answer": ["A", "C"`` or ``Answer: A, C``."""
_BETWEEN = re.compile(r"[,;/\s]+")


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How an answer's letters meet the gold ones; ``beside`` counts the wrong ones that are not silver either."""

    hits: int
    wrong: int
    beside: int
    missed: int

    @property
    def f1(self) -> float:
        """F1 of the row; 0 where nothing was given and nothing was expected."""
        return ratio(2 * self.hits, 2 * self.hits + self.wrong + self.missed)

    @property
    def custom(self) -> float:
        """The published custom score: a hit is worth two, a slip or a miss costs one; never below 0."""
        gold = self.hits + self.missed
        if not gold:
            return float(not self.wrong)
        return max(0.0, (2 * self.hits - self.beside - self.missed) / (2 * gold))


def ratio(part: float, whole: float) -> float:
    """Return ``part`` of ``whole``; 0 of nothing."""
    return part / whole if whole else 0.0


def counted(given: Collection[str], gold: Collection[str], silver: Collection[str] = ()) -> Counts:
    """Compare ``given`` with ``gold``; ``silver`` is neither right nor counted as ``beside``."""
    said, right = set(given), set(gold)
    return Counts(
        hits=len(said & right),
        wrong=len(said - right),
        beside=len(said - right - set(silver)),
        missed=len(right - said),
    )


def par4pc_grade(output: str, gold: Collection[str], silver: Collection[str] = ()) -> Grade:
    """Return F1 of the letters under ``answer`` in the last JSON object against ``gold``.

    Secondary: ``exact``, 1 for the very set; ``custom``, the published custom score, silver patents forgiven.

    Example:
        >>> par4pc_grade('It is B. {"answer": ["A", "G"]}', ["A"]).score
        0.6666666666666666
    """
    letters = strict_letters(without_thinking(output))
    counts = counted(letters or (), gold, silver)
    return Grade(
        score=counts.f1,
        readable=letters is not None,
        extracted=",".join(sorted(letters or ())),
        secondary={
            "exact": float(letters == Letters(gold)),
            "custom": counts.custom if letters else 0.0,
        },
    )


def strict_letters(text: str) -> Letters | None:
    """Return the letters an answer names, or None where it cannot be read.

    Example:
        >>> sorted(strict_letters('{"answer": "A, g"}')), strict_letters("It is a good match")
        (['A', 'G'], None)
    """
    found = last_object(text, "answer")
    if found is not None:
        return _only_letters(found["answer"])
    if broken := list(_BROKEN.finditer(text[-5_000:])):
        return Letters(_ANY.findall(broken[-1][1].upper()))
    return _only_letters(text.strip(" \n.")) if len(text) < 100 else None


def _only_letters(value: Any) -> Letters | None:
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(each, str) for each in values):
        return None
    words = [word for each in values for word in _BETWEEN.split(each.strip().upper())]
    return Letters(words) if words and LETTERS.issuperset(words) else None


def reference_letters(output: str) -> list[str]:
    """Return what RD-Agent's evaluator reads, sorted."""
    text = output.strip()
    text = fenced(text) if "```" in text else text
    value = parsed(text)
    answer = value.get("answer", []) if isinstance(value, dict) else UNPARSED
    if isinstance(answer, str):
        return named(answer)
    if isinstance(answer, list):
        single = {each.strip().upper() for each in answer if isinstance(each, str)}
        return sorted(single & LETTERS)
    return _picked(text)


def named(answer: Any) -> list[str]:
    """Return the letters of ``A, G`` or of a list of such, in any case; a longer word up to H stays as it is."""
    if isinstance(answer, list):
        return sorted({letter for each in answer for letter in named(each)})
    words = re.split(r"[,\s]+", str(answer or "").upper())
    return sorted({word for word in words if word and "A" <= word <= "H"})


def _picked(text: str) -> list[str]:
    for pattern in _QUOTED:
        if match := pattern.search(text):
            return sorted({letter.upper() for letter in _ANY.findall(match[0])})
    return sorted({letter.upper() for letter in _ALONE.findall(text)})


def reference_mark(output: str, gold: Any) -> Mapping[str, Any]:
    """Return the letters RD-Agent reads in one output and how they meet the gold ones; it does not get silver ones."""
    letters, right = reference_letters(output), named(_listed(gold))
    return {"extracted": letters, "counts": counted(letters, right), "exact": letters == right}


def _listed(letters: Any) -> Any:
    return list(letters) if isinstance(letters, tuple | set | frozenset) else letters


def reference_total(marks: Sequence[Mapping[str, Any]]) -> Mapping[str, float]:
    """Return RD-Agent's figures, 0-100, and the authors' ``official_macro_f1``, 0-1."""
    counts: list[Counts] = [mark["counts"] for mark in marks]
    hits = sum(each.hits for each in counts)
    precision = ratio(hits, hits + sum(each.beside for each in counts))
    recall = ratio(hits, hits + sum(each.missed for each in counts))
    return {
        "exact_match": 100 * ratio(sum(mark["exact"] for mark in marks), len(marks)),
        "custom_score": 100 * ratio(sum(each.custom for each in counts), len(marks)),
        "macro_f1": 100 * ratio(2 * precision * recall, precision + recall),
        "precision": 100 * precision,
        "recall": 100 * recall,
        "total_count": float(len(marks)),
        "official_macro_f1": ratio(sum(each.f1 for each in counts), len(marks)),
    }
