"""tables/numerical-reasoning: count, compare, rank and calculate over a table (TableBench, 397 records).

Ours: 100 records for the test, 100 for validation and 40 for confirmation, split by table. The records with the
longest prompts are in none of them.
"""

from functools import partial

from ftdojo.records import Direction, Task
from ftdojo.tasks.tables import text_tasks
from ftdojo.tasks.tables.datasets import TABLEBENCH
from ftdojo.tasks.tables.made_tables import NUMBERS
from ftdojo.tasks.tables.prompts import ANSWER_TEMPLATE
from ftdojo.tasks.tables.records import OVERLAP_WORDS
from ftdojo.tasks.tables.sources import text_sources

PART = "tcot_numerical_reasoning"

task = Task(
    name="tables/numerical-reasoning",
    version=2,
    domain="tables",
    summary=(
        "Work out a number or a name from a table: totals and averages, differences and percentages, counts, rankings, "
        "comparisons, spans of time, in one step or several. The tables are real ones, of sports, geography, elections "
        "and the like, in the prompt as a dictionary of columns and rows. A prompt has up to 6,000 characters, about "
        "3,000 tokens."
    ),
    answer_format=text_tasks.ANSWER_FORMAT,
    system="",
    template=ANSWER_TEMPLATE,
    metric="exact_match",
    direction=Direction.HIGHER,
    unit="share",
    max_new_tokens=text_tasks.MAX_NEW_TOKENS,
    stop=(),
    sources=text_sources(PART, NUMBERS),
    items=partial(text_tasks.items, PART),
    grade=text_tasks.grade,
    overlap_words=OVERLAP_WORDS,
    datasets=(TABLEBENCH,),
    secondary=text_tasks.SECONDARY,
    slices=text_tasks.SLICES,
    reference=text_tasks.REFERENCE,
    reference_items=partial(text_tasks.reference_items, PART),
    published=text_tasks.published(base=32.00, tuned=45.33),
)
