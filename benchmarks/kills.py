"""``python -m benchmarks.kills [--kills 100] [--seed 0] [--out DIR]``: SIGKILL at random moments of runs with ``tiny``.

Runs of one seed are killed again and again: the controller, the worker, a process of the sandbox, the process behind
``ftdojo play``, in turn. A run that lost its controller is resumed. At its end it is compared with a run that nobody
disturbed: experiments, weights, predictions, choice, scores and what was asked of a language model; and what is left of it
is looked for: processes, locks, temporary files. Ends with 1 if anything differs.
"""

import argparse
import contextlib
import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from benchmarks.measure import say
from ftdojo.records import Action, Finish, Observation, Submission, Train
from ftdojo.serve.protocol import read_kept
from ftdojo.store import RunFolder
from ftdojo.testing.llm import ScriptedLlm, behaviours

ROOT = Path(__file__).parent.parent
TOYS = ROOT / "tests" / "toys"
PROGRAM = (sys.executable, "-m", "ftdojo.cli.main")
TARGETS = ("controller", "worker", "sandbox", "session")
KILLS_A_RUN = 4
LOST_AT_MOST = 1
"""So many requests to a language model may be under way at a kill: asked, and their reply on no record."""
PATIENCE_S = 600.0
QUESTIONS = """
import ftkit
prompts = [f"Say {n} to {SEED}" for n in range(4)]
said = ftkit.ask_many(prompts[:1] if ftkit.dry_run() else prompts, workers=1)
rows = [ftkit.chat(row["question"], row["answer"]) for row in ftkit.load("right")]
ftkit.write(rows + [ftkit.chat(prompt, answer) for prompt, answer in zip(prompts, said) if answer])
"""


def submissions(seed: int = 0) -> list[Submission]:
    """Return what is trained, one after the other: a poor start, and two that learn the task."""
    from ftdojo_toy import handed_in

    asking = QUESTIONS.replace("SEED", str(seed))
    poor, good = handed_in("eager", steps=20, seed=seed), handed_in(steps=60, seed=seed)
    return [poor, replace(good, data=asking), handed_in(steps=40, seed=seed + 1, sleep_s=1)]


class Player:
    """Trains on all of ``submissions``, then finishes with the best."""

    name = "player"

    def __init__(self, seed: int = 0) -> None:
        self._moves = submissions(seed)

    def act(self, observation: Observation) -> Action:
        """Return the next move."""
        done = len(observation.experiments)
        if done < len(self._moves):
            return Train(submission=self._moves[done])
        return Finish(experiment=observation.best)


