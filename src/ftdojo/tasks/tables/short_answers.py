"""tables/fact-checking and tables/numerical-reasoning: the two TableBench tasks with short answers.

Fact checking is to find a fact in a table, in one step or several (96 records). Ours: 48 records for the test and 36 for
validation, split by table; the set is too small to keep any for confirmation. Differences of less than about 20 points
cannot be distinguished from luck on 48 records.

Numerical reasoning is to count, compare, rank and calculate over a table (397 records). Ours: 100 records for the test, 100
for validation and 40 for confirmation, split by table. The records with the longest prompts are in none of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import Any

from ftdojo.records import Direction, Grade, Item, Message, Published, Replication, Split, Task
from ftdojo.tasks.tables import answers, records
from ftdojo.tasks.tables.made_tables import FACTS, NUMBERS
from ftdojo.tasks.tables.published import average, text_mark
from ftdojo.tasks.tables.records import ANSWER_TEMPLATE, OVERLAP_WORDS, TABLEBENCH, asked
from ftdojo.tasks.tables.sources import text_sources

MAX_NEW_TOKENS = 512
ANSWER_FORMAT = (
    "The rest of the line after the last 'Final Answer:' is the answer, as in 'Final Answer: 1062' or 'Final Answer: "
    "Tonga, 81.53%'; reasoning before it is welcome. Items are separated by commas, and all of them have to be right. "
    "Numbers compare as numbers, with their sign and in their order: 1,062 is 1062, 10.60 is 10.6, and a number with "
    "more decimals than the right one is rounded to as many, if that one has any. A percent sign may be left out. Other "
    "items compare without case, articles and punctuation, and in any order unless a ranking is asked for. An output "
    f"may have {MAX_NEW_TOKENS} tokens; decoding is greedy. Without 'Final Answer:' it is unreadable and scores 0."
)
SECONDARY = {"items_right": "share of the answer's items that are right; higher is better"}
SLICES = {"subtype": "kind of question"}
FACTS_PART = "tcot_fact_checking"
NUMBERS_PART = "tcot_numerical_reasoning"


@cache
def items(part: str, split: Split) -> tuple[Item, ...]:
    """Return our ``split`` of ``part``."""
    return tuple(map(_item, records.clean(part)[split]))


@cache
def reference_items(part: str, split: Split) -> tuple[Item, ...]:
    """Return the published slice of ``part``."""
    return tuple(map(_item, records.published(records.rows(part), split)))


def grade(output: str, item: Item) -> Grade:
    """Compare the final answer item by item; without one the output is unreadable."""
    answer, in_order = item.facts["answer"], item.facts["in_order"]
    return answers.grade(output, answer, rule="exact", in_order=in_order)


def _mark(output: str, item: Item) -> Mapping[str, Any]:
    return text_mark(output, item.facts["answer"], "EM")


def _total(marks: Sequence[Mapping[str, Any]]) -> Mapping[str, float]:
    return {"accuracy": average(marks, "rdagent"), "EM": average(marks, "official")}


REFERENCE = Replication(
    mark=_mark,
    total=_total,
    origin=(
        "accuracy: TableBenchEvaluator (exact_match_with_final_answer) of RD-Agent's OpenCompass fork; EM: TableBench's "
        "own compute_em"
    ),
)


def published(base: float, tuned: float) -> tuple[Published, ...]:
    """Return the paper's figures for Qwen2.5-7B-Instruct, accuracy 0-100."""
    model = "Qwen2.5-7B-Instruct"
    return Published.figures("accuracy", (model, "base", base), (model, "FT-Agent", tuned))


def _item(row: Mapping[str, Any]) -> Item:
    content = ANSWER_TEMPLATE.replace("{question}", asked(row["instruction"]))
    return Item(
        id=row["id"],
        messages=(Message(role="user", content=content),),
        gold=f"Final Answer: {row['answer']}",
        slices={"subtype": row["qsubtype"]},
        facts={"answer": row["answer"], "in_order": answers.is_ranking(row["question"])},
    )


fact_checking = Task(
    name="tables/fact-checking",
    version=2,
    domain="tables",
    summary=(
        "Find a fact in a table: a name, a year or a number that meets one condition, or several in a row. The tables are "
        "real ones, of sports, geography, elections and the like, in the prompt as a dictionary of columns and rows. A "
        "prompt has up to 6,000 characters, about 3,000 tokens."
    ),
    answer_format=ANSWER_FORMAT,
    system="",
    template=ANSWER_TEMPLATE,
    metric="exact_match",
    direction=Direction.HIGHER,
    unit="share",
    max_new_tokens=MAX_NEW_TOKENS,
    stop=(),
    sources=text_sources(FACTS_PART, FACTS),
    items=partial(items, FACTS_PART),
    grade=grade,
    overlap_words=OVERLAP_WORDS,
    datasets=(TABLEBENCH,),
    secondary=SECONDARY,
    slices=SLICES,
    replication=replace(
        REFERENCE,
        items=partial(reference_items, FACTS_PART),
        published=published(base=75.00, tuned=81.25),
    ),
)

numerical_reasoning = Task(
    name="tables/numerical-reasoning",
    version=2,
    domain="tables",
    summary=(
        "Work out a number or a name from a table: totals and averages, differences and percentages, counts, rankings, "
        "comparisons, spans of time, in one step or several. The tables are real ones, of sports, geography, elections "
        "and the like, in the prompt as a dictionary of columns and rows. A prompt has up to 6,000 characters, about "
        "3,000 tokens."
    ),
    answer_format=ANSWER_FORMAT,
    system="",
    template=ANSWER_TEMPLATE,
    metric="exact_match",
    direction=Direction.HIGHER,
    unit="share",
    max_new_tokens=MAX_NEW_TOKENS,
    stop=(),
    sources=text_sources(NUMBERS_PART, NUMBERS),
    items=partial(items, NUMBERS_PART),
    grade=grade,
    overlap_words=OVERLAP_WORDS,
    datasets=(TABLEBENCH,),
    secondary=SECONDARY,
    slices=SLICES,
    replication=replace(
        REFERENCE,
        items=partial(reference_items, NUMBERS_PART),
        published=published(base=32.00, tuned=45.33),
    ),
)
