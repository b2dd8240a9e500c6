"""Profiling and scoring many rows: rows a second, and the peak memory of the process that does it.

    python -m benchmarks.data --rows 1000000 --rounds 1

Every reading is a process of its own over one file of generated rows; the clock starts after the imports and counts
processor time, which other processes do not slow down. The rival is what a competent person writes with the
``datasets`` library: ``from_json``, one ``map``, and counters over its columns. It is asked for less: exact
duplicates, lengths, missing answers; no near-duplicates and no scripts.
Scoring runs the same grader in both, that of math/mini, and sums up; what differs is how rows get to it and back.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.measure import FULL, OURS, Contest, Scale, say, take_turns

RIVAL = "datasets from_json + map"
FIELDS = ("question", "solution")
BATCH = 1000
UNIT_BYTES = 2**20


def run(scale: Scale) -> list[Contest]:
    """Measure both jobs on ``scale.data_rows`` generated rows."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.jsonl"
        write(file, scale.data_rows)
        return [each for job in JOBS for each in _contests(job, file, scale)]


def write(file: Path, rows: int) -> None:
    """Write ``rows`` rows of worked sums: one in twenty repeats an earlier one, one in fifty has no answer."""
    rng = random.Random(7)
    with file.open("w", encoding="utf8") as out:
        for number in range(rows):
            drawn = random.Random(rng.randrange(number + 1) if number % 20 == 19 else number)
            out.write(json.dumps(_row(drawn)) + "\n")


def _row(rng: random.Random) -> dict[str, str]:
    terms = [rng.randint(1, 9999) for _ in range(4)]
    asked = f"What is {' + '.join(map(str, terms))}?"
    total, lines = terms[0], []
    for term in terms[1:]:
        lines.append(f"{total} + {term} = {total + term}")
        total += term
    given = total if rng.random() < 0.6 else total + 1
    answer = "" if rng.random() < 0.02 else "\n".join([*lines, f"\\boxed{{{given}}}"])
    return {"question": asked, "solution": answer, "source": "made"}


def _contests(job: str, file: Path, scale: Scale) -> Iterator[Contest]:
    peaks: dict[str, list[float]] = {OURS: [], RIVAL: []}
    asked = {who: partial(_reading, job, who, file, peaks) for who in peaks}
    speeds = take_turns(asked, scale)
    size = file.stat().st_size / UNIT_BYTES
    facts = {"n": f"one process over {scale.data_rows:,} rows ({size:,.0f} MiB) a reading"}
    yield Contest(
        name=f"{job} rows",
        unit="rows per second of processor time",
        higher_is_better=True,
        readings=speeds,
        **facts,
    )
    yield Contest(
        name=f"{job} rows, peak memory",
        unit="MiB of the whole process",
        higher_is_better=False,
        readings=peaks,
        aims={OURS: "<= 200 MiB"},
        **facts,
    )


