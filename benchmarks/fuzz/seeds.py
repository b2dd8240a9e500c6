"""Where inputs to begin with come from: the texts in the tests, and the cases that lie beside a checkout."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
CASES = ROOT.parent / "shared" / "cases" / "data"
MOST_BYTES = 16_000


def in_tests(*patterns: str, least: int = 4) -> list[bytes]:
    """Return the texts and bytes that are written out in test files, by patterns below ``tests``."""
    found: dict[bytes, None] = {}
    for pattern in patterns:
        for path in sorted((ROOT / "tests").glob(pattern)):
            found |= dict.fromkeys(_constants(path))
    return [each for each in found if least <= len(each) <= MOST_BYTES]


def in_cases(*suffixes: str) -> list[bytes]:
    """Return the files with such suffixes among the cases; none where those are absent."""
    files = (path for path in sorted(CASES.rglob("*")) if path.suffix in suffixes)
    return [path.read_bytes() for path in files if path.stat().st_size <= MOST_BYTES]


def _constants(path: Path) -> Iterator[bytes]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
            value = node.value
            yield value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
