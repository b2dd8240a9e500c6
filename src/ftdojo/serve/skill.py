"""The guide as a skill that coding agents load by themselves: a folder with a ``SKILL.md``, in the form of agentskills.io."""

import json
from hashlib import sha256
from pathlib import Path

from ftdojo import __version__
from ftdojo.errors import StoreError, UnknownName, UsageError
from ftdojo.serve.views import guide
from ftdojo.store import write_atomic
from ftdojo.store.files import make_folder

NAME = "ftdojo"
"""Of the skill and of its folder, which have to be equal."""
DESCRIPTION = (
    "Fine-tunes a small language model on a task within a time budget by playing ftdojo from the shell: choose raw data, "
    "write a data script and training options, check, train, read the feedback, finish with a tested model. Use it when "
    "asked to fine-tune or train a model with ftdojo, or to play an ftdojo task."
)
HOMES = {"claude": "~/.claude/skills", "codex": "~/.agents/skills", "gemini": "~/.gemini/skills"}
"""Where each program looks for the skills of its user."""
_MARK = "  ftdojo-digest: "


def skill() -> str:
    """Return the skill: front matter, and the guide for this machine. It says of itself what was made, so edits are seen.

    Example:
        >>> skill().splitlines()[:2]
        ['---', 'name: ftdojo']
    """
    body = guide()
    return (
        f"---\nname: {NAME}\ndescription: {json.dumps(DESCRIPTION)}\nmetadata:\n  ftdojo-version: '{__version__}'\n"
        f"{_MARK}'{_digest(body)}'\n---\n\n{body}"
    )


def skills_folder(whom: str) -> Path:
    """Return the folder of skills of a program in ``HOMES``, or the one whose path is given.

    Raises:
        UnknownName: it is neither a known program nor a path.
    """
    is_path = "/" in whom or whom.startswith((".", "~")) or Path(whom).is_dir()
    if whom not in HOMES and not is_path:
        raise UnknownName(
            "program", whom, HOMES, "A folder of skills is named by its path, such as ./skills."
        )
    return Path(HOMES.get(whom, whom)).expanduser().absolute()


def install(skills: Path) -> Path:
    """Write the skill into the folder ``skills`` and return its file; an earlier one of ours is replaced.

    Raises:
        UsageError: there is a file that ftdojo did not write, or that was changed since.
        StoreError: it cannot be written.
    """
    path = skills / NAME / "SKILL.md"
    if path.is_symlink() or (path.exists() and not _is_ours(path)):
        raise UsageError(
            f"{path} was not written by ftdojo, or was changed since; move it away, then install again."
        )
    make_folder(path.parent)
    write_atomic(path, skill())
    return path


def _is_ours(path: Path) -> bool:
    try:
        head, _, body = path.read_text(encoding="utf8").partition("\n---\n\n")
    except UnicodeDecodeError:
        return False
    except OSError as error:
        raise StoreError(f"{path} cannot be read ({error.strerror}).") from error
    return f"{_MARK}'{_digest(body)}'" in head.splitlines()


def _digest(body: str) -> str:
    return sha256(body.encode()).hexdigest()[:16]
