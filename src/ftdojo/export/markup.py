"""Texts of others as Markdown and as words of a shell: shown as they are, and never obeyed."""

import re
import shlex

_SPECIAL = re.compile(
    r"""
      [\\`*~\[\]<>|&]
    | (?<![^\W_])_ | _(?![^\W_])      # within a word it is a letter
    | ^[-+\#] | (?<=\d)[.)](?!\S)   # begins a list or a heading, also within a list
    | \#(?=\#*$)  # at the end of a heading they would close it
    """,
    re.VERBOSE,
)
UNSHOWN = "\ufffd"


def inline(text: str) -> str:
    r"""Return ``text`` as plain words within a line of Markdown.

    Example:
        >>> inline("a\n# <b> | *c*")
        'a # \\<b\\> \\| \\*c\\*'
    """
    line = " ".join(_shown(text).split())
    return _SPECIAL.sub(lambda found: "\\" + found[0], line)


def fenced(text: str, language: str = "text") -> str:
    r"""Return ``text`` as a code block that nothing in it can close.

    Example:
        >>> fenced("a```b").splitlines()
        ['````text', 'a```b', '````']
    """
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    ticks = "`" * max(3, longest + 1)
    lines = "\n".join(_shown(line) for line in text.split("\n"))
    return f"{ticks}{language}\n{lines}\n{ticks}"


def shell_word(text: str) -> str:
    r"""Return ``text`` as one word of bash, on one line, whatever is in it.

    Example:
        >>> print(shell_word("it's"), shell_word("two\nlines"))
        'it'"'"'s' $'two\nlines'
    """
    if text.isprintable():
        return shlex.quote(text)
    return "$'" + "".join(map(_escaped, text)) + "'"


def _escaped(each: str) -> str:
    if each == "\n":
        return "\\n"
    if each in "\\'":
        return "\\" + each
    return each if each.isprintable() else "".join(f"\\x{byte:02x}" for byte in each.encode())


def _shown(line: str) -> str:
    """Return a line with a mark for every character that is not to be seen; tabs become blanks."""
    return "".join(
        each if each.isprintable() else " " if each in "\t\n" else UNSHOWN for each in line
    )
