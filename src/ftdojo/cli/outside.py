"""What the verbs of ``ftdojo play`` have in common: which run is meant, asking its process, and printing how it stands."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ftdojo.errors import FtdojoError, StoreError, UsageError

if TYPE_CHECKING:  # kept out of ``ftdojo --help``
    from ftdojo.records import Budget
    from ftdojo.serve import CheckRequest, FinishRequest, TrainRequest
    from ftdojo.store import RunFolder

FOREVER_S = 30 * 86400.0


def take_up(folder: "RunFolder", budget: "Budget", *, as_json: bool) -> None:
    """Go on with a run whose process is gone, within ``budget``; the agent outside plays on. An ended one is shown.

    Raises:
        FtdojoError: it cannot be opened; another process holds it.
    """
    from ftdojo.cli.summary import close
    from ftdojo.serve import Resume, go_on

    if folder.result():
        close(folder, as_json=as_json)
        return
    go_on(folder, Resume(folder=folder.path.absolute(), budget=budget), say=say)
    show(folder, standing(folder, seconds=0.0), as_json=as_json)


def handed_in(
    folder: "RunFolder", request: "CheckRequest | TrainRequest | FinishRequest", *, wait: bool
) -> dict[str, Any]:
    """Ask for an action, and return how the run stands then, or once it is quiet again."""
    from ftdojo.serve import hand_in

    found = hand_in(folder, request, say=say)
    asked = found["asked"]
    if wait and found["state"] == "busy":
        found = standing(folder, seconds=FOREVER_S)
    if found["state"] == "busy":
        say(f"{asked} ({request.verb}) goes on; `ftdojo play status --wait 60` waits for it.")
    return {"asked": asked} | found


def standing(folder: "RunFolder", *, seconds: float) -> dict[str, Any]:
    """Return how a run stands once it is quiet, or after ``seconds``."""
    from ftdojo.serve import await_quiet

    return await_quiet(folder, seconds=seconds, say=say)


def show(folder: "RunFolder", found: Mapping[str, Any], *, as_json: bool) -> None:
    """Print how a run stands; one that has ended as ``ftdojo run`` would print it, as JSON under ``result``.

    Raises:
        FtdojoError: the process that held it went away with this error.
    """
    from ftdojo.cli.standing import show_standing
    from ftdojo.cli.summary import close, facts

    result = folder.result() if found["state"] == "ended" else None
    if as_json:
        told = facts(folder, result) if result else None
        print(json.dumps({**found, "result": told}, ensure_ascii=False))
    elif result:
        if result.stopped_by:
            say(f"The limit on {result.stopped_by} was reached, so the dojo finished the run.")
        close(folder, as_json=False)
    elif found["state"] == "stopped":
        raise FtdojoError(found["error"])
    else:
        show_standing(found)
    if found["state"] == "stopped":
        raise typer.Exit(1)


def found_run(run: str, runs: Path | None) -> "RunFolder":
    """Return the run that is meant: the one named, or the one that is played from outside now, or was last.

    Raises:
        UnknownName: there is no run of that name.
        UsageError: none is named, and there are none or several.
    """
    from ftdojo.config import runs_dir
    from ftdojo.records import OUTSIDE
    from ftdojo.store import RunFolder, run_ids

    root = runs or runs_dir()
    if run:
        return RunFolder.open(run, root)
    folders = [RunFolder(root / each) for each in run_ids(root)]
    ours = [each for each in folders if _agent(each) == OUTSIDE]
    if not ours:
        raise UsageError(
            f"No run in {root} is played from outside; `ftdojo play start TASK` makes one."
        )
    playable = [each for each in ours if each.result() is None]
    if len(playable) > 1:
        names = ", ".join(each.config.id for each in playable)
        raise UsageError(f"Several runs are being played: {names}. Name one with --run.")
    return playable[0] if playable else max(ours, key=lambda each: each.config.created)


def _agent(folder: "RunFolder") -> str:
    """Return who plays a run; a damaged one, which is nobody's, hides no other."""
    try:
        return folder.config.spec.agent
    except StoreError:
        return ""


def say(text: str) -> None:
    """Talk, on stderr."""
    typer.echo(text, err=True)
