"""A source's card as people read it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ftdojo.cli.plain import one_line

_PLAIN = ("name", "summary", "notes", "licence", "warning", "hub_id", "revision", "here", "path")
_WIDTH = 18


def lines(card: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of a card; one whose rows are not here has no figures."""
    for key in _PLAIN:
        if card.get(key):
            yield _line(key.replace("_", " "), one_line(str(card[key])))
    for name, meaning in card["fields"].items():
        role = {card["prompt_field"]: " (question)", card["response_field"]: " (answer)"}
        yield _line("field", f"{name}: {meaning}{role.get(name, '')}")
    if "rows" in card:
        yield from _figures(card)


def _figures(card: Mapping[str, Any]) -> Iterator[str]:
    yield _line(
        "rows", f"{card['rows']:,}, {card['bytes'] / 1e6:,.1f} MB, SHA-256 {card['digest']}"
    )
    for name in ("words", "characters", "tokens"):
        if card[name]:
            yield _line(name, _spread(card[name]))
    yield _line("tokens in all", f"{card['total_tokens']:,} ({card['tokens_by']})")
    yield _line("duplicates", f"{card['duplicate_share']:.1%}")
    if card["near_duplicate_share"] is not None:
        yield _line("near-duplicates", f"{card['near_duplicate_share']:.1%} of different rows")
    yield _line("missing answers", f"{card['missing_answers']:.1%}")
    shares = (f"{name} {share:.1%}" for name, share in card["scripts"].items())
    yield _line("scripts", ", ".join(shares))
    yield _line("measured on", card["measured_on"])
    for sample in card["samples"]:
        yield _line("sample", json.dumps(sample, ensure_ascii=False))


def _spread(found: Mapping[str, float]) -> str:
    return (
        f"median {found['p50']:,.0f}, mean {found['mean']:,.1f}, 95 % up to {found['p95']:,.0f}, "
        f"from {found['low']:,.0f} to {found['high']:,.0f}"
    )


def _line(name: str, value: str) -> str:
    return f"{name + ':':<{_WIDTH}}{value}"
