"""Changes of JSON that bytes alone seldom hit upon: a value in the place of another, a key twice or gone, hostile values."""

import json
import random
from typing import Any

_RAW = "@raw{}@"
RAW = ("NaN", "1e999", "-Infinity", "9" * 5000, "[" * 5000, "[" * 2000 + "]" * 2000, "", "{}{}")
"""Texts that no writer of JSON makes."""
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2**31, 2**63, -(2**64), 10**400, 0.5, -0.0, 1e308, 5e-324),
    *(
        "",
        " ",
        "\0",
        "a\nb",
        "\x1b[31mred",
        "\ud800",
        "\u2028",
        "\u202e",
        "\U0001f600",
        "{x}",
        "NaN",
    ),
    *("e1", "base", "../../etc/passwd", "x" * 3000, "1e5", "٣", [], {}, [[]], [{}], {"": ""}),
    *(_RAW.format(at) for at in range(len(RAW))),
)


def mutated(data: bytes, most: int, seed: int) -> bytes | None:
    """Return one line of ``data`` changed as JSON; None where no line is JSON that can be changed."""
    rng = random.Random(seed)
    lines = data.split(b"\n")
    at = rng.randrange(len(lines))
    head = (
        b"" if lines[at][:1] in (b"{", b"[", b'"') else lines[at][:1]
    )  # a target's choice of reader
    try:
        tree = json.loads(lines[at][len(head) :])
        lines[at] = head + _written(_changed(tree, rng), rng)
    except (ValueError, RecursionError):
        return None
    return b"\n".join(lines)[:most]


def _changed(tree: Any, rng: random.Random) -> Any:
    """Return ``tree`` with a change in one place."""
    places = list(_places(tree))
    if not places:
        return rng.choice(VALUES)
    holder, key = rng.choice(places)
    match rng.randrange(5):
        case 0:
            del holder[key]
        case 1 if isinstance(holder, dict):
            holder[rng.choice(("", "x", "a\nb", "\x1b[31m", "é" * 500, f"{key}s"))] = holder[key]
        case 2:
            other, name = rng.choice(places)
            holder[key] = json.loads(json.dumps(other[name]))
        case 3 if isinstance(holder, list):
            holder.extend(holder[:50])
        case _:
            holder[key] = rng.choice(VALUES)
    return tree


def _places(tree: Any) -> Any:
    if isinstance(tree, dict | list):
        for key in tree if isinstance(tree, dict) else range(len(tree)):
            yield tree, key
            yield from _places(tree[key])


def _written(tree: Any, rng: random.Random) -> bytes:
    text = json.dumps(tree, ensure_ascii=rng.random() < 0.7)
    for at, raw in enumerate(RAW):
        text = text.replace(f'"{_RAW.format(at)}"', raw)
    return text.encode("utf-8", "surrogatepass")
