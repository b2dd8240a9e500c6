"""From raw sources to training rows: reading, shaping, drawing, mixing and writing."""

import difflib
import json
import os
import random
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

Row = dict[str, Any]


def dry_run() -> bool:
    """Return whether this is the dry run, in which every source holds a few rows only."""
    return os.environ.get("FTDOJO_DRY_RUN") == "1"


def sources() -> list[str]:
    """Return the names of the raw sources, sorted."""
    return sorted(path.stem for path in _folder().glob("*.jsonl"))


def load(name: str) -> list[Row]:
    """Return the rows of the raw source called ``name``, in order.

    Raises:
        ValueError: there is no such source.
    """
    path = _folder() / f"{name}.jsonl"
    if not path.is_file():
        close = difflib.get_close_matches(name, sources(), n=1)
        nearest = f" Did you mean {close[0]!r}?" if close else ""
        raise ValueError(
            f"No source is called {name!r}.{nearest} There are: {', '.join(sources())}."
        )
    with path.open(encoding="utf8") as file:
        return [json.loads(line) for line in file]


def row_losses(name: str) -> list[float | None]:
    """Return the loss of each row of a source as ``look losses NAME`` measured it, in the order of ``load`` and ``examples``.

    Args:
        name: as in the look: a source (``homework``), ``@`` and whose weights (``homework@e1``; the base if left out), ``:``
            and how many rows (``homework@e1:500``). With an experiment in the place of the source (``e1@e2``), the losses
            are those of the rows that its script wrote, in their order, in the dry run too.

    Returns:
        Nats per token of the answer; None for a row that was not measured.

    Raises:
        ValueError: that was not measured in this run.
    """
    of, colon, count = name.partition(":")
    wanted = (of if "@" in of else f"{of}@base") + colon + count
    folder = Path(os.environ["FTDOJO_LOSSES"])
    path = folder / f"{wanted}.jsonl"
    if not path.is_file():
        known = ", ".join(sorted(each.stem for each in folder.glob("*.jsonl"))) or "none"
        raise ValueError(
            f"The losses {wanted!r} were not measured in this run; look losses {wanted} first. There are: {known}."
        )
    with path.open(encoding="utf8") as file:
        return [json.loads(line)["loss"] for line in file]


def examples(name: str) -> list[Row]:
    """Return the raw source called ``name`` as training rows, with the task's prompt and an answer that its scorer reads.

    Raises:
        ValueError: there is no such source.
    """
    rows = load(name)
    task = json.loads(os.environ["FTDOJO_TASK"])
    asked, answered = task["templates"][name]
    return [
        chat(
            task["template"].replace("{question}", filled(asked, row)),
            filled(answered, row),
            system=task["system"],
            source=name,
        )
        for row in rows
    ]


def filled(template: str, row: Row) -> str:
    """Return ``template`` with the values of ``row`` in the place of ``{field}``, stripped; None is nothing."""

    def text(found: re.Match[str]) -> str:
        value = row.get(found[1], found[0])
        if isinstance(value, str):
            return value.strip()
        return "" if value is None else json.dumps(value, ensure_ascii=False)

    return re.sub(r'\{([^{}"\n:]+)\}', text, template)


def chat(question: str, answer: str, *, system: str = "", source: str = "") -> Row:
    """Return a training row: ``question`` as the user's turn, ``answer`` as the assistant's.

    Args:
        question: the prompt.
        answer: what the model is to learn to reply.
        system: a system turn before both; none if left out.
        source: where the row comes from; the data report counts rows by it.
    """
    turns = [{"role": "system", "content": system}] if system else []
    turns += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return {"messages": turns, **({"source": source} if source else {})}


def sample(rows: Sequence[Row], count: int, *, seed: int = 0) -> list[Row]:
    """Return ``count`` different rows in a random order, the same ones for the same seed; all if there are fewer."""
    return random.Random(seed).sample(list(rows), min(count, len(rows)))


def mix(parts: Iterable[tuple[Sequence[Row], float]], count: int, *, seed: int = 0) -> list[Row]:
    """Return up to ``count`` rows drawn from several lists by their shares, shuffled.

    The shares hold: where a list has too few rows for its share, the whole mix gets smaller.

    Args:
        parts: pairs of rows and share; shares are positive and need not sum to one.
        count: how many rows at most.
        seed: decides which rows, and their order.

    Raises:
        ValueError: a share is not positive, or there is no part.

    """
    given = list(parts)
    if not given or any(share <= 0 for _, share in given):
        raise ValueError(
            f"The shares {[share for _, share in given]} must all be positive; leave a part out instead."
        )
    whole = sum(share for _, share in given)
    most = min([float(count), *(len(rows) * whole / share for rows, share in given)])
    drawn = [
        row for rows, share in given for row in sample(rows, round(most * share / whole), seed=seed)
    ]
    return sample(drawn, len(drawn), seed=seed)


def write(rows: Iterable[Row], path: str = "train.jsonl") -> int:
    """Write training rows to where the dojo looks for them; return and print how many there are.

    Raises:
        TypeError: a row is not a mapping.
    """
    count = 0
    with Path(path).open("w", encoding="utf8", errors="replace") as file:
        for row in rows:
            if not isinstance(row, dict):
                raise TypeError(
                    f"Row {count + 1} is a {type(row).__name__}; give what ftkit.chat returns."
                )
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
    print(f"ftkit.write: {count} rows to {path}")
    return count


def _folder() -> Path:
    return Path(os.environ["FTDOJO_DATA"])
