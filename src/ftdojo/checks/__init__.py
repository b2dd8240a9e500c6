"""The check of a submission: five stages in order of cost; the first that fails ends the check with one typed message."""

from ftdojo.checks.audit import built
from ftdojo.checks.build import access_for, lent
from ftdojo.checks.context import KIT, CheckContext
from ftdojo.checks.pipeline import Checked, Failed, Passed, run_checks

__all__ = [
    "KIT",
    "CheckContext",
    "Checked",
    "Failed",
    "Passed",
    "access_for",
    "built",
    "lent",
    "run_checks",
]