@dataclass
class Home:
    """A folder with one run, its cache and its temporary files."""

    path: Path
    url: str

    @property
    def folder(self) -> RunFolder:
        return RunFolder(self.path / "runs" / "it")

    def environment(self) -> dict[str, str]:
        """Return the environment of every process of the run; ``TMPDIR`` shows what is left behind."""
        places = {
            "FTDOJO_HOME": "runs",
            "FTDOJO_CACHE": "cache",
            "FTDOJO_CASES": "cases",
            "TMPDIR": "tmp",
            "XDG_RUNTIME_DIR": "tmp",
        }
        own = {name: str(self.path / place) for name, place in places.items()}
        paths = {"PYTHONPATH": f"{ROOT}{os.pathsep}{TOYS}", "OMP_NUM_THREADS": "1"}
        return {"PATH": os.environ["PATH"], "OPENAI_API_KEY": "sk-none", **paths, **own}

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start the program."""
        (self.path / "tmp").mkdir(exist_ok=True)
        with (self.path / "log").open("a") as log:
            return subprocess.Popen(
                [*PROGRAM, *words],
                cwd=self.path,
                env=self.environment(),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )

    def call(self, *words: str) -> int:
        """Run the program to its end and return its exit code."""
        with self.start(*words) as process:
            process.communicate(timeout=PATIENCE_S)
        return process.returncode

    def options(self) -> tuple[str, ...]:
        """Return the options of the run, but for who plays it."""
        llm = ("--llm", "openai/scripted", "--base-url", self.url)
        return ("ftdojo_toy:task", "--model", "tiny", "--budget", "5h", "--name", "it", *llm)

    def begun(self) -> subprocess.Popen[str]:
        """Start the run, or go on with it."""
        if (self.folder.path / "run.json").exists():
            return self.start("resume", "it", "--json")
        return self.start("run", *self.options(), "--agent", "benchmarks.kills:Player", "--json")

    def processes(self) -> list[psutil.Process]:
        """Return every process that belongs to this home, whoever started it."""
        found = []
        for each in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if each.environ().get("TMPDIR") == str(self.path / "tmp") or any(
                    str(self.path) in part for part in each.cmdline()
                ):
                    found.append(each)
        return found


def of_kind(home: Home, kind: str) -> list[psutil.Process]:
    """Return the processes of ``home`` that are a worker, or in a sandbox."""
    word = {"worker": "ftdojo.worker.server", "sandbox": "bwrap"}[kind]
    found = []
    for each in home.processes():
        with contextlib.suppress(psutil.Error):
            if any(word in part for part in each.cmdline()):
                found.append(each)
    return found


def called(process: psutil.Process) -> str:
    """Return the name of a process; none if it is gone."""
    with contextlib.suppress(psutil.Error):
        return process.name()
    return ""


def killed(process: psutil.Process) -> None:
    """Kill ``process`` if it is still there."""
    with contextlib.suppress(psutil.Error):
        process.kill()


def kill_in_run(
    home: Home, kinds: Iterator[str], rng: random.Random, lasts_s: float
) -> Counter[str]:
    """Play a run to its end through ``KILLS_A_RUN`` kills; return how often each kind was hit."""
    hit: Counter[str] = Counter()
    process = home.begun()
    for kind in itertools.islice(kinds, KILLS_A_RUN):
        until = time.monotonic() + rng.uniform(0.0, lasts_s / 2)
        while process.poll() is None and time.monotonic() < until:
            time.sleep(0.01)
        while kind != "controller" and process.poll() is None and not of_kind(home, kind):
            time.sleep(0.01)
        if process.poll() is not None:
            break
        if kind == "controller":
            process.kill()
            process.communicate()
            hit[kind] += 1
            require_gone(
                home, but="bwrap"
            )  # one that was just being built is ended by whoever goes on
            process = home.begun()
        elif found := of_kind(home, kind):
            killed(rng.choice(found))
            hit[kind] += 1
    process.communicate(timeout=PATIENCE_S)
    if process.returncode:
        raise AssertionError(
            f"it ended with {process.returncode}: {(home.path / 'log').read_text()[-2000:]}"
        )
    return hit


def kill_in_session(home: Home, rng: random.Random, lasts_s: float, kills: int) -> Counter[str]:
    """Play a run by ``ftdojo play`` to its end while the process that holds it is killed."""
    hit: Counter[str] = Counter()
    for at, each in enumerate(submissions()):
        (folder := home.path / f"s{at}").mkdir()
        for name, text in (
            ("plan.md", each.plan),
            ("data.py", each.data),
            ("train.yaml", each.train),
        ):
            (folder / name).write_text(text)
    home.call("play", "start", *home.options(), "--json")
    due = time.monotonic() + rng.uniform(0.0, lasts_s / 2)
    while home.folder.result() is None:
        # Whoever lost the line looks first: what was begun may be about to end, and would be begun again.
        home.call("play", "status", "--run", "it", "--wait", "60")
        done = len(home.folder.ended())
        verb = ("train", str(home.path / f"s{done}")) if done < len(submissions()) else ("finish",)
        with home.start("play", *verb, "--run", "it", "--wait", str(PATIENCE_S)) as asked:
            while asked.poll() is None:
                kept = read_kept(home.folder)
                if (
                    hit["session"] < kills
                    and time.monotonic() > due
                    and kept
                    and psutil.pid_exists(kept.pid)
                ):
                    os.kill(kept.pid, signal.SIGKILL)
                    hit["session"] += 1
                    due = time.monotonic() + rng.uniform(0.0, lasts_s / 2)
                time.sleep(0.01)
    require_gone(home)
    home.call(
        "play", "status", "--run", "it"
    )  # whoever looks takes away what a kill at the very end left
    return hit


def require_gone(home: Home, *, but: str = "") -> None:
    """Raise unless every process of ``home`` is gone within ten seconds, except those that are called ``but``."""
    end = time.monotonic() + 10
    while left := [each for each in home.processes() if not but or called(each) != but]:
        if time.monotonic() > end:
            raise AssertionError(f"left behind: {[each.cmdline() for each in left]}")
        time.sleep(0.05)


def outcome(home: Home) -> dict[str, object]:
    """Return what must not depend on kills."""
    folder = home.folder
    result, experiments = folder.result(), folder.experiments()
    assert result
    lines = (folder.path / "ledger.jsonl").read_text().splitlines()
    trained = Counter(
        each["experiment"] for each in map(json.loads, lines) if each["stage"] == "train"
    )
    names = [
        ("base", "test"),
        (result.chosen, "test"),
        *((each.id, "validation") for each in experiments),
    ]
    return {
        "chosen": result.chosen,
        "status": result.status,
        "scores": [each.score for each in (result.base, result.test, result.base_test)],
        "gain": result.gain,
        "experiments": [(each.id, each.status, each.submission) for each in experiments],
        "weights": [
            each.feedback and each.feedback.training and each.feedback.training.weights_digest
            for each in experiments
        ],
        "outputs": [
            [(each.item, each.output) for each in folder.predictions(*name)] for name in names
        ],
        "trained": trained,
        "asked": result.spent.llm_calls,
    }


def leftovers(home: Home) -> set[str]:
    """Return the locks that are held and the temporary files that are there once a run has ended."""
    found = list((home.path / "tmp").rglob("*"))
    found += list(home.path.rglob("*.part"))
    found += [
        each for each in home.folder.path.iterdir() if each.name in ("scratch", "pending.json")
    ]
    with (
        home.folder.lock()
    ):  # refused if somebody holds it; what is left was looked for before it is swept
        pass
    return {str(each.relative_to(home.path)) for each in found}


def main() -> None:
    """Kill, compare and count."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--kills", type=int, default=100)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--out", type=Path, default=None, help="Keep the runs that differ here.")
    asked = options.parse_args()
    sys.path.insert(0, str(TOYS))
    rng, began = random.Random(asked.seed), time.monotonic()
    out = Path(tempfile.mkdtemp(prefix="kills-", dir=asked.out))
    with ScriptedLlm(behaviours.echo) as server:
        faults, hit, runs = _all(out, server, rng, asked.kills)
    print(
        f"{sum(hit.values())} kills ({', '.join(f'{name} {hit[name]}' for name in TARGETS)}) in {runs} runs, "
        f"{time.monotonic() - began:.0f} s: {len(faults)} faults"
    )
    for each in faults:
        print(f"  {each}")
    if faults:
        sys.exit(1)
    shutil.rmtree(out)


