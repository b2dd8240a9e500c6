"""Targets: what people and agents write into files."""

import gzip
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.fuzz.contract import Target
from benchmarks.fuzz.seeds import in_cases, in_tests
from ftdojo.records import Failure

HOME = Path(tempfile.gettempdir())
SUFFIXES = (".jsonl", ".json", ".csv", ".tsv", ".jsonl.gz", ".csv.xz", ".parquet", ".arrow")
PART = b"\n%%\n"
ROWS = "".join(f'{{"question": "What is {n} plus one?", "answer": "{n + 1}"}}\n' for n in range(12))
TASK = """name = "own/sums"
summary = "Add one."
licence = "mine"
metric = "number"
answer_format = "A number."
template = "{question}"
question = "question"
answer = "answer"
max_new_tokens = 8
"""
YAML = """method: lora
r: 8
learning_rate: 1e-4
target_modules: [q_proj, v_proj]
layers_to_transform: [0, 1]
max_steps: -1
eval_share: 0.1
eval_steps: 0.2
early_stopping_patience: 2
packing: true
objective: sft
"""
SHAPES = (
    b'{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b", "weight": 1}]}',
    b'{"prompt": [{"role": "user", "content": "a"}], "completion": "b", "source": "s"}',
    b'{"instruction": "a", "input": "b", "output": "c", "history": [["d", "e"]], "system": "f"}',
    b'{"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b", "reasoning": "c"}]}',
    b'{"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}]}, {"role": "model", "content": "b"}]}',
)


def targets() -> Iterator[Target]:
    """Yield a target for each reader of files."""
    yield Target(
        name="train-yaml",
        run=_train_yaml,
        seeds=[YAML.encode(), *in_tests("submissions/test_train_yaml.py"), *in_cases(".yaml")],
        words=[b": ", b"- ", b"true", b".inf", b"1e999", b"!!python/name:os.system", b"&a", b"*a"],
    )
    yield Target(
        name="plan",
        run=_plan,
        seeds=[
            b"---\nparent: e1\npredicted: 0.5\nrecipe: {a: [1]}\n---\nWhy.\n",
            *in_tests("submissions/test_plan.py"),
        ],
        words=[b"---\n", b"parent: ", b"predicted: ", b"recipe: "],
    )
    yield Target(
        name="data-script",
        run=_script,
        seeds=[*in_tests("submissions/test_data_script.py"), *in_cases(".py")],
        words=[b"lambda:", b"f'{", b"(((((", b"# coding: ", b"\\\n", b"match ", b"async "],
    )
    yield Target(
        name="training-rows",
        run=_training_rows,
        seeds=[*SHAPES, *in_tests("submissions/test_rows.py"), *in_cases(".jsonl")],
        words=[b'"tools"', b'"reasoning_content"', b'"weight"', b'"history"', b'"\\ud800"'],
        is_json=True,
    )
    yield Target(
        name="raw-rows",
        run=_raw_rows,
        seeds=_row_seeds(),
        words=[b"sep=;", b'""', b"\xef\xbb\xbf", b"\r", b"\x00", b"PAR1", b"ARROW1"],
        is_json=True,
    )
    yield Target(
        name="tasks-new",
        run=_tasks_new,
        seeds=[each for each in _row_seeds() if each[0] < SUFFIXES.index(".parquet")],
        words=[b'"choices"', b'"messages"', b'"answer"', b'"label"', b"{question}"],
        is_json=True,
    )
    yield Target(
        name="task-folder",
        run=_task_folder,
        seeds=_folder_seeds(),
        words=[b"labels = [", b'metric = "', b'scorer = "', b"{question}", b"[[", PART],
    )


def text_of(data: bytes) -> str:
    """Return ``data`` as text; halves of characters, which JSON smuggles in, get through."""
    return data.decode("utf-8", "surrogatepass" if b"\xed" in data else "replace")


def _train_yaml(data: bytes) -> list[str]:
    from ftdojo.submissions import read_train, write_train

    found = read_train(_decoded(data))
    if isinstance(found, Failure):
        return [found.message]
    assert read_train(write_train(found)) == found, "what was read is not read again"
    return []


def _plan(data: bytes) -> list[str]:
    from ftdojo.submissions import read_plan, write_plan

    found = read_plan(_decoded(data))
    if isinstance(found, Failure):
        return [found.message]
    assert read_plan(write_plan(found)) == found, "what was read is not read again"
    return []


def _script(data: bytes) -> list[str]:
    from ftdojo.submissions import read_script

    found = read_script(_decoded(data))
    return [found.message] if found else []


def _decoded(data: bytes) -> str:
    try:
        return text_of(data)
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace")


