"""script: plays submissions from a folder, one after the other, and finishes with the best. For reruns and baselines."""

from collections.abc import Mapping
from pathlib import Path

from ftdojo.agents.backing import Backing
from ftdojo.errors import UnknownName, UsageError
from ftdojo.records import Action, Agent, Finish, Observation, Submission, Train

FILES = ("plan.md", "data.py", "train.yaml")


class Script:
    """Trains on the submissions below one folder in the order of their names; see ``read_folder``."""

    name = "script"

    def __init__(self, submissions: list[Submission]) -> None:
        self._submissions = submissions

    @classmethod
    def needs_llm(cls) -> bool:
        """Return False."""
        return False

    @classmethod
    def check(cls, options: Mapping[str, str]) -> None:
        """Read the folder, so that whatever is wrong with it is said at once."""
        for name in options:
            if name != "from":
                raise UnknownName("option of script", name, ("from",))
        read_folder(options.get("from", ""))

    @classmethod
    def backed(cls, backing: Backing) -> Agent:
        """Return the agent for one run."""
        return cls(read_folder(backing.options.get("from", "")))

    def act(self, observation: Observation) -> Action:
        """Return the next training, or the end."""
        at = len(observation.experiments)
        if at < len(self._submissions):
            return Train(submission=self._submissions[at])
        return Finish(experiment=observation.best)


def read_folder(text: str) -> list[Submission]:
    """Return the submissions in a folder: each subfolder with ``plan.md``, ``data.py`` and ``train.yaml`` is one.

    The ``experiments`` folder of a run will do: its submissions lie one folder deeper and are found there.

    Raises:
        UsageError: no folder was given, there is none, or a file is missing.
    """
    folder = Path(text).expanduser()
    if not text or not folder.is_dir():
        raise UsageError(
            f"The agent 'script' plays a folder of submissions, and {text!r} is none; give one: -o from=FOLDER."
        )
    found = [_inner(each) for each in sorted(folder.iterdir(), key=_order) if each.is_dir()]
    made = [_read(each) for each in found if any((each / name).is_file() for name in FILES)]
    if not made:
        raise UsageError(
            f"{folder} holds no submission; each is a subfolder with {', '.join(FILES)}."
        )
    return made


def _inner(folder: Path) -> Path:
    return folder / "submission" if (folder / "submission").is_dir() else folder


def _order(path: Path) -> tuple[int, str]:
    """Sort e2 before e10."""
    digits = "".join(each for each in path.name if each.isdecimal())
    return (int(digits) if digits else 0, path.name)


def _read(folder: Path) -> Submission:
    texts = []
    for name in FILES:
        try:
            texts.append((folder / name).read_text(encoding="utf8"))
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is not UTF-8"
            raise UsageError(
                f"{folder / name} cannot be read ({why}); every submission has it."
            ) from error
    plan, data, train = texts
    return Submission(plan=plan, data=data, train=train)
