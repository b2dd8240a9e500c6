"""What the contamination gate would say of the raw sources: rows that an agent could not train on as they are."""

from collections.abc import Iterator
from itertools import islice

from ftdojo.errors import FtdojoError
from ftdojo.evaluation.vault import Vault
from ftdojo.records import Message, Source, Task

MOST_ROWS = 20_000
"""So many rows of a source are looked at."""


def leaks(task: Task) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield (source, numbers of the rows that the gate refuses) for each source with such rows.

    Sources that cannot be read are passed over; ``tasks.check`` says so.
    """
    vault = Vault(task)
    for source in task.sources:
        try:
            refused = vault.overlap(enumerate(_turns(source))).rows
        except FtdojoError:
            continue
        if refused:
            yield source.name, refused


def _turns(source: Source) -> Iterator[tuple[Message, Message]]:
    for row in islice(source.rows(), MOST_ROWS):
        asked, answered = source.example(row)
        yield (
            Message(role="user", content=asked),
            Message(role="assistant", content=answered),
        )
