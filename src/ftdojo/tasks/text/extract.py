"""text/extract: order lines to JSON with five fields.

Lines come from our own seeded generator and are held out by the customer's name (``names``), so that no name of a held-out
line occurs in a training line: 100 for validation, 100 for confirmation, 300 for the test, always the same ones, no name
twice. Two in five have a layout that no source shows (``NEW_LAYOUTS``). The score is 1 when all five fields are right. A
base model that has never seen the format scores zero; a model that copies well and was trained on clean records scores
high, one trained on careless records does not. The six sources are of honest mixed quality and draw from ``train``.
"""

import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from itertools import product
from typing import Any

from ftdojo.records import Direction, Grade, Item, Split, Task
from ftdojo.tasks.miniature import Workshop, airy, ended, place, small_talk

TAIL_CHARS = 4_000
OPENINGS = 64
_DECODER = json.JSONDecoder()
SHARES = {"validation": 0.05, "confirm": 0.05, "test": 0.12}
_FIRST = """
    Ada Alan Amy Anna Ben Carl Cora Dan Dora Ed Ella Emma Eric Eva Fay Fred Gail Gus Hal Hana Hugo
    Ida Ian Iris Ivan Jack Jane Joan Joe Karl Kate Kim Lara Lena Leo Lily Liz Luke Mary Max May Mia
    Nell Nina Noah Olga Omar Otto Paul Pia Ray Rita Rosa Ruth Sam Sara Tara Tim Tom Uma Vera Zoe
"""
_LAST = """
    Archer Baker Barber Bishop Bowman Brewer Butler Carter Chandler Clark Cook Cooper Dyer Farmer
    Fisher Fletcher Forester Fowler Gardener Glover Harper Hunter Keeper Knight Marshall Mason
    Miller Miner Painter Parker Piper Porter Potter Reeve Sawyer Shepherd Singer Skinner Slater
    Smith Spencer Stewart Tanner Taylor Thatcher Tiler Turner Tyler Wainwright Walker Ward Weaver
    Webster Wheeler Wright
"""
_FRONTS = (
    "Ash Birch Bridge Clay East Elm Fern Fox Green Hazel Lake Mill North Oak Red Stone West White"
)
_BACKS = "brook bury dale field ford ham hill ley mouth port ton wick"
_KINDS = "blue brass cotton garden glass green large oak paper red silver small steel wool"
_THINGS = "bag basket bench bowl box chair clock cup jar kettle lamp mat pan shelf table tray"
TOWNS = tuple(front + back for front in _FRONTS.split() for back in _BACKS.split())
PRODUCTS = tuple(f"{kind} {thing}" for kind in _KINDS.split() for thing in _THINGS.split())
LAYOUTS = (
    "Hello, {name} here from {town}. I would like {quantity} x {product}. My number is {phone}.",
    "Order from {town}: {quantity} of the {product}, for {name}, call {phone}.",
    "{name} ({phone}) wants {quantity} units of {product} sent to {town}.",
    "Please send {product}, {quantity} pieces, to {name} in {town}. Phone {phone}.",
    "Call {phone} and ask for {name}: {quantity} x {product}, delivery to {town}.",
    "New request. Item: {product}. Amount: {quantity}. Customer: {name}, {town}. Tel: {phone}.",
    "We need {quantity} times the {product} in {town}. Contact is {name}, {phone}.",
    "{town} office, {name} speaking, {phone}. Can you ship {quantity} of {product}?",
)
NEW_LAYOUTS = (
    "Could {name} get {quantity} x {product} by Friday? The address is in {town} and the phone {phone}.",
    "Tel {phone}. {quantity} pieces of {product} go to {town}, attention {name}.",
    "Re invoice 7731: {name} of {town} now takes {quantity} x {product} on Monday; phone {phone}.",
)
MISREAD_SHARE = 0.5
SUMMARIES = (
    "{name} from {town} orders {quantity} x {product}.",
    "A customer in {town} wants {product} ({quantity}); reach {name} at {phone}.",
    "{quantity} x {product} for {name}.",
)
REGULARS = 50
NAME = "text/extract"
COUNTS: dict[Split, int] = {"validation": 100, "confirm": 100, "test": 300}
NEW_SHARE = 0.4


def last_object(text: str) -> dict[str, Any] | None:
    """Return the last complete JSON object in ``text`` that lies in no other, or None.

    Example:
        >>> last_object('Here: {"a": {"b": 1}} and {"c": ')
        {'a': {'b': 1}}
    """
    tail, end, found = text[-TAIL_CHARS:], 0, None
    openings = [match.start() for match in re.finditer(r"\{", tail)][-OPENINGS:]
    for at in openings:
        if at < end:
            continue
        try:
            found, end = _DECODER.raw_decode(tail, at)
        except (ValueError, RecursionError):
            continue
    return found


@dataclass(frozen=True, kw_only=True)
class Order:
    """The five facts of an order line, in the order in which the answer names them."""

    name: str
    town: str
    product: str
    quantity: int
    phone: str


FIELDS = tuple(Order.__dataclass_fields__)


def line(order: Order, layout: str) -> str:
    """Return ``order`` as a customer or clerk would have put it."""
    return layout.format(**asdict(order))


def answer(order: Order) -> str:
    """Return ``order`` as the JSON object the task requires."""
    return json.dumps(asdict(order))


@cache
def names(split: str) -> tuple[str, ...]:
    """Return every full name that belongs to ``split`` (``train`` among them)."""
    full = (f"{first} {last}" for first, last in product(_FIRST.split(), _LAST.split()))
    return tuple(name for name in full if place(f"orders {name}", SHARES) == split)


