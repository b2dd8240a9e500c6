"""How much of the expected working an output shows: a denser figure than whether its answer is right."""

HEAD_CHARS = 2_000


def share_right(output: str, expected: str) -> float:
    """Return the share of the expected steps that the first line of ``output`` has in their places.

    Steps are parted by commas. Surplus steps count against it, so writing many wins nothing.

    Example:
        >>> share_right("lamp 1, hook 2", "lamp 1, hook 1")
        0.5
        >>> share_right("lamp 1, hook 1, rope 1, lid 1", "lamp 1, hook 1")
        0.5
    """
    first = next(iter(output[:HEAD_CHARS].strip().splitlines()), "")
    given, wanted = _steps(first), _steps(expected)
    right = sum(one == other for one, other in zip(given, wanted, strict=False))
    return right / max(len(given), len(wanted))


def _steps(line: str) -> list[str]:
    return [" ".join(step.split()) for step in line.split(",")]
