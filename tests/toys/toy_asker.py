"""An agent whose one script asks a language model ten questions, two of them in the dry run already."""

from dataclasses import replace

import ftdojo_toy

from ftdojo.records import Finish, Train

ASKING = """
import ftkit
prompts = [f"Say {n}" for n in range(10)]
said = ftkit.ask_many(prompts[:2] if ftkit.dry_run() else prompts, workers=1)
rows = [ftkit.chat(row["question"], row["answer"]) for row in ftkit.load("right")[:60]]
ftkit.write(rows + [ftkit.chat(prompt, answer) for prompt, answer in zip(prompts, said) if answer])
"""


class Asker:
    """Trains once, then finishes with the best."""

    name = "asker"

    def __init__(self, seed=0):
        pass

    def act(self, observation):
        if observation.experiments:
            return Finish(experiment=observation.best)
        return Train(submission=replace(ftdojo_toy.handed_in(steps=5), data=ASKING))