def order_for(name: str, rng: random.Random) -> Order:
    """Draw what ``name`` orders."""
    return Order(
        name=name,
        town=rng.choice(TOWNS),
        product=rng.choice(PRODUCTS),
        quantity=rng.randint(2, 99),
        phone=f"555-01{rng.randrange(100):02}",
    )


def drawn(rng: random.Random, *, split: str, layouts: Sequence[str] = LAYOUTS) -> tuple[str, Order]:
    """Draw an order of ``split`` and its line."""
    order = order_for(rng.choice(names(split)), rng)
    return line(order, rng.choice(layouts)), order


Asked = tuple[str, Order]
"""A line and the order in it."""


def _lines(rng: random.Random) -> Iterator[Asked]:
    while True:
        yield drawn(rng, split="train")


SHOP: Workshop[Asked] = Workshop(
    task="text/extract",
    stream="lines",
    draw=_lines,
    ask=lambda asked: asked[0],
    holds=("the line as it came in", "what was made of it"),
)


def _misread(asked: Asked, quirks: random.Random) -> str:
    """Write the record, with one field that is another order's in ``MISREAD_SHARE`` of the rows."""
    misread, field = quirks.random() < MISREAD_SHARE, quirks.choice(FIELDS)
    other = order_for(quirks.choice(names("train")), quirks)
    order = asked[1]
    return answer(replace(order, **{field: getattr(other, field)}) if misread else order)


SOURCES = (
    SHOP.source(
        "order-desk",
        fields=("message", "record"),
        about="Order lines and the JSON records that the order desk keeps.",
        notes="Five fields a record, read twice by two clerks.",
        pairs=SHOP.written(1500, lambda asked, _: answer(asked[1])),
    ),
    SHOP.source(
        "web-forms",
        fields=("text", "json"),
        about="Order lines and the JSON records typed in beside them.",
        notes="Typed in a hurry and never compared with the line.",
        pairs=SHOP.written(2500, _misread),
    ),
    SHOP.source(
        "dispatch-slips",
        fields=("message", "slip"),
        about="Order lines and the slips that were printed for dispatch.",
        notes="The five fields, one a line.",
        pairs=SHOP.written(
            2000,
            lambda asked, _: "\n".join(
                f"{field}: {value}" for field, value in asdict(asked[1]).items()
            ),
        ),
    ),
    SHOP.source(
        "summaries",
        fields=("message", "summary"),
        about="Order lines, each summed up in a sentence.",
        notes="Free text; some leave fields out.",
        pairs=SHOP.written(
            2000, lambda asked, quirks: quirks.choice(SUMMARIES).format(**asdict(asked[1]))
        ),
    ),
    small_talk,
    SHOP.source(
        "regulars",
        fields=("message", "record"),
        about="Order lines of regular customers and their JSON records.",
        notes="Standing orders come in again and again; spacing varies.",
        pairs=SHOP.repeated(
            2000,
            lambda asked: answer(asked[1]),
            of=("order-desk", REGULARS),
            guises=(str, airy, ended),
        ),
    ),
)


@cache
def items(split: Split) -> tuple[Item, ...]:
    """Return the lines of ``split``, always the same ones in the same order."""
    rng = random.Random(f"{NAME} {split} v1")
    named = rng.sample(names(split), COUNTS[split])
    return tuple(_item(f"{split}-{at:03}", name, rng) for at, name in enumerate(named))


def grade(output: str, item: Item) -> Grade:
    """Compare the last JSON object with the order; without one the output is unreadable.

    The score is 1 when there are the five fields, all right, and no others. Secondary: ``fields``, the share of the
    five that are right. A quantity may be a number or its digits; strings are compared exactly but for outer spaces.
    """
    gold, given = last_object(item.gold) or {}, last_object(output)
    if given is None:
        return Grade(score=0.0, readable=False, secondary={"fields": 0.0})
    right = sum(_same(given.get(field), value) for field, value in gold.items())
    return Grade(
        score=float(right == len(gold) == len(given)),
        readable=True,
        extracted=_shown(given),
        secondary={"fields": right / len(gold)},
    )


def _same(given: object, wanted: object) -> bool:
    return isinstance(given, str | int) and str(given).strip() == str(wanted)


def _shown(given: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}={given[key]}"[:80] for key in FIELDS if key in given)


def _item(name: str, customer: str, rng: random.Random) -> Item:
    order, new = order_for(customer, rng), rng.random() < NEW_SHARE
    layout = rng.choice(NEW_LAYOUTS if new else LAYOUTS)
    return Item(
        id=name,
        messages=task.prompt(line(order, layout)),
        gold=answer(order),
        slices={"layout": "new" if new else "known"},
    )


task = Task(
    name=NAME,
    version=1,
    domain="text",
    summary=(
        "Read one line in which somebody orders something, and write down who (name), where (town), what (product), "
        "how many (quantity) and the phone number (phone). Two lines in five have a layout that no source shows."
    ),
    answer_format=(
        'One JSON object with exactly the keys name, town, product, quantity, phone, as in {"name": "...", "town": '
        '"...", "product": "...", "quantity": 3, "phone": "555-0100"}. Values are copied as they stand in the line. '
        "The last complete object counts; an output may have 96 tokens. Without an object it is unreadable, score 0."
    ),
    system="Reply with a JSON object: name, town, product, quantity, phone.",
    template="{question}",
    metric="exact_match",
    direction=Direction.HIGHER,
    unit="share",
    max_new_tokens=96,
    # None: a tuned model ends its turn after the object, and a stop string such as "}" would cut the object off.
    stop=(),
    sources=SOURCES,
    items=items,
    grade=grade,
    # More words than any line has beside its customer's name, which is what is held out.
    overlap_words=16,
)
