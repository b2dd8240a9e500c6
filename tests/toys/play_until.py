"""A controller that plays the toy task and stops for a while at a wanted moment: ``play_until.py HOME RUN SEED MOMENT``.

``MOMENT`` is the kind of an event (``stage-reached``, ``training-stepped`` or ``pass-advanced``) and a stage, a step or a
split of it, for the experiment ``e2``, such as ``pass-advanced:test``. There the controller prints ``here`` and goes on
only once it is sent a line.
"""

import sys
from pathlib import Path

from ftdojo import play
from ftdojo.agents import agents
from ftdojo.dojo import start
from ftdojo.records import (
    PassAdvanced,
    RunSpec,
    StageReached,
    TrainingStepped,
    kind_of,
)


def named(event):
    """Return the moment that an event is, if it is one of the experiment ``e2``."""
    if getattr(event, "experiment", "") != "e2":
        return ""
    kind = kind_of(type(event))
    match event:
        case StageReached():
            return f"{kind}:{event.stage}"
        case TrainingStepped():
            return f"{kind}:{event.point.step}"
        case PassAdvanced():
            return f"{kind}:{event.split}"
    return ""


def main(home, run, seed, moment):
    waited = []

    def stop(event):
        if named(event) == moment and not waited:
            waited.append(event)
            print("here", flush=True)
            # A stage is reached before anything is done in it: what is waited for comes later.
            if not isinstance(event, StageReached):
                sys.stdin.readline()

    spec = RunSpec(task="ftdojo_toy:task", agent="ftdojo_toy:Player", model="tiny", seed=int(seed))
    places = {"root": home / "runs", "cache": home / "cache"}
    with start(spec, name=run, **places, listeners=[stop]) as dojo:
        play(agents.get("ftdojo_toy:Player")(int(seed)), dojo)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
