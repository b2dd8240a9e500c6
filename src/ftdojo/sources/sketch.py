"""Counting duplicates among any number of rows in bounded memory."""

LIMIT = 200_000


class Duplicates:
    """How many of the rows seen so far repeat an earlier one, by 64-bit digests.

    Exact up to ``limit`` different rows. Beyond it, only digests that end in ``level`` zero bits are counted, with
    their repetitions: a sample of the different rows, chosen by chance but the same one whatever their order. Without
    duplicates the share is exactly 0; else its error is about ``1 / sqrt(limit)``, two in a thousand.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self.level = 0
        self._limit, self._mask = limit, 0
        self._seen: dict[int, int] = {}

    def add(self, digest: int) -> bool:
        """Count a row; return whether it is known not to repeat an earlier one."""
        if digest & self._mask:
            return False
        count = self._seen.get(digest, 0)
        self._seen[digest] = count + 1
        if len(self._seen) > self._limit:
            self._thin_out()
        return not count

    def share(self) -> float:
        """Return the share of rows that repeat an earlier one; 0 where there were none."""
        rows = sum(self._seen.values())
        return 1 - len(self._seen) / rows if rows else 0.0

    def _thin_out(self) -> None:
        self.level += 1
        self._mask = (1 << self.level) - 1
        kept = {digest: n for digest, n in self._seen.items() if not digest & self._mask}
        self._seen = kept
