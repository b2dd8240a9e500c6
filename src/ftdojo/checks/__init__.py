"""The fail-fast ladder: five rungs in order of cost; the first that fails ends the check with one typed message."""

from ftdojo.checks.audit import built
from ftdojo.checks.build import door_for, lent
from ftdojo.checks.ground import KIT, Ground
from ftdojo.checks.ladder import Checked, Failed, Passed, climb

__all__ = ["KIT", "Checked", "Failed", "Ground", "Passed", "built", "climb", "door_for", "lent"]