def _reading(job: str, who: str, file: Path, peaks: Mapping[str, list[float]]) -> float:
    """Let a process do ``job``; return its rows a second and note its peak memory."""
    command = [sys.executable, "-m", "benchmarks.data", "--child", job, "--who", who, str(file)]
    done = subprocess.run(
        command, cwd=Path(__file__).parent.parent, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{command} ended with {done.returncode}: {done.stderr[-2000:]}")
    found = json.loads(done.stdout.splitlines()[-1])
    say(f"{job} by {who}: {found['figures']}, {found['peak_mib']:.0f} MiB")
    peaks[who].append(found["peak_mib"])
    return float(found["rows_per_s"])


def _child(job: str, who: str, file: Path) -> None:
    """Do ``job`` in this process and print what it took."""
    work = JOBS[job][who]()
    began = time.process_time()
    rows, figures = work(file)
    took = time.process_time() - began
    print(json.dumps({"rows_per_s": rows / took, "peak_mib": _peak_mib(), "figures": figures}))


def _peak_mib() -> float:
    """Return the most memory this process has held; ``ru_maxrss`` would count what its parent held when it began, too."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    kib = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(kib) * 1024 / UNIT_BYTES


Work = Callable[[Path], tuple[int, dict[str, Any]]]


def _profile_ours() -> Work:
    from ftdojo.sources.profile import Profile
    from ftdojo.sources.reading import read_rows

    def work(file: Path) -> tuple[int, dict[str, Any]]:
        profile = Profile(*FIELDS)
        for _, row in read_rows(file):
            profile.add(row)
        found = profile.found()
        wanted = ("duplicate_share", "missing_answers", "total_tokens")
        return profile.rows, {name: found[name] for name in wanted} | {"p50": found["words"].p50}

    return work


def _profile_rival() -> Work:
    import hashlib

    from datasets import Dataset

    def measure(batch: Mapping[str, list[str]]) -> dict[str, list[Any]]:
        texts = [" ".join(pair) for pair in zip(*(batch[name] for name in FIELDS), strict=True)]
        words = [text.casefold().split() for text in texts]
        plain = [" ".join(each).encode() for each in words]
        return {
            "words": [len(each) for each in words],
            "tokens": [-(-len(text) // 4) for text in texts],
            "missing": [not answer.strip() for answer in batch[FIELDS[1]]],
            "digest": [hashlib.blake2b(each, digest_size=8).hexdigest() for each in plain],
        }

    def work(file: Path) -> tuple[int, dict[str, Any]]:
        with tempfile.TemporaryDirectory() as cache:
            rows = Dataset.from_json(str(file), cache_dir=cache)
            found = rows.map(measure, batched=True, batch_size=BATCH, remove_columns=list(FIELDS))
            lengths = Counter(found["words"][:])
            middle = sorted(lengths.elements())[(len(rows) - 1) // 2]
            return len(rows), {
                "duplicate_share": 1 - len(set(found["digest"][:])) / len(rows),
                "missing_answers": sum(found["missing"][:]) / len(rows),
                "total_tokens": sum(found["tokens"][:]),
                "p50": middle,
            }

    return work


def _graded(question: str, output: str) -> tuple[float, bool]:
    from ftdojo.records import Item, Message
    from ftdojo.tasks.math.mini import grade

    asked = (Message(role="user", content=question),)
    found = grade(output, Item(id="", messages=asked, gold=""))
    return found.score, found.readable


def _score_ours() -> Work:
    from ftdojo.sources.reading import read_rows
    from ftdojo.stats import estimate

    def work(file: Path) -> tuple[int, dict[str, Any]]:
        scores, readable = [], 0
        for _, row in read_rows(file):
            score, could_be_read = _graded(row[FIELDS[0]], row[FIELDS[1]])
            scores.append(score)
            readable += could_be_read
        return len(scores), {"score": estimate(scores).score, "readable": readable / len(scores)}

    return work


def _score_rival() -> Work:
    from datasets import Dataset

    def mark(row: Mapping[str, str]) -> dict[str, Any]:
        score, readable = _graded(row[FIELDS[0]], row[FIELDS[1]])
        return {"score": score, "readable": readable}

    def work(file: Path) -> tuple[int, dict[str, Any]]:
        with tempfile.TemporaryDirectory() as cache:
            rows = Dataset.from_json(str(file), cache_dir=cache)
            found = rows.map(mark, remove_columns=rows.column_names)
            count = len(rows)
            sums = {name: sum(found[name][:]) for name in ("score", "readable")}
            return count, {name: total / count for name, total in sums.items()}

    return work


JOBS: Mapping[str, Mapping[str, Callable[[], Work]]] = {
    "profile": {OURS: _profile_ours, RIVAL: _profile_rival},
    "score": {OURS: _score_ours, RIVAL: _score_rival},
}


def main() -> None:
    """Run this benchmark alone, or be one of its processes."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.data")
    parser.add_argument("--rows", type=int, default=FULL.data_rows)
    parser.add_argument("--rounds", type=int, default=FULL.rounds)
    parser.add_argument("--child", choices=JOBS, help=argparse.SUPPRESS)
    parser.add_argument("--who", choices=(OURS, RIVAL), help=argparse.SUPPRESS)
    parser.add_argument("file", type=Path, nargs="?", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        _child(asked.child, asked.who, asked.file)
        return
    from benchmarks import machine, tables

    rounds = {"rounds": asked.rounds, "least_rounds": asked.rounds}
    contests = run(replace(FULL, data_rows=asked.rows, **rounds))
    print(tables.markdown(contests, machine.facts()))


if __name__ == "__main__":
    main()
