"""Could what the rows teach be scored at all? Their answers, read by the task's own scorer."""

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from statistics import fmean

from ftdojo.records import Item, Task

ROWS_EACH, ITEMS = 24, 4
READ_S = 5.0
"""Reading stops after this long: some scorers run what they read."""
CHARACTERS_A_TOKEN = 16
"""More than an answer has on average; what lies beyond the output cap could not be written by the model."""


def readable_shares(
    answers: Iterable[tuple[str, str]], task: Task, items: Sequence[Item]
) -> dict[str, float]:
    """Return the share of readable answers by lineage, over the first ``ROWS_EACH`` rows of each.

    ``answers`` are (source, answer).

    An answer counts as readable if it would be as the output to one of a few of ``items``, which may ask for different
    things. Whether it is right is not looked at, so nothing about that gets out. What reading did not reach in time
    is left out.
    """
    ends, most = time.monotonic() + READ_S, CHARACTERS_A_TOKEN * task.max_new_tokens
    some = items[:: max(1, len(items) // ITEMS)][:ITEMS]
    found = defaultdict[str, list[bool]](list)
    for source, answer in answers:
        read = found[source or "unknown"]
        if len(read) < ROWS_EACH and time.monotonic() < ends:
            read.append(any(task.grade(answer[:most], item).readable for item in some))
    return {source: fmean(read) for source, read in found.items() if read}
