"""Numbers that can be believed: intervals, paired comparisons, races, and a choice that pays the winner's curse."""

from ftdojo.stats.choice import Choice, confirm, select, stands, stands_unconfirmed
from ftdojo.stats.deciding import OPEN_EACH, can_show, every_fourth, lot, open_items
from ftdojo.stats.estimates import estimate, quantiles
from ftdojo.stats.over_runs import over_items, over_runs, turned
from ftdojo.stats.paired import compare, surely_worse
from ftdojo.stats.power import alpha_at, detectable
from ftdojo.stats.scores import Scores, effective, resampled, total

__all__ = [
    "OPEN_EACH",
    "Choice",
    "Scores",
    "alpha_at",
    "can_show",
    "compare",
    "confirm",
    "detectable",
    "effective",
    "estimate",
    "every_fourth",
    "lot",
    "open_items",
    "over_items",
    "over_runs",
    "quantiles",
    "resampled",
    "select",
    "stands",
    "stands_unconfirmed",
    "surely_worse",
    "total",
    "turned",
]
