r"""Answers that are numbers: which number of an output is its answer, when two are equal, and what is no number at all.

The number stands behind the last ``####``, ``Answer:``, ``\boxed{`` or "answer is"; without one, the last number of an
output is its answer. A right answer is read by the same rule, and must be one number by itself.

What figures say is read exactly. Known are signs, thousands in groups, decimals, exponents (``1e-9``, ``1.5×10^3``),
fractions (``1/2``, ``1 1/2``, ``½``, ``\frac{1}{2}``), currency signs, and the digits of any script. The number before a
per cent sign is kept as it stands. Dates, times and versions are figures and no numbers. Digits within a word (``H2O``)
are no figures at all.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from ftdojo.records import Grade
from ftdojo.tasks.own.answer_text import (
    AnswerText,
    behind,
    first_line,
    is_one_line,
    last_match,
    shown,
)

Sign = Literal[".", ","]
MOST_DIGITS = 400
"""Longer numbers and larger exponents are taken for no number: nobody answers them, and arithmetic on them is slow."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One thing written in figures, at ``start`` to ``end`` of a tidy text, sign and currency included."""

    raw: str
    body: str
    """The digits, with what joins them."""
    value: Fraction | None
    """None if it is not a number, as ``3-4``, ``5 million`` and ``1,2,3``."""
    dated: bool
    """A time, a date or a version, which is passed over in an answer."""
    start: int
    end: int


def _over(match: re.Match[str]) -> str:
    r"""Return a LaTeX fraction with a slash, apart from digits that follow it."""
    return f"{match[1]}/{match[2]}{'' if match[3] is None else ' '}"


_CURRENCY = r"[$¢-¥֏؋৲৳૱௹฿៛₠-₿﷼]"
_CODES = "USD|EUR|GBP|JPY|CHF|CNY|RMB|INR|RUB|BRL|CAD|AUD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|TRY|KRW|MXN|ZAR|SGD|HKD|ILS|THB"
_SPACED = r"[^\W\d_\u0e00-\u109f\u1780-\u17ff\u3005-\u30ff\u3400-\u9fff\uac00-\ud7a3]"
"""A letter of a script that puts blanks between words and numbers."""
_RUN = re.compile(
    r"""(?: \d++[ ]\d++[ ]?/[ ]?\d++                      # 1 1/2
          | \d{1,3}(?:[ ]\d{3}(?!\d))++(?:[.,]\d++)?      # 1 234 567.8
          | [.,]?\d++ )
        (?: [ ]?/[ ]?\d++ | [.,':_~-]\d++ | e[+-]?\d++ | [ ]*[×x*·⋅][ ]*\d++
          | (?:\^|\*\*)[({]?[+-]?\d++[)}]? )*+""",
    re.VERBOSE | re.IGNORECASE,
)
_LEAD = re.compile(
    rf"(?P<outer>[+-]?)(?:(?:(?:\b[A-Z]{{1,2}})?{_CURRENCY}|\b(?:{_CODES})|\bRs\.?)[ ]?)?(?P<inner>[+-]?)\Z"
)
_DATED = re.compile(r"\d{1,2}(?::\d\d){1,2}|\d{1,4}([-./])\d{1,2}\1\d{1,4}|\d+(?:\.\d+){2,}")
_CLOCK = re.compile(r"[ ]?(?:[ap]\.?m\b|o'clock|uhr\b)", re.IGNORECASE)
_SCALED = re.compile(
    r"[ -]?(?:(?:hundred|thousand|million|milliard|billion|trillion|dozen|lakh|crore|tausend|тысяч|миллион|миллиард)"
    r"[^\W\d_]*|(?:bn|mn|mio|mrd|tsd|mil|mille|тыс|млн|млрд|(?-i:k))\b|[百千万萬億亿兆])|(?-i:[KMBT]\b)"
    r"|[ ](?:and[ ](?:an?[ ])?)?(?:half|halves|thirds?|quarters?|fourths?|fifths?|tenths?|hundredths?|thousandths?)\b"
    r"|(?-i:[xyznijπθ])(?![^\W_])|[ ]?(?:π|√|\\pi\b|\\sqrt)|\^",
    re.IGNORECASE,
)
_WITHIN = re.compile(rf"(?!(?:[munckd]?m|s)[23]\b){_SPACED}+\d")
"""What follows digits within a word such as ``12a34``; ``12m2`` is an area."""
_LETTER = re.compile(_SPACED)
_OTHER_DIGIT = re.compile(r"(?![0-9])\d")
_SUPERSCRIPT = re.compile(r"[⁺⁻]?[⁰¹²³⁴-⁹]+")
_LATEX = [
    (re.compile(pattern), new)
    for pattern, new in (
        (r"\\[dtc]?frac\s?(\d)\s?(\d)", r"\\frac{\1}{\2}"),
        (r"(?<=[\d.,}])\s?\\[dtc]?frac", r" \\frac"),
        (r"\\[dtc]?frac\s?\{([^{}]{1,400})\}\s?\{([^{}]{1,400})\}(\s?(?=[.,]?\d))?", _over),
        (r"\\(?:times|cdot)(?![A-Za-z])", "×"),
        (r"\^\{?\\circ\}?", "°"),
        (r"\\(?:text|mathrm|mbox)\s?\{([^{}]{0,400})\}", r" \1 "),
        (r"\{,\}", ","),
        (r"\\(?:!|left|right)", ""),
        (r"\\([%$])", r"\1"),
        (r"\\[,;: ()\[\]]", " "),
    )
]
_SAME = str.maketrans(
    {"−": "-", "–": "-", "‐": "-", "‑": "-", "’": "'", "⁄": "/", "∕": "/", "٬": "'"}
)


