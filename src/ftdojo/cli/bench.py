"""``ftdojo bench``: a matrix of runs, carried out and compared."""

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ftdojo.cli.tables import one_line
from ftdojo.errors import FtdojoError, Interrupted, UsageError

if TYPE_CHECKING:  # kept out of ``ftdojo --help``
    from ftdojo.bench import BenchFolder, BenchResult, Cell, Matrix, Runner

MATRIX = typer.Argument(help="A matrix file; examples/matrices holds some.")


def bench(
    matrix: Path = MATRIX,
    jobs: int = typer.Option(1, min=1, help="Runs at a time, each on its share of the cores."),
    to: Path | None = typer.Option(
        None, help="The bench's folder (default: bench-NAME in the folder of the runs)."
    ),
    table: bool = typer.Option(False, "--table", help="Show what is there; run nothing."),
    dry_run: bool = typer.Option(
        False, "--dry-run", help="Show the cells and the time they take at most; run nothing."
    ),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object instead of tables."),
    quiet: bool = typer.Option(False, "--quiet", "-q", help="No progress on stderr."),
) -> None:
    """Compare agents over tasks, models and seeds.

    Finished runs are kept: the same call again goes on where it was left.

    Example: ftdojo bench examples/matrices/agents-mini.yaml --dry-run
    """
    from ftdojo import bench as room
    from ftdojo.config import runs_dir

    if table and dry_run:
        raise UsageError("--table and --dry-run show two different things; call twice.")
    chosen = room.read_matrix(matrix)
    room.require_names(chosen)
    place = room.BenchFolder(to or runs_dir() / f"bench-{chosen.name}")
    if dry_run:
        _plan(chosen, place, jobs=jobs, as_json=as_json)
        return
    if not table:
        _carry_out(chosen, place, jobs=jobs, quiet=quiet)
    found = room.read(chosen, place)
    _show(found, as_json=as_json)
    failed = len(room.failures(found))
    if failed and not table:
        raise FtdojoError(
            f"{failed} of {len(found.outcomes)} runs failed, for the reasons in {place.path / 'bench.md'}; "
            "the same command tries them again."
        )


def _carry_out(matrix: "Matrix", place: "BenchFolder", *, jobs: int, quiet: bool) -> None:
    from ftdojo import bench as room

    cells = room.cells(matrix)
    alone = room.base_cells(matrix) if matrix.isolated else []

    def runner(cells: "Sequence[Cell]", place: "BenchFolder") -> "Runner":
        tell = _teller(cells, place) if not quiet else lambda cell, what: None
        return room.Runner(place, isolated=matrix.isolated, tell=tell)

    with place.held():
        try:
            runner(alone, place.base()).run(alone, jobs=1)
            runner(cells, place).run(cells, jobs=jobs)
        except KeyboardInterrupt:
            done = sum(room.is_finished(cell, place) for cell in cells)
            raise Interrupted(
                f"interrupted with {done} of {len(cells)} runs finished; the same command goes on."
            ) from None
        finally:
            room.write(room.read(matrix, place), place)


def _teller(cells: "Sequence[Cell]", place: "BenchFolder") -> "Callable[[Cell, str], None]":
    """Return what prints a line on stderr for everything that becomes of a cell."""
    from ftdojo.bench import outcome

    began, places = time.monotonic(), {cell.id: at for at, cell in enumerate(cells, 1)}

    def tell(cell: "Cell", what: str) -> None:
        run = outcome(cell, place, {}).run
        scored = f": test {run.test:.3f}, base {run.base:.3f}" if run else ""
        line = one_line(f"{places[cell.id]}/{len(cells)} {cell.words}: {what}{scored}")
        typer.echo(f"{time.monotonic() - began:5.0f} s  {line}", err=True)

    return tell


def _plan(matrix: "Matrix", place: "BenchFolder", *, jobs: int, as_json: bool) -> None:
    from ftdojo import bench as room
    from ftdojo.cli.tables import table

    found = room.read(matrix, place).outcomes
    rows = [
        {
            "run": each.cell.id,
            "task": each.cell.task,
            "agent": each.cell.contender,
            "model": each.cell.model,
            "seed": each.cell.seed,
            "state": str(each.state),
        }
        for each in found
    ]
    waiting = sum(each.state is not room.State.FINISHED for each in found)
    most_s = room.most_s(waiting, matrix, jobs=jobs)
    if as_json:
        print(json.dumps({"cells": rows, "waiting": waiting, "jobs": jobs, "most_s": most_s}))
        return
    table(rows, tuple(rows[0]))
    print(
        f"\n{waiting} of {len(rows)} runs to do, {jobs} at a time, {matrix.budget_s:.0f} s each: "
        f"at most {most_s / 60:,.0f} min, and what downloads, starting and scoring the base take."
    )


def _show(found: "BenchResult", *, as_json: bool) -> None:
    from ftdojo import bench as room
    from ftdojo.cli.tables import table, wrapped

    if as_json:
        print(json.dumps(room.facts(found), ensure_ascii=False))
        return
    for rows in (room.row_table(found), room.overall_table(found), room.failures(found)):
        if rows:
            table(rows, tuple(rows[0]))
            print()
    for note in room.notes(found):
        print(wrapped(note, indent=0))
