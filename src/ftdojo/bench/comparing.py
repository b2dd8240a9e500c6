"""The whole comparison: made from run folders at any time, and written beside them."""

from collections.abc import Sequence

from ftdojo.bench.cells import cells
from ftdojo.bench.markdown import page
from ftdojo.bench.place import Place
from ftdojo.bench.plain import facts
from ftdojo.bench.ranks import overall
from ftdojo.bench.reading import outcomes
from ftdojo.bench.rows import rows
from ftdojo.bench.words import Bench, Matrix, Outcome
from ftdojo.store import write_atomic
from ftdojo.store.codec import dump_object


def read(matrix: Matrix, place: Place) -> Bench:
    """Return what the run folders of ``matrix`` in ``place`` show now.

    Raises:
        StoreError: the list of attempts is damaged. A damaged run is a failed cell instead.
    """
    return compare(matrix, outcomes(cells(matrix), place))


def compare(matrix: Matrix, found: Sequence[Outcome]) -> Bench:
    """Return the comparison that ``found`` makes up."""
    ranked, unranked = overall(found)
    return Bench(
        matrix=matrix,
        rows=tuple(rows(found, matrix.baseline)),
        overall=tuple(ranked),
        outcomes=tuple(found),
        unranked=tuple(unranked),
    )


def write(bench: Bench, place: Place) -> None:
    """Write ``bench.json`` and ``bench.md`` into the bench folder, each whole or not at all.

    Raises:
        StoreError: one cannot be written.
    """
    write_atomic(place.path / "bench.json", dump_object(facts(bench)) + "\n")
    write_atomic(place.path / "bench.md", page(bench))
