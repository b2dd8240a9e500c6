"""tables/fact-checking: find a fact in a table, in one step or several (TableBench, 96 records).

Ours: 48 records for the test and 36 for validation, split by table; the set is too small to keep any for confirmation.
Differences of less than about 20 points cannot be distinguished from luck on 48 records.
"""

from functools import partial

from ftdojo.records import Direction, Task
from ftdojo.tasks.tables import text_tasks
from ftdojo.tasks.tables.datasets import TABLEBENCH
from ftdojo.tasks.tables.made_tables import FACTS
from ftdojo.tasks.tables.prompts import ANSWER_TEMPLATE
from ftdojo.tasks.tables.records import OVERLAP_WORDS
from ftdojo.tasks.tables.sources import text_sources

PART = "tcot_fact_checking"

task = Task(
    name="tables/fact-checking",
    version=2,
    domain="tables",
    summary=(
        "Find a fact in a table: a name, a year or a number that meets one condition, or several in a row. The tables are "
        "real ones, of sports, geography, elections and the like, in the prompt as a dictionary of columns and rows. A "
        "prompt has up to 6,000 characters, about 3,000 tokens."
    ),
    answer_format=text_tasks.ANSWER_FORMAT,
    system="",
    template=ANSWER_TEMPLATE,
    metric="exact_match",
    direction=Direction.HIGHER,
    unit="share",
    max_new_tokens=text_tasks.MAX_NEW_TOKENS,
    stop=(),
    sources=text_sources(PART, FACTS),
    items=partial(text_tasks.items, PART),
    grade=text_tasks.grade,
    overlap_words=OVERLAP_WORDS,
    datasets=(TABLEBENCH,),
    secondary=text_tasks.SECONDARY,
    slices=text_tasks.SLICES,
    reference=text_tasks.REFERENCE,
    reference_items=partial(text_tasks.reference_items, PART),
    published=text_tasks.published(base=75.00, tuned=81.25),
)
