"""A toy task with a source behind which stands a published data set of a non-commercial licence."""

from dataclasses import replace

from toy_yes import task as yes

from ftdojo.records import Dataset, Part, Source
from ftdojo.sources import dataset_rows


def read(row):
    return {"q": row["question"], "a": row["answer"]}


riddles = Dataset(
    name="riddles",
    hub_id="org/riddles",
    revision="main",
    licence="CC BY-NC 4.0",
    parts={
        "train": Part(files=("data/train*",), read=read),
        "test": Part(files=("test.jsonl",), read=read),
    },
    fields={"q": "asked", "a": "answered"},
    commercial=False,
)
asked = Source(
    name="asked",
    summary="Riddles.",
    licence="CC BY-NC 4.0",
    fields={"q": "a riddle", "a": "its answer"},
    prompt_field="q",
    response_field="a",
    notes="Short.",
    version=1,
    rows=lambda: dataset_rows(riddles, "train"),
    dataset=riddles,
)
task = replace(yes, name="toy/riddles", sources=(asked, *yes.sources), datasets=(riddles,))
other = replace(task, name="toy/other", sources=(replace(asked, version=2),))
