"""A run is played again from what its models said, without a model."""

from pathlib import Path

from ftdojo.errors import LlmError, UsageError
from ftdojo.llm.record import FILE, Exchanges, digest_of
from ftdojo.llm.words import Ask, Reply

FOLDER = "llm"
"""The folder of a run that holds its exchanges."""


class Replay:
    """Answers every question as it was answered in a run, by its purpose, tokens and money included.

    ``differing`` lists the purposes whose question is not, to the letter, the one that was recorded.
    """

    def __init__(self, run_folder: Path) -> None:
        self.name = f"replay/{run_folder.name}"
        self.differing: list[str] = []
        self._run = run_folder
        self._known = {each.purpose: each for each in Exchanges(run_folder / FOLDER).all()}

    def chat(self, ask: Ask) -> Reply:
        """Return the reply on record.

        Raises:
            LlmError: the run that is replayed never asked this.
        """
        known = self._known.get(ask.purpose)
        if known is None:
            raise LlmError(
                f"{self._run} holds no answer to {ask.purpose!r}, so it cannot be replayed beyond this point; "
                "replay it with the same task, seed, budget and version, or go on with a model (--llm)."
            )
        if known.digest != digest_of(ask):
            self.differing.append(ask.purpose)
        return known.reply


def replayed(run_folder: Path) -> Replay:
    """Return a model that answers from the record of ``run_folder``.

    Raises:
        UsageError: the folder holds no exchanges.
        StoreError: its record cannot be read.
    """
    if not (run_folder / FOLDER / FILE).is_file():
        raise UsageError(
            f"{run_folder} holds no exchanges to replay ({FOLDER}/{FILE}); name the folder of a run that asked a model."
        )
    return Replay(run_folder)
