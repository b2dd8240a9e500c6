"""``data.py`` before it runs: is it Python at all? It is parsed here and never run outside the sandbox."""

import ast
import re
import warnings

from ftdojo.records import Failure, FailureKind, Stage
from ftdojo.submissions.texts import is_writable

FILE = "data.py"
MAX_CHARS = 262_144
_CODING = re.compile(r"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
"""PEP 263: such a comment in the first two lines tells Python how to decode the file."""


def read_script(text: str) -> Failure | None:
    """Return what keeps the text of ``data.py`` from being run, or None.

    The text is parsed, not compiled: the compiler needs quadratic time on some scripts. What only the compiler sees
    (a ``return`` outside a function) is left to the dry run.
    """
    text = text.removeprefix("\ufeff")
    if len(text) > MAX_CHARS:
        return _failure(f"it has {len(text)} characters, at most {MAX_CHARS} are read")
    if unfit := _unfit(text):
        return _failure(unfit)
    try:
        tree = _parse(text)
    except SyntaxError as error:
        return _syntax(error, text)
    except (RecursionError, MemoryError):
        return _failure(
            "it is nested too deeply for Python's parser; write it in several statements"
        )
    if all(_does_nothing(node) for node in tree.body):
        return _failure(
            "it does nothing; write code that turns raw sources into rows of training data"
        )
    return None


def _parse(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a doubtful escape in an agent's script does not matter
        return ast.parse(text, FILE)


def _unfit(text: str) -> str:
    """Return why the characters themselves are not Python source; empty if they are."""
    if "\0" in text:
        return "it holds a null byte; hand in plain UTF-8 text"
    if not is_writable(text):
        return "it holds half a surrogate pair, which UTF-8 cannot write; drop it"
    if text.lstrip().startswith("```"):
        return "it begins with a Markdown fence; hand in the bare code"
    for line in text.splitlines()[:2]:
        declared = _CODING.match(line)
        if declared and declared[1].lower().replace("_", "-") not in ("utf-8", "utf8"):
            return f"it declares the encoding {declared[1][:40]!r}; it is stored as UTF-8, drop that comment"
    return ""


def _does_nothing(node: ast.stmt) -> bool:
    constant = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return constant or isinstance(node, ast.Pass)


def _syntax(error: SyntaxError, text: str) -> Failure:
    """Point at the place, as Python does."""
    where = f"line {error.lineno}" if error.lineno else "the text"
    return _failure(f"{where}: {error.msg.rstrip('.')}", log_tail=_pointer(error, text))


def _pointer(error: SyntaxError, text: str, width: int = 120) -> str:
    """Return the line at fault and a caret below the character at fault."""
    lines = text.split("\n")
    if not error.lineno or error.lineno > len(lines):
        return ""
    line, column = lines[error.lineno - 1], max(0, (error.offset or 1) - 1)
    start = max(0, column - width // 2)
    shown = line[start : start + width].replace("\t", " ").rstrip()
    return f"{shown}\n{' ' * (column - start)}^"


def _failure(why: str, *, log_tail: str = "") -> Failure:
    return Failure(
        stage=Stage.STATIC,
        kind=FailureKind.SYNTAX,
        message=f"{FILE}: {why}.",
        file=FILE,
        log_tail=log_tail,
    )
