"""Put the page together: the template with autoescape, styles and script inlined, and a policy that lets nothing else in."""

import base64
import hashlib
from pathlib import Path

from ftdojo.report.evidence import PAGE, SYMBOLS, RunEvidence
from ftdojo.report.templates import environment, text
from ftdojo.store import RunFolder, write_atomic


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

    evidence = RunEvidence.read(folder)
    style, script = text("page.css"), text("page.js")
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


def _views(evidence: RunEvidence) -> dict[str, object]:
    from ftdojo.report.answers import KINDS, answers
    from ftdojo.report.charts import loss_chart, score_chart
    from ftdojo.report.headline import headline, outcome
    from ftdojo.report.spending import recipe, spending
    from ftdojo.report.story import learnt
    from ftdojo.report.tree import rows

    compared = answers(evidence)
    return {
        "head": headline(evidence),
        "outcome": outcome(evidence, compared),
        "scores": score_chart(evidence),
        "tree": rows(evidence),
        "losses": loss_chart(evidence),
        "spending": spending(evidence),
        "answers": compared,
        "learnt": learnt(evidence.folder),
        "kinds": KINDS,
        "recipe": recipe(evidence.config),
        "scale": evidence.scale,
        "symbols": SYMBOLS,
    }


def _policy(style: str, script: str) -> str:
    """Return a Content-Security-Policy that allows these two texts and nothing from anywhere."""
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
