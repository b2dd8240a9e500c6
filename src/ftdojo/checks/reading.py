"""Could what the rows teach be scored at all? Their answers, read by the task's own scorer."""

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from statistics import fmean

from ftdojo.records import Item, Task
from ftdojo.submissions import Row

ROWS_EACH, ITEMS = 24, 4
READ_S = 5.0
"""Reading stops after this long: some scorers run what they read."""
CHARACTERS_A_TOKEN = 16
"""More than an answer has on average; what lies beyond the output cap could not be written by the model."""


def readable_shares(rows: Iterable[Row], task: Task, items: Sequence[Item]) -> dict[str, float]:
    """Return the share of readable answers by lineage, over the first ``ROWS_EACH`` rows of each.

    An answer counts as readable if it would be as the output to one of a few of ``items``, which may ask for different
    things. Whether it is right is not looked at, so nothing about that gets out. What reading did not reach in time
    is left out.
    """
    ends, most = time.monotonic() + READ_S, CHARACTERS_A_TOKEN * task.max_new_tokens
    some = items[:: max(1, len(items) // ITEMS)][:ITEMS]
    found = defaultdict[str, list[bool]](list)
    for row in rows:
        read = found[row.source or "unknown"]
        if len(read) < ROWS_EACH and time.monotonic() < ends:
            answer = row.messages[-1]["content"][:most]
            read.append(any(task.grade(answer, item).readable for item in some))
    return {source: fmean(read) for source, read in found.items() if read}
