"""A submission from a folder: ``plan.md``, ``data.py`` and ``train.yaml``."""

from pathlib import Path

from ftdojo.errors import UsageError
from ftdojo.records import Submission
from ftdojo.serve.words import MAX_TEXT

FILES = ("plan.md", "data.py", "train.yaml")


def read_submission(folder: Path) -> Submission:
    """Read the three files of ``folder``.

    Raises:
        UsageError: one is missing, too long, or no UTF-8.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder; name one that holds {', '.join(FILES)}.")
    plan, data, train = (_text(folder / name) for name in FILES)
    return Submission(plan=plan, data=data, train=train)


def _text(path: Path) -> str:
    if not path.is_file():
        raise UsageError(
            f"{path} is missing; a submission is {', '.join(FILES)} in one folder (`ftdojo play guide` shows each)."
        )
    try:
        with path.open("rb") as file:
            found = file.read(MAX_TEXT + 1)
        if len(found) > MAX_TEXT:
            raise UsageError(
                f"{path} is longer than {MAX_TEXT} bytes; a script loads data, it does not hold it."
            )
        return found.decode("utf8")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is no UTF-8 at byte {error.start}; write it as UTF-8.") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}).") from error
