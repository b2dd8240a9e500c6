"""Agents that are handed their moves, with the same actions and the same record as every agent.

script plays submissions from a folder, one after the other, and finishes with the best: for reruns and baselines. human is
a person at the terminal.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from ftdojo.agents.enlisting import Backing
from ftdojo.agents.showing import cut, paged, plain
from ftdojo.errors import UnknownName, UsageError
from ftdojo.records import (
    Action,
    Agent,
    Finish,
    Look,
    Observation,
    Outcome,
    Submission,
    Train,
    parse_action,
    parse_look,
)

FILES = ("plan.md", "data.py", "train.yaml")
PAGE = 8000


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


HELP = """look source NAME [OFFSET [LIMIT]] | look experiment ID | look rows ID | look predictions ID [wrong] | look ledger
look losses SOURCE[@ID][:ROWS]   measure what rows cost the base or an experiment's weights
look likelihood [ID]   measure how likely right answers are | look agreement [NAME]   sources that answer differently
look fits ROWSxTOKENS | look fits SOURCE[:ROWS] | look fits ID[:ROWS]   what such a training takes
sh COMMAND     run a command in the sandbox
check FOLDER   check plan.md, data.py and train.yaml there
train FOLDER   train on them
finish [ID]    choose an experiment (the best by the numbers if left out) and end the run"""


class Human:
    """Asks on the terminal.

    Args:
        seed: not used; a person has none.
        ask: returns the next line a person typed; raises ``EOFError`` at the end of input.
    """

    name = "human"

    def __init__(self, seed: int = 0, ask: Callable[[str], str] = input) -> None:
        self._ask = ask

    def act(self, observation: Observation) -> Action:
        """Show what came of the last action, and return the next one that was typed right."""
        _show(observation)
        while True:
            try:
                line = self._ask("ftdojo> ").strip()
            except EOFError:
                return Finish(experiment=observation.best)
            try:
                return _action(line, best=observation.best)
            except UsageError as error:
                _print(str(error))


def _show(seen: Observation) -> None:
    """Print what came of the last action, and how the run stands."""
    if seen.last:
        _show_outcome(seen.last, seen)
    _print(f"best: {seen.best}; {seen.outlook.left_s:.0f} s left")


def _show_outcome(last: Outcome, seen: Observation) -> None:
    if last.notice:
        _print(f"refused: {last.notice}")
    if isinstance(last.action, Look) and last.found:
        _print(paged(last.action, last.found, PAGE))
    elif last.found:
        _print(cut(plain(last.found[0]), PAGE))
    if last.failure:
        _print(f"failed at {last.failure.stage}: {last.failure.message}")
    elif last.checked:
        _print(f"passed the checks: {', '.join(last.checked.stages)}")
        for note in last.checked.data.notes if last.checked.data else ():
            _print(note)
    made = seen.experiment(last.experiment)
    if made:
        score = made.evaluation.score if made.evaluation else None
        _print(f"{made.id}: {f'{score.score:.3f}, n = {score.n}' if score else 'no score'}")


def _action(line: str, *, best: str) -> Action:
    """Return the action that a typed line spells.

    Raises:
        UsageError: it spells none; the message says how to.
    """
    verb, _, rest = line.partition(" ")
    rest = rest.strip()
    match verb:
        case "look":
            return parse_look(rest)
        case "sh":
            return parse_action("shell", {"command": rest})
        case "check" | "train":
            return parse_action(verb, _texts(Path(rest)))
        case "finish":
            return parse_action("finish", {"experiment": rest or best})
        case _:
            raise UsageError(HELP)


def _texts(folder: Path) -> dict[str, str]:
    """Return the three texts of a submission, by their names in the grammar."""
    try:
        plan, data, train = ((folder / name).read_text(encoding="utf8") for name in FILES)
    except (OSError, UnicodeDecodeError):
        raise UsageError(f"{folder} must hold {', '.join(FILES)}.") from None
    return {"plan": plan, "data": data, "train": train}


def _print(text: str) -> None:
    print(text, file=sys.stderr)
