"""From a person's own rows to a tested model, by the defaults: ``python -m benchmarks.own_rows tickets nli squad``.

Each name is one file of rows; ``tasks new`` and ``run`` are called as a user calls them. Beside the run stands what
TF-IDF and logistic regression make of the same training rows on the same test, where answers are labels, and with
``--trl`` a plain TRL script that gets the seconds which the run trained for. Published rows are read from ``--shared``.
"""

import argparse
import csv
import json
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ftdojo import tasks
from ftdojo.records import Task
from ftdojo.stats import estimate

EXAMPLES = Path(__file__).parents[1] / "examples"
PUBLISHED = {
    "banking77": "banking77/train.jsonl",
    "sst2": "sst2/train_sample.jsonl",
    "agnews": "agnews/train_sample.jsonl",
    "pubmedqa": "pubmedqa/train.jsonl",
    "gsm8k": "gsm8k/train_sample.jsonl",
}
PEOPLE = [
    "Ada",
    "Bruno",
    "Clara",
    "Dmitri",
    "Elif",
    "Farid",
    "Greta",
    "Hugo",
    "Ines",
    "Jonas",
    "Kira",
    "Luis",
    "Mona",
    "Nils",
    "Olga",
    "Pavel",
]
PLACES = [
    "the archive",
    "the bakery",
    "the chapel",
    "the depot",
    "the embassy",
    "the foundry",
    "the garage",
    "the harbour",
]
THINGS = [
    "a ladder",
    "a lantern",
    "a map",
    "a kettle",
    "a violin",
    "a parcel",
    "a bicycle",
    "a typewriter",
    "a sack of flour",
]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]


def tickets(path: Path, seed: int) -> None:
    """Write the tickets of ``examples/tickets.py``."""
    subprocess.run(
        [sys.executable, EXAMPLES / "tickets.py", path, "--seed", str(seed)],
        check=True,
        stdout=subprocess.DEVNULL,
    )


def nli(path: Path, seed: int) -> None:
    """Write pairs of sentences: the second follows from the first, contradicts it, or cannot be told."""
    _write(path, ["premise", "hypothesis", "label"], _pairs(random.Random(seed), 1000))


def squad(path: Path, seed: int) -> None:
    """Write short reports, and questions that a few words of the report answer."""
    _write(path, ["context", "question", "answer"], _reports(random.Random(seed), 1000))


def _pairs(draw: random.Random, count: int) -> Iterator[list[str]]:
    for _ in range(count):
        who, thing, place, day = _fact(draw)
        other, label = draw.choice(PEOPLE), draw.choice(["entailment", "contradiction", "neutral"])
        said = {
            "entailment": [
                f"{who} was at {place} on {day}.",
                f"{thing.capitalize()} was carried by {who}.",
            ],
            "contradiction": [
                f"{who} was nowhere near {place} on {day}.",
                f"Nobody carried {thing} on {day}.",
            ],
            "neutral": [
                f"{who} had met {other} at {place} before.",
                f"{thing.capitalize()} belongs to {other}.",
            ],
        }[label]
        yield [f"On {day} {who} carried {thing} to {place}.", draw.choice(said), label]


def _reports(draw: random.Random, count: int) -> Iterator[list[str]]:
    for _ in range(count):
        (who, thing, place, day), (other, spare, past, later) = _fact(draw), _fact(draw)
        context = (
            f"On {day} {who} brought {thing} to {place}. "
            f"The week after, on a {later}, {other} took {spare} away from {past}."
        )
        yield [
            context,
            *draw.choice(
                [
                    [f"What did {who} bring?", thing],
                    [f"Where did {who} go?", place],
                    [f"Who took {spare}?", other],
                    [f"On what day did {other} come?", later],
                ]
            ),
        ]


def _fact(draw: random.Random) -> tuple[str, str, str, str]:
    return draw.choice(PEOPLE), draw.choice(THINGS), draw.choice(PLACES), draw.choice(DAYS)


def _write(path: Path, header: list[str], rows: Iterator[list[str]]) -> None:
    with path.open("w", newline="", encoding="utf8") as file:
        csv.writer(file).writerows([header, *rows])


MADE: Mapping[str, Callable[[Path, int], None]] = {"tickets": tickets, "nli": nli, "squad": squad}


def linear(task: Task) -> float | None:
    """Return the test accuracy of TF-IDF and logistic regression on the same rows; None where answers are no labels."""
    if not task.slices:
        return None
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline, make_union

    rows = [task.sources[0].example(row) for row in task.sources[0].rows()]
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True)
    model = make_pipeline(make_union(words, letters), LogisticRegression(C=10, max_iter=2000))
    model.fit([asked for asked, _ in rows], [answer for _, answer in rows])
    before, _, after = task.template.partition("{question}")
    items = task.items("test")
    asked = [
        item.messages[-1]["content"].removeprefix(before).removesuffix(after) for item in items
    ]
    given = model.predict(asked)
    return float(
        sum(said == item.slices["label"] for said, item in zip(given, items, strict=True))
        / len(items)
    )


