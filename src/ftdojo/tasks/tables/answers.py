"""Text answers, by our own rule: what follows the last ``Final Answer:`` is compared item by item.

The answer is the rest of that line, or the next line with words; without the marker, or with nothing after it, the
output is unreadable and wrong. Items stand between commas, but ``1,062`` is one number. Three rules:

``exact``: every item is right and none is missing or in excess. Numbers compare as numbers, with their sign, in
their order: ``1,062`` is 1062, ``10.60`` is 10.6, -5 is not 5. A number with more decimals than the right one is
rounded to as many, if that one has any. A percent sign may be left out, or 37.5% written as 0.375. Other items
compare as words without case, articles and punctuation, in any order, unless the question requests a ranking.

``within-10``: the same, but a number may be off by a tenth of the right one. Words beside a number have to be right
too: a correlation is its label *and* its coefficient.

``rouge-l``: ROUGE-L F of the two texts as ``rouge_score`` counts it, over words of ASCII letters and digits.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Literal

from ftdojo.records import Grade
from ftdojo.tasks.tables.official import EXACT, WITHIN_10, sequence

Rule = Literal["exact", "within-10", "rouge-l"]
TAIL_CHARS = 20_000
"""How much of the end of an output is read."""
_MARKER = re.compile(r"final answer[*_ ]{0,4}:", re.IGNORECASE)
_DECORATION = " \t*_`\"'"
_THOUSANDS = re.compile(r"(?<![\d.])(?<!\d,)(\d{1,3}(?:,\d{3}){1,12})(?!\d|,\d)", re.ASCII)
_NUMBER = re.compile(
    r"([-+]?) ?[$€£¥]? ?(\d{1,40}(?:\.\d{1,40})?|\.\d{1,40}) ?(%|percent)?", re.ASCII
)
_AROUND = "()[]{}\\$ "
"""What a number may stand in: ``(5)``, ``$5$``, the ends of ``[2009, 3]``."""
_DASHES = dict.fromkeys((0x2010, 0x2011, 0x2013, 0x2014, 0x2212), "-")
_SEPARATOR = re.compile(r"(?<=[\w)])\s{0,4}-\s{0,4}")
_WORD = re.compile(r"-?\d+(?:\.\d+)?|[^\W\d_]+|[+%°$€£&#]")
_ARTICLES = frozenset({"a", "an", "the"})
_SAME = {"yes": "true", "no": "false", "negtive": "negative"}
"""Words that mean the same; the last is how the published instruction and one answer spell it."""
_RANKING = re.compile(r"\brank(?:ed|ing)?\b|\border(?:ed)? (?:of|by|from)\b", re.IGNORECASE)
_EXACTLY = Context(prec=200)
_TENTH = Decimal("0.1")


@dataclass(frozen=True, kw_only=True)
class Number:
    """A number as it was written: ``places`` are its decimals."""

    value: Decimal
    places: int
    percent: bool


def rule_of(subtype: str) -> Rule:
    """Return the rule for a question's subtype: the published metric of each, ours in the details.

    Example:
        >>> rule_of("CorrelationAnalysis"), rule_of("ImpactAnalysis"), rule_of("AnomalyDetection")
        ('within-10', 'exact', 'rouge-l')
    """
    if subtype in WITHIN_10:
        return "within-10"
    described = {"DescriptiveAnalysis", "AnomalyDetection", "CausalAnalysis"}
    return "rouge-l" if subtype in described and subtype not in EXACT else "exact"


def is_ranking(question: str) -> bool:
    """Return whether ``question`` requests an order, so that the items of its answer have one."""
    return _RANKING.search(question) is not None


def grade(output: str, answer: str, *, rule: Rule, in_order: bool = False) -> Grade:
    """Compare the final answer of ``output`` with ``answer``.

    Secondary: ``items_right`` is the share of items that are right, for the rules that compare items.

    Example:
        >>> grade("Final Answer: 1,062.0", "1062", rule="exact").score
        1.0
    """
    told = final_answer(output)
    if rule == "rouge-l":
        score = _likeness(told, answer) if told else 0.0
        return Grade(score=score, readable=told != "", extracted=told)
    if not told:
        return Grade(score=0.0, readable=False, secondary={"items_right": 0.0})
    right = 1.0 if told == answer else _share(told, answer, rule=rule, in_order=in_order)
    return Grade(
        score=float(right == 1.0),
        readable=True,
        extracted=told,
        secondary={"items_right": right},
    )


def final_answer(output: str) -> str:
    r"""Return what follows the last marker, without decoration; nothing if there is no such thing.

    Example:
        >>> final_answer("Final Answer: 7?\n**Final Answer:** 12 km.")
        '12 km'
    """
    tail = output[-TAIL_CHARS:]
    markers = list(_MARKER.finditer(tail))
    if not markers:
        return ""
    line = tail[markers[-1].end() :].lstrip(_DECORATION + "\r\n").partition("\n")[0]
    return line.strip().rstrip(_DECORATION + ".").strip() if _says_something(line) else ""


def items_of(text: str) -> list[str]:
    """Return the items between commas or semicolons; a comma that groups digits is none.

    Example:
        >>> items_of("Tonga, 1,062; 3")
        ['tonga', '1062', '3']
    """
    plain = _normal(text)
    grouped = _THOUSANDS.sub(lambda found: found[1].replace(",", ""), plain)
    parts = (part.strip().rstrip(".").strip() for part in re.split("[,;]", grouped))
    return [part for part in parts if part]


def number_of(text: str) -> Number | None:
    """Return ``text`` as a number, or None if it is anything else.

    Example:
        >>> number_of("-3.50%")
        Number(value=Decimal('-3.50'), places=2, percent=True)
    """
    found = _NUMBER.fullmatch(text) or _NUMBER.fullmatch(text.strip(_AROUND))
    if found is None:
        return None
    sign, digits, percent = found.groups()
    places = len(digits.partition(".")[2])
    return Number(value=Decimal(f"{sign}{digits}"), places=places, percent=bool(percent))


def same_number(told: Number, right: Number, *, within_10: bool) -> bool:
    """Return whether ``told`` is ``right``, as written or with the percent sign that only one of them has."""
    ways = [told]
    if told.percent != right.percent:
        by = 2 if right.percent else -2
        scaled = told.value.scaleb(by, _EXACTLY)
        ways.append(Number(value=scaled, places=max(0, told.places - by), percent=right.percent))
    return any(_equal(way, right) or (within_10 and _close(way, right)) for way in ways)


def _share(told: str, answer: str, *, rule: Rule, in_order: bool) -> float:
    """Return the share of items that are right; surplus items count against it."""
    ours, theirs = items_of(told), items_of(answer)
    if len(ours) != len(theirs) and _words(told) == _words(answer):
        return 1.0
    our_numbers, our_texts = _sorted_out(ours)
    right_numbers, right_texts = _sorted_out(theirs)
    pairs = zip(our_numbers, right_numbers, strict=False)
    right = sum(same_number(one, other, within_10=rule == "within-10") for one, other in pairs)
    if in_order:
        right += sum(one == other for one, other in zip(our_texts, right_texts, strict=False))
    else:
        right += (Counter(our_texts) & Counter(right_texts)).total()
    return right / max(len(ours), len(theirs), 1)


def _sorted_out(items: Sequence[str]) -> tuple[list[Number], list[tuple[str, ...]]]:
    """Return the numbers in their order, and the words of the other items in theirs."""
    numbers, texts = [], []
    for item in items:
        number = number_of(item)
        if number is None:
            texts.append(_words(item))
        else:
            numbers.append(number)
    return numbers, texts


def _words(text: str) -> tuple[str, ...]:
    """Return the content of an item: its words and numbers; a hyphen between words is none of it."""
    plain = _SEPARATOR.sub(" ", _normal(text))
    found = [_SAME.get(word, word) for word in _WORD.findall(plain)]
    said = tuple(_short(word) for word in found if word not in _ARTICLES)
    return said or tuple(found) or (plain,)


def _short(word: str) -> str:
    return word.rstrip("0").rstrip(".") if "." in word else word


def _normal(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold().translate(_DASHES)
    return " ".join(plain.strip(_DECORATION).split())


def _equal(told: Number, right: Number) -> bool:
    if told.value == right.value:
        return True
    if not right.places or told.places <= right.places:
        return False
    step = Decimal(1).scaleb(-right.places)
    return told.value.quantize(step, rounding=ROUND_HALF_UP, context=_EXACTLY) == right.value


def _close(told: Number, right: Number) -> bool:
    off = _EXACTLY.abs(_EXACTLY.subtract(told.value, right.value))
    return off <= _EXACTLY.multiply(_TENTH, _EXACTLY.abs(right.value))


def _likeness(told: str, answer: str) -> float:
    return 1.0 if told == answer else sequence(told, answer)


def _says_something(line: str) -> bool:
    return any(character.isalnum() for character in line)
