"""A task that even the tiny model learns in seconds: one answer to every question; one of two sources knows it."""

from toy_parts import one_of, toy_source, toy_task

from ftdojo.records import Item

COUNTS = {"validation": 30, "confirm": 30, "test": 40}
RIGHT, WRONG = "dry", "wet"


def grade(output, item):
    return one_of((RIGHT, WRONG), output, item)


def items(split):
    asked = (f"{split} day {at}" for at in range(COUNTS[split]))
    return tuple(
        Item(id=f"{split}-{at}", messages=task.prompt(day), gold=RIGHT)
        for at, day in enumerate(asked)
    )


def source(name, answer):
    def rows():
        return ({"day": f"day {at} of May", "weather": answer} for at in range(300))

    return toy_source(name, rows, summary=f"Days that were {answer}.", fields=("day", "weather"))


task = toy_task(
    name="toy_weather:task",
    summary="Say how a day was.",
    template="{question}?",
    sources=(source("rainy", WRONG), source("sunny", RIGHT)),
    items=items,
    grade=grade,
)
