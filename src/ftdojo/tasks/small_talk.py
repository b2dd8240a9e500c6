"""A raw source that is about something else: chat questions and answers from templates."""

import random
from collections.abc import Iterator
from typing import Any

from ftdojo.records import Source

ROWS = 1500
_TALK = (
    ("Do you like {thing}?", "I think {thing} can be lovely, {manner} on a {mood} {time}."),
    ("What should I do on a {mood} {time}?", "A {mood} {time} is a good moment for {thing}."),
    ("Can you recommend {thing}?", "Gladly. Start {manner}, and keep {thing} for a {mood} {time}."),
    ("I had a {mood} {time}.", "Thank you for telling me. Did {thing} help at all?"),
    ("Why do people enjoy {thing}?", "Many find that {thing} makes a {mood} {time} better."),
)
_SLOTS = {
    "thing": (
        "tea",
        "long walks",
        "old films",
        "gardening",
        "crosswords",
        "jazz",
        "baking",
        "swimming",
        "chess",
    ),
    "mood": ("rainy", "slow", "busy", "sunny", "quiet", "strange", "cold"),
    "time": ("morning", "afternoon", "evening", "weekend", "holiday", "Monday"),
    "manner": ("slowly", "with friends", "on your own", "especially", "early"),
}


def _rows() -> Iterator[dict[str, Any]]:
    rng = random.Random("small-talk v1")
    for number in range(ROWS):
        asked, answered = rng.choice(_TALK)
        filling = {slot: rng.choice(words) for slot, words in _SLOTS.items()}
        yield {
            "id": number,
            "user": asked.format(**filling),
            "assistant": answered.format(**filling),
        }


small_talk = Source(
    name="small-talk",
    summary="Friendly exchanges about everyday things.",
    licence="Apache-2.0",
    fields={"id": "row number", "user": "what the person says", "assistant": "the reply"},
    prompt_field="user",
    response_field="assistant",
    notes="Conversation of a sentence or two from a small set of patterns; no exercises in it.",
    version=1,
    rows=_rows,
)