def _all(
    out: Path, server: ScriptedLlm, rng: random.Random, kills: int
) -> tuple[list[str], Counter[str], int]:
    """Return what differed, how often each kind was hit, and in how many runs."""
    undisturbed = Home(_made(out / "undisturbed"), server.url)
    began = time.monotonic()
    kill_in_run(undisturbed, iter(()), rng, 0.0)
    lasts_s, expected, requests = (
        time.monotonic() - began,
        outcome(undisturbed),
        server.tally.requests,
    )
    say(f"undisturbed: {lasts_s:.0f} s, {expected['chosen']}, {requests} requests")
    kinds, hit, faults = itertools.cycle(TARGETS[:3]), Counter[str](), list[str]()
    for number in itertools.count(1):
        home, before = Home(_made(out / f"run{number}"), server.url), server.tally.requests
        try:
            shutil.copytree(undisturbed.path / "cache" / "models", home.path / "cache" / "models")
            if number % 4:
                hit += kill_in_run(home, kinds, rng, lasts_s)
            else:
                hit += kill_in_session(home, rng, lasts_s, KILLS_A_RUN)
            require_gone(home)
            found = outcome(home)
            faults += [
                f"run {number}: {name} differs"
                for name in expected
                if found[name] != expected[name]
            ]
            left = leftovers(home) - leftovers(undisturbed)
            faults += [f"run {number}: left {each}" for each in sorted(left)]
            again = server.tally.requests - before - requests
            if again > LOST_AT_MOST * KILLS_A_RUN:
                faults.append(f"run {number}: {again} requests too many")
        except Exception as error:  # whatever it is, the other runs are to be seen too
            faults.append(f"run {number}: {error}")
        say(f"run {number}: {sum(hit.values())} kills, {len(faults)} faults so far")
        if sum(hit.values()) >= kills:
            return faults, hit, number
        if not any(each.startswith(f"run {number}:") for each in faults):
            shutil.rmtree(home.path)
    raise AssertionError


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


if __name__ == "__main__":
    main()
