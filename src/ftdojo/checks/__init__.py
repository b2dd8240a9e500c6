"""The check of a submission: five stages in order of cost; the first that fails ends the check with one typed message."""

from ftdojo.checks.audit import built
from ftdojo.checks.build import access_for, lent
from ftdojo.checks.context import CheckContext, lay_losses, lay_out
from ftdojo.checks.fit import foresee, most_bytes, row_tokens
from ftdojo.checks.forecast import Forecast
from ftdojo.checks.pipeline import Checked, Failed, Passed, run_checks

__all__ = [
    "CheckContext",
    "Checked",
    "Failed",
    "Forecast",
    "Passed",
    "access_for",
    "built",
    "foresee",
    "lay_losses",
    "lay_out",
    "lent",
    "most_bytes",
    "row_tokens",
    "run_checks",
]
