"""ftdojo: an environment in which agents fine-tune language models, with numbers people can believe.

``make`` builds a dojo (one task, one base model, one budget, one seed); ``play`` lets an agent play it to its end.
Importing this package reads no file, no variable and no heavy library.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what a type checker sees; the table below is what is imported
    from ftdojo.agents.play import play as play
    from ftdojo.dojo import Dojo as Dojo
    from ftdojo.dojo import make as make
    from ftdojo.errors import FtdojoError as FtdojoError
    from ftdojo.records import Check as Check
    from ftdojo.records import Finish as Finish
    from ftdojo.records import Look as Look
    from ftdojo.records import Merge as Merge
    from ftdojo.records import Observation as Observation
    from ftdojo.records import Shell as Shell
    from ftdojo.records import Step as Step
    from ftdojo.records import Submission as Submission
    from ftdojo.records import Train as Train

__version__ = "0.1.0"

_HOMES = {
    "make": "ftdojo.dojo",
    "Dojo": "ftdojo.dojo",
    "play": "ftdojo.agents",
    "Look": "ftdojo.records",
    "Shell": "ftdojo.records",
    "Check": "ftdojo.records",
    "Train": "ftdojo.records",
    "Merge": "ftdojo.records",
    "Finish": "ftdojo.records",
    "Submission": "ftdojo.records",
    "Observation": "ftdojo.records",
    "Step": "ftdojo.records",
    "FtdojoError": "ftdojo.errors",
}

__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> object:
    """Import a public name at its first use, so that ``import ftdojo`` stays light."""
    if name not in _HOMES:
        raise AttributeError(f"module 'ftdojo' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