def _training_rows(data: bytes) -> None:
    from ftdojo.submissions import read_rows

    path = HOME / "train.jsonl"
    path.write_bytes(data)
    for row in read_rows(path, max_rows=1000, max_row_bytes=65_536):
        assert row.messages[-1]["role"] == "assistant"
        assert row.messages[-1]["content"].strip()
        for turn in row.messages:
            turn["content"].encode()


def _raw_rows(data: bytes) -> None:
    from ftdojo.sources import read_rows

    for _, row in read_rows(_file(data)):
        assert isinstance(row, dict)


def _tasks_new(data: bytes) -> None:
    from ftdojo.tasks.own.folder import load
    from ftdojo.tasks.own.new import NewTask, make_folder

    with tempfile.TemporaryDirectory() as to:
        made = make_folder(NewTask(name="it", data=_file(data), to=Path(to)))
        _require_graded(load(made.folder))


def _task_folder(data: bytes) -> None:
    from ftdojo.tasks.own.folder import load

    names = ("task.toml", "train.jsonl", "validation.jsonl", "test.jsonl")
    with tempfile.TemporaryDirectory() as to:
        for name, part in zip(names, [*data.split(PART), b"", b"", b""], strict=False):
            (Path(to) / name).write_bytes(part)
        task = load(Path(to))
        list(task.sources[0].rows())
        _require_graded(task)


def _require_graded(task: object) -> None:
    """Grade what a task takes for right, and rubbish."""
    for item in task.items("validation")[:20]:  # type: ignore[attr-defined]
        assert task.grade(item.gold, item).score == 1, "the right answer is not right"  # type: ignore[attr-defined]
        task.grade("\0 42 {", item)  # type: ignore[attr-defined]


def _file(data: bytes) -> Path:
    """Return a file of rows whose kind is in the first byte; packed kinds are packed here, else few would be whole."""
    kind = SUFFIXES[(data or b"\0")[0] % len(SUFFIXES)]
    path = HOME / f"rows{kind}"
    whole = data[1:]
    path.write_bytes(gzip.compress(whole) if kind.endswith(".gz") and whole[:1] == b"{" else whole)
    return path


def _row_seeds() -> list[bytes]:
    table = b"question,answer\n" + b"".join(
        f'"What is {n}, plus one?",{n + 1}\n'.encode() for n in range(25)
    )
    chat = b"".join(SHAPES[0].replace(b'"a"', f'"a{n}"'.encode()) + b"\n" for n in range(25))
    made = {
        ".jsonl": [ROWS.encode() * 3, chat],
        ".csv": [table],
        ".json": [b"[" + SHAPES[0] + b"]"],
    }
    made[".tsv"] = [table.replace(b",", b"\t")]
    made[".jsonl.gz"] = [ROWS.encode()]
    for kind, files in (
        (".csv", in_tests("sources/test_csv.py") + in_cases(".csv")),
        (
            ".jsonl",
            in_tests("sources/test_reading.py", "tasks/own/test_new.py") + in_cases(".jsonl"),
        ),
        (".json", in_cases(".json")),
        (".parquet", in_cases(".parquet")),
    ):
        made[kind] = made.get(kind, []) + files
    made[".parquet"] += [_arrow("parquet")]
    made[".arrow"] = [_arrow("ipc")]
    return [bytes([SUFFIXES.index(kind)]) + file for kind, files in made.items() for file in files]


def _arrow(form: str) -> bytes:
    import pyarrow
    from pyarrow import ipc, parquet

    table = pyarrow.table(
        {"question": ["a", None, "b"], "answer": [1, 2, 3], "more": [{"x": [1.5]}, None, {"x": []}]}
    )
    sink = pyarrow.BufferOutputStream()
    if form == "parquet":
        parquet.write_table(table, sink, compression="none")
    else:
        with ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
    return sink.getvalue().to_pybytes()


def _folder_seeds() -> list[bytes]:
    from ftdojo.tasks.own.metrics import METRICS

    rows = [ROWS.replace("What", word).encode() for word in ("What", "Then what", "And what")]
    labelled = [each.replace(b'"answer": "', b'"answer": "label ') for each in rows]
    made = [PART.join([TASK.encode(), *rows])]
    labels = ", ".join(f'"label {n}"' for n in range(1, 13))
    for metric in ("accuracy", "macro_f1"):
        text = TASK.replace('"number"', f'"{metric}"') + f"labels = [{labels}]\n"
        made.append(PART.join([text.encode(), *labelled]))
    for metric in METRICS.keys() - {"accuracy", "macro_f1"}:
        made.append(PART.join([TASK.replace('"number"', f'"{metric}"').encode(), *rows]))
    return made
