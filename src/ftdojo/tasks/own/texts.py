"""Answers compared as they are written: the whole answer, a part of it, the letter of a choice, or the share of its text.

ROUGE-L of words and chrF of characters are counted by the packages that papers use, rouge-score and sacrebleu; of the
first the tokenizer is ours, as its own drops whatever is not ASCII.
"""

import json
import re
import unicodedata
from functools import cache
from typing import Any

from ftdojo.records import Grade
from ftdojo.tasks.own.answer_text import (
    NO_BLANKS,
    AnswerText,
    bare,
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


MOST_WORK, PARSING = 100_000_000, 20
"""So many characters are counted in vain before an output is given up; parsing one costs as much as counting 20."""
DEEPEST = 50
"""A value that lies deeper makes an object unreadable."""


def json_fields(said: AnswerText, gold: str) -> Grade:
    """The share of the gold object's fields that the last JSON object of the output has right, and no others."""
    given, wanted = last_object(said.text), _whole(gold)
    if given is None:
        return Grade(score=0.0, readable=False)
    right = sum(_same(given.get(key), value) for key, value in (wanted or {}).items())
    extracted = json.dumps(given)[:MOST_SHOWN]
    return Grade(
        score=right / max(len(wanted or {}), len(given), 1), readable=True, extracted=extracted
    )


def json_fault(gold: str) -> str:
    """Return why ``gold`` is not an object whose fields can be compared; "" where it is."""
    found = _whole(gold)
    if found is None:
        return f"{shown(gold)} is not a JSON object, at most {DEEPEST} levels deep"
    return "" if found else f"{shown(gold)} is an object without fields"


def last_object(text: str) -> dict[str, Any] | None:
    """Return the last JSON object in ``text`` that lies in no other, or None.

    Example:
        >>> last_object('Here: {"a": {"b": 1}} and {"c": ')
        {'a': {'b': 1}}
    """
    if (whole := _whole(text)) is not None:
        return whole
    found, end, work = None, 0, 0
    for opening in re.finditer(r"\{", text):
        at = opening.start()
        if at < end:
            continue
        if work > MOST_WORK:
            return None
        try:
            read, end = _DECODER.raw_decode(text, at)
            found = read if _is_shallow(read) else found
        except json.JSONDecodeError as error:  # which counts the lines up to its place
            work += error.pos + PARSING * (error.pos - at) + 1
        except (ValueError, RecursionError):
            work += MOST_WORK // 100
    return found


def _whole(text: str) -> dict[str, Any] | None:
    """Return the object that ``text`` is, or None."""
    try:
        found = _DECODER.decode(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and _is_shallow(found) else None


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse)


def _is_shallow(value: Any) -> bool:
    """Tell whether nothing in ``value`` lies deeper than ``DEEPEST``."""
    level = [value]
    for _ in range(DEEPEST):
        level = [part for each in level for part in _parts(each)]
        if not level:
            return True
    return False


def _parts(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _same(given: Any, wanted: Any) -> bool:
    if isinstance(given, str) and isinstance(wanted, str):
        return (plain(given) or bare(given)) == (plain(wanted) or bare(wanted))
    if isinstance(given, bool) or isinstance(wanted, bool):
        return given is wanted
    if isinstance(given, dict) and isinstance(wanted, dict):
        return given.keys() == wanted.keys() and all(
            _same(given[key], wanted[key]) for key in wanted
        )
    if isinstance(given, list) and isinstance(wanted, list):
        return len(given) == len(wanted) and all(map(_same, given, wanted))
    return bool(given == wanted)