def tidy(text: str, decimal: Sign) -> str:
    r"""Return ``text`` with its figures in ASCII: other digits, blanks, minus signs and LaTeX put into plain ones.

    Example:
        >>> tidy("１２½, −5\u202f000 and \\frac{1}{2}", ".")
        '12 1/2, -5 000 and 1/2'
    """
    text = re.sub(r"(?<=[\d.,])(?=[¼-¾⅐-⅞])|(?<=[¼-¾⅐-⅞])(?=[.,]?\d|[¼-¾⅐-⅞])", " ", text)
    text = _SUPERSCRIPT.sub(lambda found: f"^{found[0]}", text)
    text = unicodedata.normalize("NFKC", text).translate(_SAME).replace("٫", decimal)
    text = _OTHER_DIGIT.sub(lambda found: str(unicodedata.decimal(found[0])), text)
    for pattern, new in _LATEX if "\\" in text or "{,}" in text else ():
        text = pattern.sub(new, text)
    return re.sub(r"(?<==)\s?-\s+(?=[\d.,])", " -", text)


def figures(text: str, decimal: Sign, *, backwards: bool = False) -> Iterator[Figure]:
    """Yield what is written in figures in the tidy ``text``, in its order or from the last.

    Example:
        >>> [str(each.value) for each in figures("on 2024-01-02 it cost -$1,234.50, not 3-4 of H2O", ".")]
        ['None', '-2469/2', 'None']
    """
    runs = reversed(list(_RUN.finditer(text))) if backwards else _RUN.finditer(text)
    for match in runs:
        if (figure := _figure(text, match, decimal)) is not None:
            yield figure


def _figure(text: str, match: re.Match[str], decimal: Sign) -> Figure | None:
    """Return the figure at ``match``; None where the digits belong to a word or an exponent of one."""
    end, body = match.end(), match[0]
    window = text[max(0, match.start() - 12) : match.start()]
    lead = _LEAD.search(window)
    assert lead is not None  # it matches the empty end
    sign, start = lead["outer"] + lead["inner"], match.start() - len(lead[0])
    before, after = text[max(0, start - 1) : start], text[end : end + 40]
    if before in {"_", "^"} or _LETTER.match(before) or _WITHIN.match(after):
        return None
    dated = bool(_CLOCK.match(after))
    value = None
    if not dated and not _is_part(before, sign, after):
        value = _value(body, decimal)
        dated = value is None and len(body) <= MOST_DIGITS and bool(_DATED.fullmatch(body))
    signed = -value if value is not None and sign == "-" else value
    return Figure(raw=text[start:end], body=body, value=signed, dated=dated, start=start, end=end)


def _is_part(before: str, sign: str, after: str) -> bool:
    """Tell whether a figure is only a part of what is meant, such as a root, a difference or millions."""
    in_term = sign and (before.isdigit() or before in {")", "]", "}"})
    return bool(
        len(sign) > 1 or in_term or before in {"±", "√", ".", ",", "/", "-"} or _SCALED.match(after)
    )


def _value(body: str, decimal: Sign) -> Fraction | None:
    """Return what ``body`` is worth, exactly; None where it is not one number."""
    if len(body) > MOST_DIGITS:
        return None
    if (mixed := _MIXED.fullmatch(body)) and 0 < int(mixed[2]) < int(mixed[3]):
        return int(mixed[1]) + Fraction(int(mixed[2]), int(mixed[3]))
    if power := _POWER.fullmatch(body):
        factor, exponent = power[1] or power[3], power[2] or power[4]
        number = Fraction(1) if factor is None else _plain(factor, decimal)
        if number is None or len(exponent) > 6 or abs(int(exponent)) > MOST_DIGITS:
            return None
        return number * Fraction(10) ** int(exponent)
    over, slash, under = body.partition("/")
    number = _plain(over.strip(), decimal)
    if number is None or not slash:
        return number
    return number / part if (part := _plain(under.strip(), decimal)) else None


def _plain(text: str, decimal: Sign) -> Fraction | None:
    """Return the value of digits in groups, with or without decimals; None for anything else."""
    if not _GRAMMAR[decimal].fullmatch(text):
        return None
    group = "," if decimal == "." else "."
    return Fraction(
        text.translate({ord(mark): None for mark in f"{group}' "}).replace(decimal, ".")
    )


def _grammar(decimal: Sign) -> re.Pattern[str]:
    group, point = (",", r"\.") if decimal == "." else (r"\.", ",")
    whole = rf"[1-9]\d{{0,2}}([{group}' ])\d{{3}}(?:\1\d{{3}})*|\d+"
    if decimal == ".":
        whole += r"|[1-9]\d?(?:,\d\d)+,\d{3}"  # 12,34,567 as in India
    return re.compile(rf"(?:{whole})(?:{point}\d+)?|{point}\d+")


_GRAMMAR: dict[Sign, re.Pattern[str]] = {".": _grammar("."), ",": _grammar(",")}
_MIXED = re.compile(r"(\d+) (\d+) ?/ ?(\d+)")
_POWER = re.compile(
    r"(?:([^×x*·⋅]+?) *[×x*·⋅] *)?10(?:\^|\*\*)[({]?([+-]?\d+)[)}]?|([^e]+)e([+-]?\d+)",
    re.IGNORECASE,
)


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
