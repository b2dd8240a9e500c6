"""What the toy tasks have in common: all that a task must say and no test of them looks at."""

from ftdojo.records import Direction, Grade, Source, Task

PLAIN = {
    "version": 1,
    "domain": "toy",
    "answer_format": "One word.",
    "system": "",
    "template": "{question}",
    "metric": "exact_match",
    "direction": Direction.HIGHER,
    "unit": "share",
    "max_new_tokens": 6,
    "stop": (),
}


def toy_task(**facts):
    """Return a task that is plain but for ``facts``."""
    return Task(**PLAIN | facts)


def toy_source(name, rows, *, summary, fields=("question", "answer")):
    """Return a source whose rows have the two ``fields``, a question and its answer."""
    asked, answered = fields
    return Source(
        name=name,
        summary=summary,
        licence="CC0-1.0",
        fields={asked: "a question", answered: "its answer"},
        prompt_field=asked,
        response_field=answered,
        notes="",
        version=1,
        rows=rows,
    )


def one_of(words, output, item):
    """Grade an answer that is to be the item's own word; every other of ``words`` is readable and wrong."""
    said = output.strip()
    return Grade(score=float(said == item.gold), readable=said in words, extracted=said)
