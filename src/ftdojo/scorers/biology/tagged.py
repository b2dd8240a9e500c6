"""Finds what stands between the tags that every BioProBench answer is wrapped in."""

START, END = "[ANSWER_START]", "[ANSWER_END]"


def wrapped(answer: str) -> str:
    """Return ``answer`` between its tags.

    Example:
        >>> wrapped("True")
        '[ANSWER_START]True[ANSWER_END]'
    """
    return f"{START}{answer}{END}"


def behind(output: str, mark: str) -> str:
    """Return what follows the last ``mark``, or the whole output without one."""
    return output.rpartition(mark)[2]


def thought_out(output: str) -> str:
    """Return what follows the thinking, if the output shows any."""
    return behind(output, "</think>")


def answers(text: str) -> list[str]:
    """Return what stands in each closed pair of tags, stripped, in order.

    Example:
        >>> answers("[ANSWER_START] a [ANSWER_END] and [ANSWER_START]b")
        ['a']
    """
    found, at = [], 0
    while (start := text.find(START, at)) >= 0 and (end := text.find(END, start)) >= 0:
        found.append(text[start + len(START) : end].strip())
        at = end + len(END)
    return found


def last_answer(output: str) -> str | None:
    """Return what stands in the last closed pair of tags after the thinking, or None without a pair."""
    return next(reversed(answers(thought_out(output))), None)