def trl(task: Task, *, seconds: float, seed: int) -> dict[str, Any]:
    """Return the test score of a plain TRL script on the same rows that stops after ``seconds``."""
    from benchmarks.own_rows_trl import trained_answers

    rows = [
        {
            "prompt": list(task.prompt(asked)),
            "completion": [{"role": "assistant", "content": answer}],
        }
        for asked, answer in map(task.sources[0].example, task.sources[0].rows())
    ]
    items = task.items("test")
    answers, steps = trained_answers(
        rows,
        [list(item.messages) for item in items],
        seconds=seconds,
        seed=seed,
        cap=task.max_new_tokens,
    )
    found = estimate(
        [task.grade(said, item).score for said, item in zip(answers, items, strict=True)]
    )
    return {
        "score": found.score,
        "low": found.low,
        "high": found.high,
        "n": found.n,
        "steps": steps,
    }


def play(
    name: str, *, shared: Path, home: Path, budget: str, seed: int, with_trl: bool
) -> dict[str, Any]:
    """Make the task, run it, and return the row of the table."""
    home.mkdir(parents=True, exist_ok=True)
    data = home / f"{name}-{seed}.csv"
    if name in MADE:
        MADE[name](data, seed)
    else:
        data = shared / PUBLISHED[name]
    folder = home / f"{name}-{seed}"
    shutil.rmtree(folder, ignore_errors=True)
    _ftdojo("tasks", "new", folder.name, "--data", data, "--to", home)
    _ftdojo("tasks", "check", folder)
    began = time.monotonic()
    ended = json.loads(
        _ftdojo("run", folder, "--budget", budget, "--seed", str(seed), "--json", home=home)
    )
    task = tasks.get(str(folder))
    row = {
        "rows": name,
        "seed": seed,
        "metric": ended["metric"],
        "base": ended["base_test"]["score"],
        "test": ended["test"],
        "gain": ended["gain"]["difference"] if ended["gain"] else None,
        "experiments": ended["experiments"],
        "seconds": round(time.monotonic() - began),
        "train_s": ended["ledger"]["train_s"],
        "linear": linear(task),
        "run": ended["run"],
    }
    if with_trl:
        row["trl"] = trl(task, seconds=row["train_s"], seed=seed)
    return row


def _ftdojo(*words: object, home: Path | None = None) -> str:
    import os

    env = os.environ | ({"FTDOJO_HOME": str(home / "runs")} if home else {})
    program = Path(sys.executable).with_name("ftdojo")
    done = subprocess.run(
        [program, *map(str, words)], check=True, stdout=subprocess.PIPE, text=True, env=env
    )
    return done.stdout


def line(row: Mapping[str, Any]) -> str:
    """Return one result as a row of the Markdown table."""
    test, gain = row["test"], row["gain"]
    change = f"{gain['score']:+.1%} ({gain['low']:+.1%} to {gain['high']:+.1%})" if gain else "none"
    other = "-" if row["linear"] is None else f"{row['linear']:.1%}"
    rival = row.get("trl")
    plain = f"{rival['score']:.1%} ({rival['low']:.1%} to {rival['high']:.1%})" if rival else "-"
    return (
        f"| {row['rows']}, seed {row['seed']} | {row['metric']} | {row['base']:.1%} | {test['score']:.1%} "
        f"({test['low']:.1%} to {test['high']:.1%}) | {test['n']} | {change} | {other} | {plain} | {row['experiments']} | "
        f"{row['seconds']} |"
    )


def main() -> None:
    """Run what is asked for, one after the other, and print the table as it grows."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("names", nargs="+", choices=[*MADE, *PUBLISHED])
    options.add_argument("--seeds", type=int, nargs="+", default=[0])
    options.add_argument("--budget", default="12m")
    options.add_argument("--shared", type=Path, default=Path("../shared/data"))
    options.add_argument("--home", type=Path, default=Path("benchmarks/results/own-rows"))
    options.add_argument("--trl", action="store_true", help="A plain TRL script beside each run.")
    asked = options.parse_args()
    print(
        "| rows | metric | base | test (95 %) | n | gain (95 %) | TF-IDF | TRL | experiments | s |",
        flush=True,
    )
    print("|---|---|---|---|---|---|---|---|---|---|", flush=True)
    for name in asked.names:
        for seed in asked.seeds:
            row = play(
                name,
                shared=asked.shared.resolve(),
                home=asked.home.resolve(),
                budget=asked.budget,
                seed=seed,
                with_trl=asked.trl,
            )
            with (asked.home / "results.jsonl").open("a", encoding="utf8") as file:
                file.write(json.dumps(row) + "\n")
            print(line(row), flush=True)


if __name__ == "__main__":
    main()
