"""The raw sources of ``text/extract``: six collections of honest mixed quality, made on the spot.

Each draws its lines from a stream of its own, and what is wrong with a source comes from a second stream, so that a
source's lines do not depend on its noise. No source can hold a held-out name: they ask for ``train``.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from functools import partial
from typing import Any

from ftdojo.records import Source
from ftdojo.tasks import orders
from ftdojo.tasks.orders import Order
from ftdojo.tasks.small_talk import small_talk

Rows = Iterator[dict[str, Any]]
Writer = Callable[[Order, random.Random], str]

MISREAD_SHARE = 0.5
SUMMARIES = (
    "{name} from {town} orders {quantity} x {product}.",
    "A customer in {town} wants {product} ({quantity}); reach {name} at {phone}.",
    "{quantity} x {product} for {name}.",
)
REGULARS = 50


def _rows(name: str, *, count: int, fields: tuple[str, str], write: Writer) -> Rows:
    """Yield ``count`` rows with a number, a line and what ``write`` makes of it."""
    ask, answer = fields
    lines, quirks = _lines(name), random.Random(f"text/extract {name} quirks v1")
    for number, (line, order) in zip(range(count), lines, strict=False):
        yield {"id": number, ask: line, answer: write(order, quirks)}


def _lines(name: str) -> Iterator[tuple[str, Order]]:
    rng = random.Random(f"text/extract {name} lines v1")
    while True:
        yield orders.draw(rng, split="train")


def _record(order: Order, _: random.Random) -> str:
    return orders.answer(order)


def _misread(order: Order, quirks: random.Random) -> str:
    """Write the record, with one field that is another order's in ``MISREAD_SHARE`` of the rows."""
    misread, field = quirks.random() < MISREAD_SHARE, quirks.choice(orders.FIELDS)
    other = orders.order_for(quirks.choice(orders.names("train")), quirks)
    return orders.answer(replace(order, **{field: getattr(other, field)}) if misread else order)


def _listed(order: Order, _: random.Random) -> str:
    return "\n".join(f"{field}: {value}" for field, value in asdict(order).items())


def _summary(order: Order, quirks: random.Random) -> str:
    return quirks.choice(SUMMARIES).format(**asdict(order))


def _regulars(*, count: int) -> Rows:
    """Yield rows over the first few lines of ``order-desk``, again and again, in another guise each time."""
    quirks = random.Random("text/extract regulars quirks v1")
    known = [pair for _, pair in zip(range(REGULARS), _lines("order-desk"), strict=False)]
    for number in range(count):
        line, order = quirks.choice(known)
        guise = quirks.choice((str, _airy, _ended))
        yield {"id": number, "message": guise(line), "record": orders.answer(order)}


def _airy(text: str) -> str:
    return text.replace(" ", "  ")


def _ended(text: str) -> str:
    return text + " \n"


def _source(
    name: str, *, fields: tuple[str, str], about: str, notes: str, rows: Callable[[], Rows]
) -> Source:
    ask, answer = fields
    return Source(
        name=name,
        summary=about,
        licence="Apache-2.0",
        fields={"id": "row number", ask: "the line as it came in", answer: "what was made of it"},
        prompt_field=ask,
        response_field=answer,
        notes=notes,
        version=1,
        rows=rows,
    )


def _written(name: str, count: int, fields: tuple[str, str], write: Writer) -> Callable[[], Rows]:
    return partial(_rows, name, count=count, fields=fields, write=write)


SOURCES = (
    _source(
        "order-desk",
        fields=("message", "record"),
        about="Order lines and the JSON records that the order desk keeps.",
        notes="Five fields a record, read twice by two clerks.",
        rows=_written("order-desk", 1500, ("message", "record"), _record),
    ),
    _source(
        "web-forms",
        fields=("text", "json"),
        about="Order lines and the JSON records typed in beside them.",
        notes="Typed in a hurry and never compared with the line.",
        rows=_written("web-forms", 2500, ("text", "json"), _misread),
    ),
    _source(
        "dispatch-slips",
        fields=("message", "slip"),
        about="Order lines and the slips that were printed for dispatch.",
        notes="The five fields, one a line.",
        rows=_written("dispatch-slips", 2000, ("message", "slip"), _listed),
    ),
    _source(
        "summaries",
        fields=("message", "summary"),
        about="Order lines, each summed up in a sentence.",
        notes="Free text; some leave fields out.",
        rows=_written("summaries", 2000, ("message", "summary"), _summary),
    ),
    small_talk,
    _source(
        "regulars",
        fields=("message", "record"),
        about="Order lines of regular customers and their JSON records.",
        notes="Standing orders come in again and again; spacing varies.",
        rows=partial(_regulars, count=2000),
    ),
)
