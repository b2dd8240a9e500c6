"""human: a person plays at the terminal, with the same actions and the same record as every agent."""

import sys
from collections.abc import Callable
from pathlib import Path

from ftdojo.agents.script_agent import FILES
from ftdojo.agents.showing import cut
from ftdojo.records import Action, Check, Finish, Look, Observation, Shell, Submission, Train

HELP = """look source NAME | look experiment ID | look rows ID | look predictions ID | look ledger
sh COMMAND     run a command in the sandbox
check FOLDER   check plan.md, data.py and train.yaml there
train FOLDER   train on them
finish [ID]    choose an experiment (the best by the numbers if left out) and end the run"""
LOOKS = ("source", "experiment", "rows", "predictions", "ledger")


class Human:
    """Asks on the terminal.

    Args:
        seed: not used; a person has none.
        ask: returns the next line a person typed; raises ``EOFError`` at the end of input.
    """

    name = "human"

    def __init__(self, seed: int = 0, ask: Callable[[str], str] = input) -> None:
        self._ask = ask
        self._told = 0

    def act(self, observation: Observation) -> Action:
        """Show what came of the last action, and return the next one that was typed right."""
        self._show(observation)
        while True:
            try:
                line = self._ask("ftdojo> ").strip()
            except EOFError:
                return Finish(experiment=observation.best)
            action = self._read(line, observation)
            if isinstance(action, str):
                _say(action)
            else:
                return action

    def _read(self, line: str, seen: Observation) -> Action | str:
        """Return the action that a line asks for, or what is to be said instead."""
        verb, _, rest = line.partition(" ")
        rest = rest.strip()
        match verb:
            case "look":
                what, _, name = rest.partition(" ")
                known = next((each for each in LOOKS if each == what), None)
                return Look(what=known, name=name.strip()) if known else HELP  # type: ignore[arg-type]  # one of LOOKS
            case "sh" if rest:
                return Shell(command=rest)
            case "check" | "train":
                found = _submission(Path(rest))
                if isinstance(found, str):
                    return found
                return Check(submission=found) if verb == "check" else Train(submission=found)
            case "finish":
                return Finish(experiment=rest or seen.best)
            case _:
                return HELP

    def _show(self, seen: Observation) -> None:
        for each in seen.found:
            _say(cut(str(dict(each)), 2000))
        if seen.failure:
            _say(f"failed at {seen.failure.stage}: {seen.failure.message}")
        for made in seen.experiments[self._told :]:
            score = made.evaluation.score if made.evaluation else None
            _say(f"{made.id}: {f'{score.score:.3f}, n = {score.n}' if score else 'no score'}")
        self._told = len(seen.experiments)
        _say(f"best: {seen.best}; {seen.outlook.left_s:.0f} s left")


def _submission(folder: Path) -> Submission | str:
    try:
        plan, data, train = ((folder / name).read_text(encoding="utf8") for name in FILES)
    except (OSError, UnicodeDecodeError):
        return f"{folder} must hold {', '.join(FILES)}."
    return Submission(plan=plan, data=data, train=train)


def _say(text: str) -> None:
    print(text, file=sys.stderr)
