"""A controller that plays the toy task and stops for a while at a wanted moment: ``play_until.py HOME RUN SEED MOMENT``.

``MOMENT`` is what is told (``rung``, ``step`` or ``scoring``) and a value that its facts hold for the experiment
``e2``, such as ``scoring:test``. There the controller prints ``here`` and goes on only once it is sent a line.
"""

import sys
from pathlib import Path

from ftdojo import play
from ftdojo.agents import agents
from ftdojo.dojo import start
from ftdojo.records import RunSpec


def main(home, run, seed, moment):
    kind, value = moment.split(":")
    waited = []

    def tell(told, facts):
        wanted = told == kind and value in map(str, facts.values())
        if wanted and facts.get("experiment") == "e2" and not waited:
            waited.append(told)
            print("here", flush=True)
            if (
                kind != "rung"
            ):  # a rung is told before it is climbed: what is waited for comes later
                sys.stdin.readline()

    spec = RunSpec(task="ftdojo_toy:task", agent="ftdojo_toy:Player", model="tiny", seed=int(seed))
    with start(spec, name=run, root=home / "runs", cache=home / "cache", tell=tell) as dojo:
        play(agents.get("ftdojo_toy:Player")(int(seed)), dojo)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
