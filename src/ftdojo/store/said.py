"""``said.jsonl`` of a run folder: what a person said to the run. Any process may add to it; the controller reads it."""

from dataclasses import replace

from ftdojo.errors import UsageError
from ftdojo.records.guidance import MOST_TEXT, Guidance, parse_requirement
from ftdojo.store import codec, files
from ftdojo.store.asked import now
from ftdojo.store.run import RunFolder


def say(folder: RunFolder, *given: Guidance) -> None:
    """Say something to a run, on the disk on return; its agent sees it with its next observation.

    Raises:
        UsageError: the run has ended, a text is empty or too long, or a condition is not one.
        StoreError: it cannot be written.
    """
    import filelock

    if folder.result():
        raise UsageError(f"The run {folder.config.id} has ended; nobody listens any more.")
    for each in given:
        _require_said(each)
    with filelock.FileLock(folder.path / ".said.lock"):
        for each in given:
            files.append_line(folder.path / "said.jsonl", codec.dump(replace(each, at=now())))


def said(folder: RunFolder) -> tuple[Guidance, ...]:
    """Return what was said so far, in order.

    Raises:
        StoreError: a line is damaged.
    """
    where = folder.path / "said.jsonl"
    lines = enumerate(files.read_lines(where), 1)
    return tuple(codec.load(Guidance, line, where=f"{where} line {n}") for n, line in lines)


def _require_said(given: Guidance) -> None:
    if given.require:
        parse_requirement(given.require)
    elif not given.text.strip() or len(given.text) > MOST_TEXT:
        raise UsageError(
            f"A text of {len(given.text)} characters cannot be said; write 1 to {MOST_TEXT}."
        )
