"""The page that a coding agent reads first, with the commands that work on this machine."""

import os
import shlex
import shutil
import sys
from pathlib import Path

from ftdojo.serve.handing_in import FILES

PAGE = Path(__file__).with_name("guide.md")


def guide() -> str:
    """Return the guide as Markdown.

    Example:
        >>> guide().startswith("# Playing ftdojo")
        True
    """
    text = PAGE.read_text(encoding="utf8")
    marks = {
        "FTDOJO": command(),
        "PYTHON": f"{sys.version_info.major}.{sys.version_info.minor}",
        "CORES": str(os.cpu_count() or 1),
        "FILES": ", ".join(f"`{name}`" for name in FILES),
    }
    for name, value in marks.items():
        text = text.replace(f"<<{name}>>", value)
    return text


def command() -> str:
    """Return how this program is called in a shell here: by its name if that leads to this installation."""
    script = Path(sys.executable).with_name("ftdojo")
    found = shutil.which("ftdojo")
    if found and Path(found).resolve() == script.resolve():
        return "ftdojo"
    if script.exists():
        return shlex.quote(str(script))
    return f"{shlex.quote(sys.executable)} -m ftdojo.cli.main"
