"""The raw sources of ``text/extract``: six collections of honest mixed quality, made on the spot.

No source can contain a held-out name: they draw from ``train``.
"""

import random
from collections.abc import Iterator
from dataclasses import asdict, replace

from ftdojo.tasks import orders
from ftdojo.tasks.orders import Order
from ftdojo.tasks.raw_sources import Workshop, airy
from ftdojo.tasks.small_talk import small_talk

Asked = tuple[str, Order]
"""A line and the order in it."""

MISREAD_SHARE = 0.5
SUMMARIES = (
    "{name} from {town} orders {quantity} x {product}.",
    "A customer in {town} wants {product} ({quantity}); reach {name} at {phone}.",
    "{quantity} x {product} for {name}.",
)
REGULARS = 50


def _lines(rng: random.Random) -> Iterator[Asked]:
    while True:
        yield orders.draw(rng, split="train")


def _line(asked: Asked) -> str:
    return asked[0]


SHOP: Workshop[Asked] = Workshop(
    task="text/extract",
    stream="lines",
    draw=_lines,
    ask=_line,
    holds=("the line as it came in", "what was made of it"),
)


def _record(asked: Asked, _: random.Random) -> str:
    return orders.answer(asked[1])


def _misread(asked: Asked, quirks: random.Random) -> str:
    """Write the record, with one field that is another order's in ``MISREAD_SHARE`` of the rows."""
    misread, field = quirks.random() < MISREAD_SHARE, quirks.choice(orders.FIELDS)
    other = orders.order_for(quirks.choice(orders.names("train")), quirks)
    order = asked[1]
    return orders.answer(replace(order, **{field: getattr(other, field)}) if misread else order)


def _listed(asked: Asked, _: random.Random) -> str:
    return "\n".join(f"{field}: {value}" for field, value in asdict(asked[1]).items())


def _summary(asked: Asked, quirks: random.Random) -> str:
    return quirks.choice(SUMMARIES).format(**asdict(asked[1]))


def _regular(asked: Asked, quirks: random.Random) -> tuple[str, str]:
    line, order = asked
    guise = quirks.choice((str, airy, _ended))
    return guise(line), orders.answer(order)


def _ended(text: str) -> str:
    return text + " \n"


SOURCES = (
    SHOP.source(
        "order-desk",
        fields=("message", "record"),
        about="Order lines and the JSON records that the order desk keeps.",
        notes="Five fields a record, read twice by two clerks.",
        pairs=SHOP.written("order-desk", 1500, _record),
    ),
    SHOP.source(
        "web-forms",
        fields=("text", "json"),
        about="Order lines and the JSON records typed in beside them.",
        notes="Typed in a hurry and never compared with the line.",
        pairs=SHOP.written("web-forms", 2500, _misread),
    ),
    SHOP.source(
        "dispatch-slips",
        fields=("message", "slip"),
        about="Order lines and the slips that were printed for dispatch.",
        notes="The five fields, one a line.",
        pairs=SHOP.written("dispatch-slips", 2000, _listed),
    ),
    SHOP.source(
        "summaries",
        fields=("message", "summary"),
        about="Order lines, each summed up in a sentence.",
        notes="Free text; some leave fields out.",
        pairs=SHOP.written("summaries", 2000, _summary),
    ),
    small_talk,
    SHOP.source(
        "regulars",
        fields=("message", "record"),
        about="Order lines of regular customers and their JSON records.",
        notes="Standing orders come in again and again; spacing varies.",
        pairs=SHOP.repeated("regulars", 2000, _regular, of="order-desk", known=REGULARS),
    ),
)
