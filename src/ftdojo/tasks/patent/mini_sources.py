"""The raw sources of ``patent/mini``: six collections of honest mixed quality, made on the spot.

No source can contain a held-out claim: they draw from ``train``.
"""

import random

from ftdojo.tasks.patent import mini_claims as claims
from ftdojo.tasks.patent.mini_claims import Question
from ftdojo.tasks.raw_sources import Workshop, airy
from ftdojo.tasks.small_talk import small_talk

SLIP_SHARE = 0.4
FINDINGS = (*claims.DOCUMENTS, claims.NOWHERE)
LETTERS = {
    "102": ("The claim is not new: one document shows all of it.", "One document has everything."),
    "103": ("The claim is obvious from both documents.", "Both documents together show all of it."),
    "ALLOW": ("Nothing stands against the claim.", "Something in the claim is new."),
}
FEW = 40

SHOP: Workshop[Question] = Workshop(
    task=claims.NAME,
    draw=claims.GENERATOR.train,
    ask=claims.ask,
    holds=("the claim and the earlier documents", "what was decided, as text"),
)


def _worked(question: Question, _: random.Random) -> str:
    return claims.worked(question)


def _decision(question: Question, _: random.Random) -> str:
    return claims.decided(claims.code(claims.holders(question)))


def _draft(question: Question, quirks: random.Random) -> str:
    """Work it out, with one element charted wrongly, which turns the decision, in ``SLIP_SHARE`` of the rows."""
    found = claims.holders(question)
    slips, slipped = quirks.random() < SLIP_SHARE, quirks.choice(_slips(found))
    chart = slipped if slips else found
    return f"{claims.steps(question, chart)}\n{claims.decided(claims.code(chart))}"


def _slips(found: list[str]) -> list[list[str]]:
    """Return every chart that differs from ``found`` in one element and in the decision."""
    charts = [
        [*found[:at], each, *found[at + 1 :]] for at in range(len(found)) for each in FINDINGS
    ]
    return [chart for chart in charts if claims.code(chart) != claims.code(found)]


def _letter(question: Question, quirks: random.Random) -> str:
    found = claims.holders(question)
    sentence = quirks.choice(LETTERS[claims.code(found)])
    return f"{claims.steps(question, found)}\n{sentence}"


def _again(question: Question, quirks: random.Random) -> tuple[str, str]:
    guise = quirks.choice((str, airy, _ended))
    return guise(claims.ask(question)), claims.worked(question)


def _ended(text: str) -> str:
    return text + " \n"


SOURCES = (
    SHOP.source(
        "element-charts",
        fields=("file", "chart"),
        about="Claims with earlier documents, charted element by element and decided.",
        notes="Each element, its document (- for none) and the documents needed so far; then the code as JSON.",
        pairs=SHOP.written("element-charts", 2000, _worked),
    ),
    SHOP.source(
        "decisions",
        fields=("claim", "decision"),
        about="A register of claims and what was decided on them.",
        notes="The code as JSON; no grounds are given.",
        pairs=SHOP.written("decisions", 3000, _decision),
    ),
    SHOP.source(
        "drafts",
        fields=("file", "draft"),
        about="First drafts of decisions, charted element by element.",
        notes="Before review: some chart an element wrongly and decide by that. The code as JSON.",
        pairs=SHOP.written("drafts", 2500, _draft),
    ),
    SHOP.source(
        "letters",
        fields=("file", "letter"),
        about="Letters to applicants: a chart of the claim and what it comes to.",
        notes="The decision stands in a sentence, wording varies.",
        pairs=SHOP.written("letters", 2000, _letter),
    ),
    small_talk,
    SHOP.source(
        "training-files",
        fields=("file", "chart"),
        about="Files that new examiners practise on, charted and decided.",
        notes="Every class gets the same few files; spacing varies.",
        pairs=SHOP.repeated("training-files", 2400, _again, of="element-charts", known=FEW),
    ),
)
