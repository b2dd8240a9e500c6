"""A plan's Markdown becomes a handful of harmless tags."""

import re

from hypothesis import given
from hypothesis import strategies as st

from ftdojo.report.templates import to_html

ALLOWED = {"h4", "p", "br", "ul", "ol", "li", "pre", "code", "strong", "em"}
PIECES = st.lists(
    st.sampled_from(
        ["# ", "- ", "1. ", "`", "```", "*", "**", "\n", "\n\n", "<b>", "</p>", "&", '"', "a ", "x"]
    )
)


@given(PIECES.map("".join) | st.text())
def test_nothing_but_known_tags_comes_out_and_they_are_balanced(text):
    page = str(to_html(text))
    tags = re.findall(r"<(/?)(\w+)(?: tabindex=\"0\")?>", page)
    assert {name for _, name in tags} <= ALLOWED
    assert page.count("<") == len(tags)
    open_tags = []
    for slash, name in tags:
        if name != "br" and slash:
            assert open_tags.pop() == name
        elif name != "br":
            open_tags.append(name)
    assert not open_tags


def test_headings_lists_emphasis_and_code_are_understood():
    page = to_html(
        "# One\ntwo **three** *four* `*five*`\n- six\n- seven\n\n1. eight\n```py\n<nine>\n```\nten"
    )
    assert page.replace("\n", "") == (
        "<h4>One</h4><p>two <strong>three</strong> <em>four</em> <code>*five*</code></p>"
        "<ul><li>six</li><li>seven</li></ul><ol><li>eight</li></ol>"
        '<pre tabindex="0"><code>&lt;nine&gt;</code></pre><p>ten</p>'
    )


def test_code_on_the_first_line_and_code_that_never_ends_are_code():
    assert to_html("```\nx < 1") == '<pre tabindex="0"><code>x &lt; 1</code></pre>'


def test_a_plan_of_any_length_is_cut():
    assert len(to_html("word " * 100_000)) < 21_000
