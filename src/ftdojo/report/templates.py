"""The package's templates: Jinja2 files with the filters that write numbers, plans and verdicts.

A plan's Markdown becomes headings, lists, emphasis and code. Everything is escaped first; nothing else gets through.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from importlib import resources
from itertools import groupby
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from ftdojo.report import numbers
from ftdojo.report.evidence import body_of, cut, headline_of, look

if TYPE_CHECKING:
    from jinja2 import Environment

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


FILE_SHOWN, LOG_SHOWN, SAMPLE_SHOWN = 20_000, 6_000, 1_500
"""Characters shown of a submitted file, a log and a sample row."""


@cache
def environment(*, escape: bool) -> "Environment":
    """Return what renders this package's templates; ``escape`` for HTML, without it for Markdown."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    from ftdojo.report.charts import score_line
    from ftdojo.report.templates import to_html
    from ftdojo.report.tree import status_of

    made = Environment(
        loader=FunctionLoader(text),
        autoescape=escape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "seconds": numbers.seconds,
        "number": numbers.number,
        "percent": numbers.share,
        "size": numbers.size,
        "p_value": numbers.p_value,
        "cut": cut,
        "markdown": to_html,
        "title_of": headline_of,
        "body_of": body_of,
        "look": look,
        "status": status_of,
        "score_line": score_line,
    }
    made.globals |= {"FILE": FILE_SHOWN, "LOG": LOG_SHOWN, "SAMPLE": SAMPLE_SHOWN}
    return made


@cache
def text(name: str) -> str:
    """Return a file of this package: a template, the styles or the script."""
    return resources.files("ftdojo.report").joinpath(name).read_text(encoding="utf8")
