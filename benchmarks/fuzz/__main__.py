"""``python -m benchmarks.fuzz [--minutes 60] [--target NAME] [--out DIR]``: hostile bytes for every reader.

Coverage-guided, by libFuzzer (https://github.com/google/atheris, ``pip install 'ftdojo[fuzz]'``). The time is shared out
evenly, one target after the other. Each reader owes its result, or one ``FtdojoError``: one line of bounded length without
control characters, in bounded time and memory. What breaks that is kept in ``DIR/findings`` as bytes and as text, the
inputs that led to new code in ``DIR/corpus``. Ends with 1 if there is a finding.

``--replay FILE`` runs one target on one file, without libFuzzer.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.fuzz.catalogue import NAMES, target_named
from benchmarks.fuzz.contract import breach
from benchmarks.measure import say

ROOT = Path(__file__).parents[2]
SLACK_S = 900.0
"""A child that goes on for so long after its time is ended; on a busy machine its start alone takes minutes."""
HANG_S = 120
"""An input that takes longer, in wall time on a busy machine, is a hang."""
MOST_STARTS = 20


@dataclass
class Tally:
    """What one target came to."""

    name: str
    inputs: int = 0
    covered: int = 0
    seconds: float = 0.0


def main() -> None:
    """Fuzz, and tell what was found."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0, help="of all targets together")
    parser.add_argument("--target", action="append", choices=NAMES, help="may be repeated")
    parser.add_argument("--out", type=Path, help="corpus and findings; kept and gone on with")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--replay", type=Path, metavar="FILE", help="needs one --target")
    asked = parser.parse_args()
    names = asked.target or NAMES
    if asked.replay:
        sys.exit(_replayed(names[0], asked.replay))
    out = asked.out or Path(tempfile.mkdtemp(prefix="fuzz-"))
    share_s = asked.minutes * 60 / len(names)
    tallies = [_fuzzed(name, out.resolve(), share_s, asked.seed) for name in names]
    found = sorted((out / "findings").glob("*/*.txt"))
    print(_table(tallies))
    for path in found:
        print(f"{path.parent.name}: {path.read_text('utf8').splitlines()[0]} ({path})")
    sys.exit(1 if found else 0)


def _replayed(name: str, path: Path) -> str | int:
    found = breach(target_named(name).run, path.read_bytes())
    return f"{found.kind} {found.place}\n{found.detail}" if found else 0


def _fuzzed(name: str, out: Path, seconds: float, seed: int) -> Tally:
    """Fuzz one target for ``seconds``, again from its corpus where an input takes the process down."""
    tally, began = Tally(name), time.monotonic()
    for start in range(MOST_STARTS):
        left = seconds - (time.monotonic() - began)
        if left < 1 and start:
            break
        ended = _child(tally, out, max(1, int(left)), seed + start)
        if ended:
            _note_end(name, out, ended)
    tally.seconds = time.monotonic() - began
    say(f"{name}: {tally.inputs} inputs in {tally.seconds:.0f} s")
    return tally


def _child(tally: Tally, out: Path, seconds: int, seed: int) -> str:
    """Run libFuzzer once; return how it ended, or nothing where it came to its time."""
    log = out / f"{tally.name}.log"
    (out / "tmp").mkdir(parents=True, exist_ok=True)
    flags = [
        *(f"-max_total_time={seconds}", f"-seed={seed}", f"-timeout={HANG_S}", "-rss_limit_mb=0"),
        *(f"-artifact_prefix={out}/end-{tally.name}-", "-print_final_stats=1", "-verbosity=1"),
    ]
    command = [sys.executable, "-m", "benchmarks.fuzz.child", tally.name, str(out), *flags]
    with log.open("w") as file:
        child = subprocess.Popen(command, cwd=ROOT, env=_environment(out), stdout=file, stderr=file)
        try:
            code = child.wait(timeout=seconds + SLACK_S)
        except subprocess.TimeoutExpired:
            child.kill()
            code = child.wait()
    said = log.read_text("utf8", errors="replace")
    tally.inputs += _last(r"number_of_executed_units: (\d+)", said) or _last(r"#(\d+)\t", said)
    tally.covered = max(tally.covered, _last(r"cov: (\d+)", said))
    return "" if code == 0 else f"exit {code}: {said[-1500:]}"


def _note_end(name: str, out: Path, ended: str) -> None:
    folder = out / "findings" / name
    folder.mkdir(parents=True, exist_ok=True)
    number = len(list(folder.glob("end-*.txt")))
    (folder / f"end-{number}.txt").write_text(f"the process ended\n{ended}", "utf8")


def _environment(out: Path) -> dict[str, str]:
    """Keep all that is written below ``out``, and arithmetic on one thread."""
    own = {"TMPDIR": str(out / "tmp"), "FTDOJO_CACHE": str(out / "cache"), "FTDOJO_HOME": str(out)}
    paths = {"PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "tests" / "toys")))}
    return {**os.environ, **own, **paths, "OMP_NUM_THREADS": "1"}


def _last(pattern: str, text: str) -> int:
    return int((re.findall(pattern, text) or ["0"])[-1])


def _table(tallies: list[Tally]) -> str:
    lines = ["| target | inputs | edges covered | seconds |", "|---|---|---|---|"]
    lines += [f"| {t.name} | {t.inputs} | {t.covered} | {t.seconds:.0f} |" for t in tallies]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
