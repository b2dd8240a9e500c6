"""A task that even the tiny model learns in seconds: one answer to every question; one of two sources knows it."""

from ftdojo.records import Direction, Grade, Item, Source, Task

COUNTS = {"validation": 30, "confirm": 30, "test": 40}
RIGHT, WRONG = "dry", "wet"


def grade(output, item):
    return Grade(
        score=float(output.strip() == item.gold), readable=output.strip() in (RIGHT, WRONG)
    )


def items(split):
    asked = (f"{split} day {at}" for at in range(COUNTS[split]))
    return tuple(
        Item(id=f"{split}-{at}", messages=task.prompt(day), gold=RIGHT)
        for at, day in enumerate(asked)
    )


def source(name, answer):
    return Source(
        name=name,
        summary=f"Days that were {answer}.",
        licence="Apache-2.0",
        fields={"day": "which", "weather": "how it was"},
        prompt_field="day",
        response_field="weather",
        notes="",
        version=1,
        rows=lambda: ({"day": f"day {at} of May", "weather": answer} for at in range(300)),
    )


task = Task(
    name="toy_weather:task",
    version=1,
    domain="toy",
    summary="Say how a day was.",
    answer_format="One word.",
    system="",
    template="{question}?",
    metric="exact_match",
    direction=Direction.HIGHER,
    unit="share",
    max_new_tokens=6,
    stop=(),
    sources=(source("rainy", WRONG), source("sunny", RIGHT)),
    items=items,
    grade=grade,
)
