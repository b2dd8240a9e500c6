r"""Finding the answer in an output: without its thinking, in the last box, or as the label it begins with.

Reasoning in ``<think>`` parts is taken out by OpenCompass' rule (extract-non-reasoning-content), which runs before every
scorer of a thinking model. An output that ends while still thinking is left as it is, tag included.

A whole number in the last ``\boxed{...}`` is the format of competition mathematics. Any text is accepted; work is bounded
by looking at the tail only, so that a runaway output costs no more than a short one.

Labels are the first line of an output, or its first word, against the names of the classes. No evaluator is published for
these data sets, so both variants are one rule of our own: lower-cased, and letters and digits only, so ``Sci/Tech``,
``sci tech`` and ``SciTech.`` are one label. A line that is not a label is unreadable.
"""

import re
from collections.abc import Collection

from ftdojo.records import Grade
from ftdojo.scorers.case import Case, Variants, given

OPEN, CLOSE = "<think>", "</think>"
TAIL_CHARS = 10_000
CONTENT_CHARS = 200
_OPEN = re.compile(r"\\boxed[ \t]{0,8}\{")
_INTEGER = re.compile(r"([+-]?)\s*(\d{1,3}(?:,\d{3}){1,5}|\d{1,18})(?:\.0{0,18})?", re.ASCII)
HEAD_CHARS = 2_000
"""What is read of an output; no label is longer, and nothing behind it can count."""


def without_thinking(text: str) -> str:
    """Return ``text`` without its reasoning and without outer spaces.

    Pairs of tags are cut out with what they hold. Where only closing tags are found, the template has opened the first
    one already: the text after the last of them is the answer.

    Example:
        >>> without_thinking("maybe 3</think> 4")
        '4'
        >>> without_thinking("<think>maybe 3</think>so <think>no</think>4")
        'so 4'
    """
    if OPEN not in text:
        return text.rpartition(CLOSE)[2].strip() if CLOSE in text else text.strip()
    kept, at = [], 0
    while (start := text.find(OPEN, at)) >= 0:
        end = text.find(CLOSE, start)
        if end < 0:
            break
        kept.append(text[at:start])
        at = end + len(CLOSE)
    return "".join([*kept, text[at:]]).strip()


def score_thinking(case: Case) -> Variants:
    """Score a case of ``_common``: a text in, what is left of it out."""
    figures = {"out": without_thinking(given(case, "text", str))}
    return Variants(reference=figures, strict=figures)


def last_boxed(text: str) -> str | None:
    r"""Return what the last ``\boxed{...}`` with balanced braces holds, or None.

    Example:
        >>> last_boxed(r"so \boxed{4}, no, \boxed{\frac{1}{2}}")
        '\\frac{1}{2}'
    """
    tail = text[-TAIL_CHARS:]
    for opening in reversed(list(_OPEN.finditer(tail))):
        content = _balanced(tail[opening.end() : opening.end() + CONTENT_CHARS])
        if content is not None:
            return content
    return None


def whole_number(text: str) -> int | None:
    """Return the whole number that ``text`` is, or None.

    Dollar signs around it, a leading plus, thousands commas, a typographic minus and a fraction of zeros are
    forgiven; anything else beside the number is not.

    Example:
        >>> whole_number("$-1,204.0$")
        -1204
    """
    plain = text.strip().strip("$").replace("\N{MINUS SIGN}", "-").strip()
    match = _INTEGER.fullmatch(plain)
    return int(match[1] + match[2].replace(",", "")) if match else None


def _balanced(text: str) -> str | None:
    """Return ``text`` up to the brace that closes one opened before it."""
    depth = 1
    for at, char in enumerate(text):
        depth += (char == "{") - (char == "}")
        if depth == 0:
            return text[:at]
    return None


def plain(text: str) -> str:
    """Return the letters and digits of ``text``, lower-cased.

    Example:
        >>> plain("Card_arrival.")
        'cardarrival'
    """
    return "".join(char for char in text.lower() if char.isalnum())


def read_label(output: str, *, first_word: bool) -> str:
    """Return the plain form of the first line, or word, that has any letter or digit; "" without one.

    Example:
        >>> read_label("Positive, because it is fun", first_word=True)
        'positive'
    """
    head = output[:HEAD_CHARS]
    parts = head.split() if first_word else head.splitlines()
    return next(filter(None, map(plain, parts)), "")


def label_grade(
    output: str, gold: str, labels: Collection[str], *, first_word: bool = False
) -> Grade:
    """Compare the label an output begins with; what is none of ``labels`` is unreadable and scores 0.

    Args:
        output: whatever the model wrote.
        gold: the right label.
        labels: every label there is; their plain forms must differ.
        first_word: read the first word only, and let a reason follow it.

    Returns:
        The grade, with the label as ``labels`` spells it (or else what was read) as ``extracted``.

    Example:
        >>> label_grade("sci/tech", "Sci/Tech", ("World", "Sci/Tech")).score
        1.0
    """
    read = read_label(output, first_word=first_word)
    known = {plain(label): label for label in labels}
    return Grade(
        score=float(read in known and read == plain(gold)),
        readable=read in known,
        extracted=known.get(read, read[:80]),
    )


def score_line(case: Case) -> Variants:
    """Score a case whose label is the first line."""
    return _scored(case, first_word=False)


def score_word(case: Case) -> Variants:
    """Score a case whose label is the first word."""
    return _scored(case, first_word=True)


def _scored(case: Case, *, first_word: bool) -> Variants:
    read = read_label(given(case, "prediction", str), first_word=first_word)
    figures = {"correct": bool(read) and read == plain(given(case, "reference", str))}
    return Variants(reference=figures, strict=figures)
