"""Single changes to a recipe, and fitting a recipe into the time and rows there are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ftdojo.agents.recipes import Recipe
from ftdojo.records import SourceCard

MOST_EPOCHS = 3.0
"""The first climb sees no row more often; on 270 tickets twice that gave 90 % (87 to 92) in place of 88 % (85 to 91), n = 540."""
MORE_EPOCHS = 2 * MOST_EPOCHS
MOST_RATE, MOST_RANK, MOST_BATCH = 0.1, 256, 256
"""The ends of the ranges that ``train.yaml`` may hold."""


@dataclass(frozen=True, kw_only=True)
class Move:
    """A recipe to try next, and what it changes."""

    recipe: Recipe
    why: str


def next_change(best: Recipe, tried: Sequence[Recipe], ranked: Sequence[str]) -> Move | None:
    """Return the first change of ``best`` that was not tried yet."""
    before = [_kind(recipe) for recipe in tried]
    return next((move for move in _changes(best, ranked) if _kind(move.recipe) not in before), None)


def fitted(
    recipe: Recipe, cards: Sequence[SourceCard], *, passes: int, cap: int | None = None
) -> Recipe | None:
    """Return ``recipe`` cut or stretched to ``passes`` rows seen: distinct rows first, then epochs or a part of one.

    There are up to three epochs, more only where the recipe has more.

    ``cap`` is the most rows that the run allows. None if not a single row would be seen.
    """
    distinct = {card.name: int(card.rows * (1 - card.duplicate_share)) for card in cards}
    most = min(int(distinct[name] / share) for name, share in recipe.sources.items() if share)
    rows = min(most, passes, cap or passes)
    if rows < 1:
        return None
    rows = rows // recipe.batch * recipe.batch or rows
    # Eighths of an epoch: exact in binary, so that no rounding adds a row.
    most_epochs = max(MOST_EPOCHS, recipe.num_train_epochs)
    epochs = min(most_epochs, max(1.0, passes * 8 // rows / 8), recipe.num_train_epochs + 2)
    return replace(recipe, rows=rows, num_train_epochs=float(epochs))


def _changes(best: Recipe, ranked: Sequence[str]) -> Iterator[Move]:
    rate = best.learning_rate
    if best.num_train_epochs == MOST_EPOCHS:  # the rows are used up, and there is time
        longer = replace(best, num_train_epochs=MORE_EPOCHS)
        yield Move(recipe=longer, why="Go through the same rows more often.")
    if rate * 2 <= MOST_RATE:
        yield Move(recipe=replace(best, learning_rate=rate * 2), why="Double the learning rate.")
    yield Move(recipe=replace(best, learning_rate=rate / 2), why="Halve the learning rate.")
    for name in ranked[1:3]:
        if name not in best.sources:
            mixed = {**{each: share * 0.75 for each, share in best.sources.items()}, name: 0.25}
            yield Move(
                recipe=replace(best, sources=mixed), why=f"Mix in a quarter of rows from {name}."
            )
    if best.method == "lora" and best.r * 2 <= MOST_RANK:
        yield Move(recipe=replace(best, r=best.r * 2), why="Double the rank of the adapter.")
    if best.batch * 2 <= MOST_BATCH:
        yield Move(recipe=replace(best, batch=best.batch * 2), why="Double the batch.")
    if best.method == "lora":
        full = replace(best, method="full", learning_rate=rate / 10)
        yield Move(recipe=full, why="Train all weights.")


def _kind(recipe: Recipe) -> Recipe:
    """Return what makes a recipe another one; its size does not, but that it goes through its rows more often does."""
    epochs = MORE_EPOCHS if recipe.num_train_epochs > MOST_EPOCHS else 1.0
    return replace(recipe, rows=0, num_train_epochs=epochs, phase="", rivals=())
