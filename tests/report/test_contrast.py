"""Text can be read: every colour of text reaches 4.5 to 1 (WCAG AA) on every ground, in light and dark."""

import re
from importlib import resources

import pytest

CSS = resources.files("ftdojo.report").joinpath("page.css").read_text(encoding="utf8")
COLOURS = {
    name: pair for name, *pair in re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", CSS)
}
TEXTS = ["ink", "soft", "accent", "better", "worse", "undecided"]


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    high, low = sorted([luminance(one), luminance(other)], reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["page", "card", "sunk"])
@pytest.mark.parametrize("text", TEXTS)
def test_text_stands_out_from_its_ground(text, ground, theme):
    assert contrast(COLOURS[text][theme], COLOURS[ground][theme]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("verdict", ["better", "worse"])
def test_a_verdict_stands_out_from_its_wash(verdict, theme):
    assert contrast(COLOURS[verdict][theme], COLOURS[f"{verdict}-wash"][theme]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("curve", [f"c{slot}" for slot in range(8)] + ["base"])
def test_a_curve_stands_out_from_the_page(curve, theme):
    assert contrast(COLOURS[curve][theme], COLOURS["page"][theme]) >= 3.0
