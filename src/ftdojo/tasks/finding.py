"""What a proof of a task finds."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """An ``error`` is a broken promise, a ``warning`` a weakness, a ``note`` a figure; ``about`` names the part."""

    severity: Severity
    about: str
    message: str


def error(about: str, message: str) -> Finding:
    """Return a broken promise."""
    return Finding(severity="error", about=about, message=message)


def warning(about: str, message: str) -> Finding:
    """Return a weakness."""
    return Finding(severity="warning", about=about, message=message)


def note(about: str, message: str) -> Finding:
    """Return a figure that a user should know."""
    return Finding(severity="note", about=about, message=message)
