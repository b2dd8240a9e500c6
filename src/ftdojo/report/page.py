"""Put the page together: the template with autoescape, styles and script inlined, and a policy that lets nothing else in."""

import base64
import hashlib
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from ftdojo.report import numbers
from ftdojo.report.evidence import PAGE, SYMBOLS, Evidence, body_of, cut, headline_of, look
from ftdojo.store import RunFolder, write_atomic

if TYPE_CHECKING:
    from jinja2 import Environment

FILE_SHOWN, LOG_SHOWN, SAMPLE_SHOWN = 20_000, 6_000, 1_500
"""Characters shown of a submitted file, a log and a sample row."""


def write(folder: RunFolder) -> Path:
    """Write the page into the run folder as ``report.html``, whole or not at all, and return its path.

    Raises:
        StoreError: the run is damaged, or the page cannot be written.
    """
    path = folder.path / PAGE
    write_atomic(path, render(folder))
    return path


def render(folder: RunFolder) -> str:
    """Return the page about the run in ``folder``, at whatever stage it is.

    The page needs no network and no other file. All text of the run is escaped, and the page's own policy forbids
    every script and style but the two it came with.

    Raises:
        StoreError: a file of the run is damaged.
    """
    from markupsafe import Markup

    evidence = Evidence.read(folder)
    style, script = _text("page.css"), _text("page.js")
    return (
        environment(escape=True)
        .get_template("page.html.j2")
        .render(
            e=evidence,
            policy=_policy(style, script),
            style=Markup(style),
            script=Markup(script),
            **_views(evidence),
        )
    )


def _views(evidence: Evidence) -> dict[str, object]:
    from ftdojo.report.answers import KINDS, answers
    from ftdojo.report.headline import headline
    from ftdojo.report.loss_chart import loss_chart
    from ftdojo.report.reproduce import recipe
    from ftdojo.report.score_chart import score_chart
    from ftdojo.report.spending import spending
    from ftdojo.report.story import learnt
    from ftdojo.report.tree import rows

    return {
        "head": headline(evidence),
        "scores": score_chart(evidence),
        "tree": rows(evidence),
        "losses": loss_chart(evidence),
        "spending": spending(evidence),
        "answers": answers(evidence),
        "learnt": learnt(evidence.folder),
        "kinds": KINDS,
        "recipe": recipe(evidence.config),
        "scale": evidence.scale,
        "symbols": SYMBOLS,
    }


@cache
def environment(*, escape: bool) -> "Environment":
    """Return what renders this package's templates; ``escape`` for HTML, without it for Markdown."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    from ftdojo.report.markdown import to_html
    from ftdojo.report.score_chart import score_line
    from ftdojo.report.story import facts
    from ftdojo.report.tree import status_of

    made = Environment(
        loader=FunctionLoader(_text),
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
        "facts": facts,
    }
    made.globals |= {"FILE": FILE_SHOWN, "LOG": LOG_SHOWN, "SAMPLE": SAMPLE_SHOWN}
    return made


@cache
def _text(name: str) -> str:
    return resources.files("ftdojo.report").joinpath(name).read_text(encoding="utf8")


def _policy(style: str, script: str) -> str:
    """Return a Content-Security-Policy that allows these two texts and nothing from anywhere."""
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
