"""The package's templates: Jinja2 files with the filters that write numbers, plans and verdicts."""

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from ftdojo.report import numbers
from ftdojo.report.evidence import body_of, cut, headline_of, look

if TYPE_CHECKING:
    from jinja2 import Environment

FILE_SHOWN, LOG_SHOWN, SAMPLE_SHOWN = 20_000, 6_000, 1_500
"""Characters shown of a submitted file, a log and a sample row."""


@cache
def environment(*, escape: bool) -> "Environment":
    """Return what renders this package's templates; ``escape`` for HTML, without it for Markdown."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    from ftdojo.report.charts import score_line
    from ftdojo.report.markdown import to_html
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
