"""human: a person plays at the terminal, with the same actions and the same record as every agent."""

import sys
from collections.abc import Callable
from pathlib import Path

from ftdojo.agents.script_agent import FILES
from ftdojo.agents.showing import cut
from ftdojo.errors import UsageError
from ftdojo.records import Action, Finish, Observation, Outcome, parse_action, parse_look

HELP = """look source NAME [OFFSET [LIMIT]] | look experiment ID | look rows ID | look predictions ID | look ledger
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
    for each in last.found:
        _print(cut(str(dict(each)), 2000))
    if last.failure:
        _print(f"failed at {last.failure.stage}: {last.failure.message}")
    elif last.checked:
        _print(f"passed the checks: {', '.join(last.checked.stages)}")
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
