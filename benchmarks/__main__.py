"""``python -m benchmarks [--quick] [--only NAME] [--run DIR] [--readme]``: tables on stdout, progress on stderr."""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from benchmarks.measure import FULL, QUICK, Contest, Scale, say
from benchmarks.processes import WARM
from ftdojo.errors import FtdojoError

HERE = Path(__file__).parent
NAMES = ("training", "validation", "overhead", "startup", "data", "steps")


def main() -> None:
    """Run the benchmarks that were asked for, in a process that began with ``WARM``."""
    asked = _options()
    if not WARM.items() <= os.environ.items():
        command = [sys.executable, "-m", "benchmarks", *sys.argv[1:]]
        os.execve(sys.executable, command, os.environ | WARM)
    from benchmarks import machine, tables

    scale = _scale(asked)
    try:
        with redirect_stdout(sys.stderr):  # trainers print their logs
            contests = list(_contests(asked.only or NAMES, scale))
    except FtdojoError as error:
        sys.exit(f"benchmarks: {error}")
    facts = machine.facts()
    table = tables.markdown(contests, facts)
    print(table)
    say(f"written to {tables.save(contests, facts, asked.out)}")
    if asked.readme:
        tables.put_into(HERE / "README.md", table)


def _scale(asked: argparse.Namespace) -> Scale:
    scale = replace(QUICK if asked.quick else FULL, run=asked.run)
    if asked.rounds is None:
        return scale
    return replace(scale, rounds=asked.rounds, least_rounds=asked.rounds, base_rounds=asked.rounds)


def _contests(names: list[str] | tuple[str, ...], scale: Scale) -> Iterator[Contest]:
    for name in names:
        say(name)
        yield from import_module(f"benchmarks.{name}").run(scale)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="a tiny model, few rounds: proves they work"
    )
    parser.add_argument("--only", action="append", choices=NAMES, help="may be repeated")
    parser.add_argument("--rounds", type=int, help="rounds of every contest, however long")
    parser.add_argument("--run", type=Path, help="the run that overhead reads: a folder or an id")
    parser.add_argument("--out", type=Path, default=HERE / "results", help="folder of the JSON")
    parser.add_argument("--readme", action="store_true", help="put the tables into README.md")
    asked = parser.parse_args()
    if asked.readme and (asked.quick or asked.only):
        parser.error("--readme takes the figures of a whole run: leave out --quick and --only")
    return asked


if __name__ == "__main__":
    main()
