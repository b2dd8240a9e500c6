"""Answers that share a part of their text with the right one: ROUGE-L of words and chrF of characters.

Both are counted by the packages that papers use, rouge-score and sacrebleu; of the first the tokenizer is ours, as its
own drops whatever is not ASCII.
"""

import unicodedata
from functools import cache
from typing import Any

from ftdojo.records import Grade
from ftdojo.tasks.own.answer_text import NO_BLANKS, AnswerText, shown
from ftdojo.tasks.own.texts import text_fault, text_grade

MOST_WORDS = 2_000
"""A longer gold answer is refused by ROUGE-L, whose cost is the product of both lengths."""


class _Blanks:
    """A tokenizer for texts that are tokens with blanks between them."""

    def tokenize(self, text: str) -> list[str]:
        return text.split()


def rouge_l(said: AnswerText, gold: str) -> Grade:
    """ROUGE-L F-measure of words, in [0, 1]; an output much longer than the gold answer is read by its beginning."""
    from rouge_score.rouge_scorer import RougeScorer

    wanted = words(gold)
    if not 0 < len(wanted) <= MOST_WORDS:
        return text_grade(0.0, said.text)
    given = words(said.text)[: max(500, 2 * len(wanted))]
    scorer = RougeScorer(["rougeL"], tokenizer=_Blanks())
    return text_grade(scorer.score(" ".join(wanted), " ".join(given))["rougeL"].fmeasure, said.text)


def rouge_fault(gold: str) -> str:
    """Return why ROUGE-L cannot be counted against ``gold``; "" where it can."""
    count = len(words(gold))
    if not count:
        return f"{shown(gold)} has no word"
    if count > MOST_WORDS:
        return f"{shown(gold)} has {count:,} words, and rouge_l compares at most {MOST_WORDS:,}"
    return ""


def chrf(said: AnswerText, gold: str) -> Grade:
    """chrF2 of the sentence as sacrebleu counts it by default, in [0, 1]."""
    if text_fault(gold):
        return text_grade(0.0, said.text)
    return text_grade(min(1.0, _chrf().sentence_score(said.text, [gold]).score / 100), said.text)


@cache
def _chrf() -> Any:
    from sacrebleu.metrics import CHRF

    return CHRF()


def words(text: str) -> list[str]:
    """Return the words of ``text`` in small letters, of any script; Han and kana character by character.

    Example:
        >>> words("It's a Café, 東京 and हिन्दी")
        ['it', 's', 'a', 'café', '東', '京', 'and', 'हिन्दी']
    """
    parts, kind = [], ""
    for char in unicodedata.normalize("NFKC", text).lower():
        last, kind = kind, _kind(char, kind)
        begins = kind == "sign" or (kind == "letter" and last in {"sign", "sign mark"})
        parts.append(f" {char}" if begins else char if kind else " ")
        if kind == "mark" and last.startswith("sign"):
            kind = "sign mark"
    return "".join(parts).split()


def _kind(char: str, last: str) -> str:
    """Return what ``char`` is in a word: a letter, a sign that is a word itself, a mark on either; "" for neither."""
    general = unicodedata.category(char)[0]
    if general == "M":
        return "mark" if last else ""
    if general not in "LN":
        return ""
    return "sign" if NO_BLANKS.match(char) else "letter"
