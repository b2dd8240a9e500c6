"""Raw sources of the chemistry tasks: questions of our own, and what of the published rows is not held out."""

from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import Any

from ftdojo.records import Source
from ftdojo.sources import dataset_rows
from ftdojo.tasks.chemistry.bench import Bench, asked_of
from ftdojo.tasks.chemistry.fragments import canonical
from ftdojo.tasks.chemistry.questions import CHEMCOTBENCH, CHEMCOTDATASET, question_of
from ftdojo.tasks.chemistry.synthetic import MAKERS, worked
from ftdojo.texts.near import Index, shingles

COUNT = 1_500
SHORTEST = 10
"""Shorter SMILES are everybody's: solvents, reagents, small parts."""
OWN_FIELDS = {
    "id": "row number",
    "subtask": "the sub-task",
    "query": "the whole question, in the benchmark's words",
}
Rows = Iterator[dict[str, Any]]


def sources_of(bench: Bench) -> tuple[Source, ...]:
    """Return the sources on offer for a task."""
    return (_synthetic(bench), _answers(bench), _rest(bench), _published(bench))


def _synthetic(bench: Bench) -> Source:
    return Source(
        name="chemcot-synthetic",
        summary=(
            "Questions in the benchmark's words over molecules put together from common rings and groups; one or two "
            "sentences of working, then the answer as the JSON that the prompt asks for."
        ),
        licence="Apache-2.0",
        fields={**OWN_FIELDS, "response": "working and answer"},
        prompt_field="query",
        response_field="response",
        notes=(
            f"{COUNT} rows, the sub-tasks in turn ({', '.join(_subtasks(bench))}); answers computed by RDKit, so none is "
            "wrong. Molecules are more uniform than the benchmark's."
        ),
        version=1,
        rows=partial(_made, bench, "worked", working=True),
    )


def _answers(bench: Bench) -> Source:
    return Source(
        name="chemcot-answers",
        summary="Questions like those of chemcot-synthetic over other molecules, with nothing but the JSON answer.",
        licence="Apache-2.0",
        fields={**OWN_FIELDS, "response": "the answer as JSON"},
        prompt_field="query",
        response_field="response",
        notes=f"{COUNT} rows, no working. Right, but there is little to learn a method from.",
        version=1,
        rows=partial(_made, bench, "answers", working=False),
    )


def _rest(bench: Bench) -> Source:
    return Source(
        name="chemcotbench-rest",
        summary="The rows of ChemCoTBench that no split of ours holds, with their published answers.",
        licence=CHEMCOTBENCH.licence,
        fields={**CHEMCOTBENCH.fields, "answer": "the right answer, repaired where dots were lost"},
        prompt_field="query",
        response_field="answer",
        notes=(
            "Few rows: most of the benchmark is held out. Answers stand bare, not in the JSON that the prompt asks for; "
            "optimization questions come without any."
        ),
        version=1,
        rows=partial(_left, bench),
        dataset=CHEMCOTBENCH,
    )


def _published(bench: Bench) -> Source:
    return Source(
        name="chemcotdataset",
        summary="Chains of thought over questions like the benchmark's, distilled from large models and checked.",
        licence=CHEMCOTDATASET.licence,
        fields=CHEMCOTDATASET.fields,
        prompt_field="query",
        response_field="struct_cot",
        notes=(
            "About 4,500 to 6,800 rows a task. The answer stands inside the JSON of struct_cot among the steps; raw_cot "
            "is often empty. Near-duplicates of held-out questions are left out. Gated: accept its terms on the hub first."
        ),
        version=1,
        rows=partial(_worked, bench),
        dataset=CHEMCOTDATASET,
    )


def _subtasks(bench: Bench) -> tuple[str, ...]:
    return tuple(subtask for subtask in bench.subtasks if subtask in MAKERS)


def _made(bench: Bench, seed: str, *, working: bool) -> Rows:
    rows = worked(_subtasks(bench), seed, _held_out_molecules(bench))
    close = _Close(bench)
    apart = (row for row in rows if not close.to(row.query))
    for number, row in enumerate(islice(apart, COUNT)):
        yield {
            "id": number,
            "subtask": row.subtask,
            "query": row.query,
            "response": f"{row.working}\n{row.reply}" if working else row.reply,
        }


def _left(bench: Bench) -> Rows:
    close = _Close(bench)
    for row in bench.left():
        if close.to(row["query"]):
            continue
        yield {
            **{name: row[name] for name in CHEMCOTBENCH.fields},
            "answer": question_of(row).right,
        }


def _worked(bench: Bench) -> Rows:
    close = _Close(bench)
    for row in dataset_rows(CHEMCOTDATASET, bench.part):
        if not close.to(row["query"]):
            yield row


class _Close:
    """Finds questions that are near-duplicates of a held-out one, with or without the instructions."""

    def __init__(self, bench: Bench) -> None:
        rows = bench.held_out()
        self._near = Index(
            shingles(text) for row in rows for text in (str(row["query"]), asked_of(row))
        )

    def to(self, query: str) -> bool:
        texts = (query, asked_of({"query": query}))
        return any(self._near.holds(shingles(text)) for text in texts)


def _held_out_molecules(bench: Bench) -> frozenset[str]:
    """Return the canonical SMILES that occur in held-out questions or are their answers."""
    texts = [text for row in bench.held_out() for text in (asked_of(row), question_of(row).right)]
    found = {word.rstrip(".,") for text in texts for word in text.replace(",", " ").split()}
    return frozenset(canonical(word) for word in found if len(word) >= SHORTEST)
