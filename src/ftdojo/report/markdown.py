"""A plan's Markdown as HTML: headings, lists, emphasis and code. Everything is escaped first; nothing else gets through."""

import re
from collections.abc import Callable, Iterator
from itertools import groupby

from markupsafe import Markup, escape

from ftdojo.report.evidence import cut

MAX_CHARS = 20_000
_HEADING = re.compile(r"#{1,6} (?=\S)")
_BULLET = re.compile(r"[ \t]{0,8}[-*+] (?=\S)")
_NUMBER = re.compile(r"[ \t]{0,8}\d{1,3}[.)] (?=\S)")
_INLINE = [  # on escaped text; each stays within a line
    (re.compile(r"\*\*([^*\n]{1,500})\*\*"), r"<strong>\1</strong>"),
    (re.compile(r"\*(?=\S)([^*\n]{1,500})\*"), r"<em>\1</em>"),
]


def to_html(text: str) -> Markup:
    """Return ``text`` as HTML that holds no tag of its author's."""
    parts = ("\n" + cut(text.replace("\r\n", "\n"), MAX_CHARS)).split("\n```")
    prose = [_prose(parts[0])]
    for at, part in enumerate(parts[1:]):
        rest = part.partition("\n")[2]
        prose.append(_pre(rest) if at % 2 == 0 else _prose(rest))
    return Markup("\n").join(filter(None, prose))


def _pre(text: str) -> Markup:
    return Markup('<pre tabindex="0"><code>{}</code></pre>').format(text)


def _prose(text: str) -> Markup:
    blocks = [
        _BLOCKS[kind](list(lines)) for kind, lines in groupby(text.split("\n"), _kind) if kind
    ]
    return Markup("\n").join(blocks)


def _kind(line: str) -> str:
    if not line.strip():
        return ""
    for kind, mark in (("heading", _HEADING), ("bullet", _BULLET), ("number", _NUMBER)):
        if mark.match(line):
            return kind
    return "text"


def _headings(lines: list[str]) -> Markup:
    return _each("h4", (_HEADING.sub("", line, count=1) for line in lines))


def _bullets(lines: list[str]) -> Markup:
    return Markup("<ul>{}</ul>").format(_items(lines, _BULLET))


def _numbers(lines: list[str]) -> Markup:
    return Markup("<ol>{}</ol>").format(_items(lines, _NUMBER))


def _items(lines: list[str], mark: re.Pattern[str]) -> Markup:
    return _each("li", (mark.sub("", line, count=1) for line in lines))


def _paragraph(lines: list[str]) -> Markup:
    return Markup("<p>{}</p>").format(Markup("<br>").join(map(_inline, lines)))


def _each(tag: str, texts: Iterator[str]) -> Markup:
    return Markup("").join(Markup(f"<{tag}>{{}}</{tag}>").format(_inline(each)) for each in texts)


def _inline(line: str) -> Markup:
    """Mark up one line; what stands between two backquotes is left alone."""
    parts = str(escape(line.strip())).split("`")
    if len(parts) % 2 == 0:  # a backquote without a partner is text
        parts[-2:] = ["`".join(parts[-2:])]
    done = [f"<code>{part}</code>" if at % 2 else _marked(part) for at, part in enumerate(parts)]
    return Markup("".join(done))


def _marked(text: str) -> str:
    for pattern, replacement in _INLINE:
        text = pattern.sub(replacement, text)
    return text


_BLOCKS: dict[str, Callable[[list[str]], Markup]] = {
    "heading": _headings,
    "bullet": _bullets,
    "number": _numbers,
    "text": _paragraph,
}
