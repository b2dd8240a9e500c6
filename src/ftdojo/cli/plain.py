"""Text that is safe to print: one line, and nothing that a terminal would obey.

Scripts, models and files of others end up in messages, plans and notes, so what is printed of them is cleaned here.
"""


def printable(text: str) -> str:
    r"""Return ``text`` with a blank for every character that is not to be seen, escape codes among them.

    Example:
        >>> printable("a\x1b[31mred")
        'a [31mred'
    """
    return "".join(each if each.isprintable() else " " for each in text)


def one_line(text: str) -> str:
    r"""Return ``text`` printable and on one line.

    Example:
        >>> one_line("two\n  lines")
        'two lines'
    """
    return " ".join(printable(text).split())


def verdict(name: str, against: str) -> str:
    """Say a verdict in words.

    Example:
        >>> verdict("better", "base"), verdict("undecided", "e2")
        ('better than base', 'undecided against e2')
    """
    return f"{name} {'against' if name == 'undecided' else 'than'} {against}"
