"""Answers compared as they are written: the whole answer, a part of it, or the letter of a choice."""

import re
import unicodedata

from ftdojo.records import Grade
from ftdojo.tasks.own.answer_text import (
    AnswerText,
    behind_answer,
    first_line,
    is_one_line,
    legible,
    plain,
    shown,
    stands_in,
)

MOST_SHOWN = 1_000
"""So many characters of an answer are kept as what was read of it."""
_MARKS = r"[\s*_`\"'“”‘’]"
_GOLD_LETTER = re.compile(
    rf"{_MARKS}*[(\[]?([A-Za-z])(?:{_MARKS}*(?:[):].*|[.\]](?:[\s*].*)?)|{_MARKS}*)", re.DOTALL
)
_ALONE = re.compile(
    rf"{_MARKS}*(?:(?:option|choice)\s+{_MARKS}{{0,3}})?[(\[]?([A-Za-z])(?:{_MARKS}|[)\].:!])*",
    re.IGNORECASE,
)
_BEGINS = re.compile(
    r"[\W_]{0,8}(?:(?i:option|choice)\s+\W{0,3})?"
    r"(?:([A-Za-z])[*_`\"']*(?:[)\]:]|\.(?![^\W_])|\s+[-–—]\s)"
    r"|([A-Z])\s+(?:is|because)\b|([B-HJ-Z])(?:,?\s+)(?!(?:and|or)\b)(?![A-Z]\b))"
)
_TOLD = re.compile(r"answer\s+is\b\W{0,4}|\\boxed\s{0,8}\{", re.IGNORECASE)


def exact_match(said: AnswerText, gold: str) -> Grade:
    """1 for the gold answer, whole; failing that, for the gold answer behind the last ``Answer:``."""
    answer = said.line if said.marked else behind_answer(said.text)
    tried = [said.text] if answer is None else [said.text, answer, first_line(answer)]
    wanted = plain(gold)
    return text_grade(any(plain(text) == wanted != "" for text in tried), tried[-1])


def contains(said: AnswerText, gold: str) -> Grade:
    """1 if the gold answer stands in the answer as whole words."""
    text = said.line if said.marked and is_one_line(gold) else said.text
    return text_grade(stands_in(plain(gold), plain(text)), text)


def text_grade(score: float, text: str) -> Grade:
    """Return the grade of an answer in words: full marks are always readable, markup and loops never."""
    if score != 1 and not legible(text):
        return Grade(score=0.0, readable=False)
    return Grade(score=float(score), readable=True, extracted=text.strip()[:MOST_SHOWN])


def text_fault(gold: str) -> str:
    """Return why ``gold`` cannot be compared as words; "" where it can."""
    if plain(gold):
        return ""
    return f"of {shown(gold)} nothing is left once closing marks and quotes are taken off"


def choice(said: AnswerText, gold: str) -> Grade:
    """1 for the letter of the right choice."""
    given, wanted = _letter(said), _GOLD_LETTER.fullmatch(_narrow(gold))
    if given is None:
        return Grade(score=0.0, readable=False)
    right = wanted is not None and given == wanted[1].upper()
    return Grade(score=float(right), readable=True, extracted=given)


def choice_fault(gold: str) -> str:
    """Return why ``gold`` names no choice; "" where it does."""
    letter = _GOLD_LETTER.fullmatch(_narrow(gold))
    if letter is None:
        return f"{shown(gold)} is not the letter of a choice, as in 'B' or 'B) Paris'"
    if _letter(AnswerText(text=gold)) != letter[1].upper():
        return f"{shown(gold)} begins with {letter[1]!r} and names another choice behind it"
    return ""


def _letter(said: AnswerText) -> str | None:
    """Return the letter that an answer names, as a capital."""
    text = _narrow(said.line if said.marked else said.text)
    lines = text.splitlines() or [""]
    tried = [*_told(text), _ALONE.fullmatch(lines[0]), _ALONE.fullmatch(lines[-1])]
    found = next(filter(None, [*tried, _BEGINS.match(text)]), None)
    return next(filter(None, found.groups())).upper() if found else None


def _told(text: str) -> list[re.Match[str] | None]:
    """Return what is found where an answer is announced."""
    ends = [match.end() for match in _TOLD.finditer(text)][-1:]
    answers = [behind_answer(text), *(text[end:].replace("}", "\n", 1) for end in ends)]
    regions = [answer for answer in answers if answer]
    return [
        found
        for region in regions
        for found in (_ALONE.fullmatch(first_line(region)), _BEGINS.match(region))
    ]


def _narrow(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()
