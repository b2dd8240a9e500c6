"""Labels: the first line of an output, or its first word, against the names of the classes.

No evaluator is published for these data sets, so both variants are one rule of our own: lower-cased, and letters and
digits only, so ``Sci/Tech``, ``sci tech`` and ``SciTech.`` are one label. A line that is not a label is unreadable.
"""

from collections.abc import Collection

from ftdojo.records import Grade
from ftdojo.scorers.case import Case, Variants, given

HEAD_CHARS = 2_000
"""What is read of an output; no label is longer, and nothing behind it can count."""


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
