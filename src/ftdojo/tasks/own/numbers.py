r"""Answers that are numbers: which number of an output is its answer, when two are equal, and what is no number at all.

The number stands behind the last ``####``, ``Answer:``, ``\boxed{`` or "answer is"; without one, the last number of an
output is its answer. A right answer is read by the same rule, and must be one number by itself.
"""

import re
from collections.abc import Iterable
from fractions import Fraction

from ftdojo.records import Grade
from ftdojo.tasks.own.answer_text import (
    AnswerText,
    behind,
    first_line,
    is_one_line,
    last_match,
    shown,
)
from ftdojo.tasks.own.figures import Figure, Sign, figures, tidy

TOLERANCE = Fraction(1, 1_000_000)
"""Of the right number's size; 0 is met exactly."""
_MARKER = re.compile(
    r"####|answer[*_]{0,2}\s?[:\uff1a]|answer\s+is\b\s?:?|\\boxed\s{0,8}\{", re.IGNORECASE
)
_BEFORE = re.compile(r"[\s\"'`*“‘$]*")
_UNIT = re.compile(
    r"(?:[^\d=<>+,;?!|~±≈√\\()\[\]{}:&#@]|(?<=[^\W\d_])[234]|(?<=\^)-?[1-4])*[\s.}]*"  # m2, s^-1
)
_UNIT_WORDS, _UNIT_CHARS = 4, 60
_NO_UNIT = re.compile(
    r"(?<!\^)[-/](?![^\W\d_])|\b(?:and|or|to|not|und|oder|bis|et|ou|y|o|a|half|quarter|minus|plus|times|divided|point|zero|one|two|three|four|"
    r"five|six|seven|eight|nine|ten|eleven|twelve)\b",
    re.IGNORECASE,
)
_COMMA = (
    r"(?!{three})\d+,\d+|,\d+|[1-9]\d{{0,2}}(?:[.' ]\d{{3}})+,\d+|[1-9]\d{{0,2}}(?:\.\d{{3}}){{2,}}"
)
_PROOF: dict[Sign, re.Pattern[str]] = {
    ",": re.compile(_COMMA.format(three=r"[1-9]\d{0,2},\d{3}(?!\d)")),
    ".": re.compile(
        r"(?![1-9]\d{0,2}\.\d{3}(?!\d))\d+\.\d+|\.\d+|[1-9]\d{0,2}(?:[,' ]\d{3})+\.\d+"
        r"|[1-9]\d{0,2}(?:,\d{3}){2,}|[1-9]\d?(?:,\d\d)+,\d{3}"
    ),
}
"""What a number can only be written like where this is the decimal sign."""


def number(said: AnswerText, gold: str, decimal: Sign) -> Grade:
    """1 for the right number, however it is written."""
    given, wanted = _answer(said, decimal), _gold(gold, decimal)
    if given is None or given.value is None:
        return Grade(score=0.0, readable=False)
    right = wanted is not None and wanted.value is not None and same(given.value, wanted.value)
    return Grade(score=float(right), readable=True, extracted=given.raw)


def same(given: Fraction, wanted: Fraction) -> bool:
    """Tell whether ``given`` is the number ``wanted``, rounding apart; whole numbers are not rounded."""
    if given.denominator == wanted.denominator == 1:
        return given == wanted
    return abs(given - wanted) <= TOLERANCE * abs(wanted)


def number_fault(gold: str, decimal: Sign) -> str:
    """Return why ``gold`` is not one number; "" where it is."""
    if _gold(gold, decimal):
        return ""
    found = [each for each in figures(_region(tidy(gold, decimal))[0], decimal) if each.value]
    if len(found) > 1:
        return f"{shown(gold)} holds {len(found)} numbers, and does not say which is the answer"
    return f"{shown(gold)} is not a number"


def number_text(gold: str, decimal: Sign) -> str:
    """Return the number of a right answer on one line, or ``gold`` where there is none to take."""
    found = None if is_one_line(gold) else _gold(gold, decimal)
    return found.raw if found else gold


def decimal_sign(golds: Iterable[str]) -> Sign:
    """Return the decimal sign of a file's right answers: a comma only if one proves it and none contradicts.

    Example:
        >>> decimal_sign(["12,9", "1.234"]), decimal_sign(["1,234"]), decimal_sign(["12,9", "0.5"])
        (',', '.', '.')
    """
    comma = False
    for gold in golds:
        region, _ = _region(tidy(gold, "."))
        for figure in figures(region, "."):
            body = re.split("[e/×x*^]", figure.body, maxsplit=1, flags=re.IGNORECASE)[0].strip()
            if _PROOF["."].fullmatch(body):
                return "."
            comma = comma or bool(_PROOF[","].fullmatch(body))
    return "," if comma else "."


def _answer(said: AnswerText, decimal: Sign) -> Figure | None:
    """Return the figure that is the answer: behind a marker the first of its line, else the last of all."""
    region, marked = _region(tidy(said.line if said.marked else said.text, decimal))
    if not (marked or said.marked):
        return _last(region, decimal)
    line = first_line(region)
    told = _first(line.rpartition("=")[2], decimal) or _first(line, decimal)
    return told or _last(tidy(said.text, decimal) if said.marked else region, decimal)


def _first(text: str, decimal: Sign) -> Figure | None:
    return next((each for each in figures(text, decimal) if not each.dated), None)


def _last(text: str, decimal: Sign) -> Figure | None:
    found = figures(text, decimal, backwards=True)
    return next((each for each in found if not each.dated), None)


def _gold(gold: str, decimal: Sign) -> Figure | None:
    """Return the one figure that a right answer is, with nothing beside it but a currency or a unit; else None."""
    region, marked = _region(tidy(gold, decimal))
    line = first_line(region) if marked else region.strip()
    found = next(figures(line, decimal), None)
    if found is None or found.value is None:
        return None
    alone = _BEFORE.fullmatch(line[: found.start]) and _is_unit(line[found.end :])
    return found if alone else None


def _is_unit(text: str) -> bool:
    """Tell whether ``text`` behind a number is a unit, or nothing; it is neither a further number nor a term."""
    text = text.rstrip()
    if len(text) > _UNIT_CHARS or len(text.split()) > _UNIT_WORDS or "\n" in text:
        return False
    return bool(_UNIT.fullmatch(text)) and not _NO_UNIT.search(text)


def _region(text: str) -> tuple[str, bool]:
    """Return what stands behind the last marker of a tidy text, or else all of it; and whether there is one."""
    last = last_match(_MARKER, text)
    if last is None:
        return text, False
    rest = behind(text, *last.span())
    return (_braced(rest) if last[0].endswith("{") else rest), True


def _braced(text: str) -> str:
    """Return ``text`` up to the brace that closes one opened before it."""
    depth = 1
    for at, char in enumerate(text):
        depth += (char == "{") - (char == "}")
        if depth == 0:
            return text[:at]
    return text
