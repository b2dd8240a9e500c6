"""Reasoning in front of an answer: what is left of an output once its ``<think>`` parts are taken out.

The rule is OpenCompass' extract-non-reasoning-content, which runs before every scorer of a thinking model. An output
that ends while still thinking is left as it is, tag included.
"""

from ftdojo.scorers.case import Case, Variants, given

OPEN, CLOSE = "<think>", "</think>"


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


def score(case: Case) -> Variants:
    """Score a case of ``_common``: a text in, what is left of it out."""
    figures = {"out": without_thinking(given(case, "text", str))}
    return Variants(reference=figures, strict=figures)
