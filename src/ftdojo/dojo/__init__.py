"""The dojo: the environment an agent plays in. It owns data, sandbox, training, evaluation, budget and record."""

from ftdojo.dojo.environment import Dojo
from ftdojo.dojo.exporting import export
from ftdojo.dojo.machine import this_machine
from ftdojo.dojo.setup import make, resolve, resume, start

__all__ = ["Dojo", "export", "make", "resolve", "resume", "start", "this_machine"]
