"""Order lines and the facts in them: the questions of ``text/extract``, their answers and where each belongs.

Which split an order is in depends on its customer's name alone, so that no name of a held-out line occurs in a
training line. Three layouts (``NEW_LAYOUTS``) occur in held-out lines only.
"""

import json
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from itertools import product

from ftdojo.tasks.splits import place

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


def draw(rng: random.Random, *, split: str, layouts: Sequence[str] = LAYOUTS) -> tuple[str, Order]:
    """Draw an order of ``split`` and its line."""
    order = order_for(rng.choice(names(split)), rng)
    return line(order, rng.choice(layouts)), order
