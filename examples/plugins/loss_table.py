"""A listener of one's own: ``ftdojo run math/mini --model tiny --listener loss_table:LossTable``. Losses, as CSV."""

import csv

from ftdojo.records import TrainingStepped


class LossTable:
    def __init__(self, folder):
        """Made once for a run, and again whenever it is resumed; ``folder`` is the run folder."""
        self._path = folder / "losses.csv"

    def __call__(self, event):
        if isinstance(event, TrainingStepped):
            with self._path.open("a", newline="", encoding="utf8") as table:
                row = (event.experiment, event.point.step, event.of, event.point.loss)
                csv.writer(table).writerow(row)
