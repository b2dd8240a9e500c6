"""text/extract: order lines to JSON with five fields.

Lines come from our own seeded generator and are held out by the customer's name (``orders.names``): 100 for
validation, 100 for confirmation, 300 for the test, always the same ones, no name twice. Two in five have a layout
that no source shows. The score is 1 when all five fields are right. A base model that has never seen the format scores
zero; a model that copies well and was trained on clean records scores high, one trained on careless records does not.
"""

import random
from collections.abc import Mapping
from functools import cache
from typing import Any

from ftdojo.records import Direction, Grade, Item, Split, Task
from ftdojo.tasks import orders
from ftdojo.tasks.json_answer import last_object
from ftdojo.tasks.orders_sources import SOURCES

NAME = "text/extract"
COUNTS: dict[Split, int] = {"validation": 100, "confirm": 100, "test": 300}
NEW_SHARE = 0.4


@cache
def items(split: Split) -> tuple[Item, ...]:
    """Return the lines of ``split``, always the same ones in the same order."""
    rng = random.Random(f"{NAME} {split} v1")
    named = rng.sample(orders.names(split), COUNTS[split])
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
    return ", ".join(f"{key}={given[key]}"[:80] for key in orders.FIELDS if key in given)


def _item(name: str, customer: str, rng: random.Random) -> Item:
    order, new = orders.order_for(customer, rng), rng.random() < NEW_SHARE
    layout = rng.choice(orders.NEW_LAYOUTS if new else orders.LAYOUTS)
    return Item(
        id=name,
        messages=task.prompt(orders.line(order, layout)),
        gold=orders.answer(order),
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
