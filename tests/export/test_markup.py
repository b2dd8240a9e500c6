"""Whatever others wrote is read back from a page of Markdown as the words it is."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ftdojo.export.card import inline

markdown_it = pytest.importorskip("markdown_it")
PLACES = ["- {}: 3 rows\n- worked: 2 rows\n", "# {}\n\nAfter\n", "a {} b\n\n- after\n"]
PLACES += ["| {} | n |\n|---|---|\n| base, {} | 1 |\n"]
MARKS = st.text(st.sampled_from("ab1.)_~*#-+=`>|![]<&; \t\n"), min_size=1, max_size=12)


def read(page):
    """Return a page as CommonMark with tables and strikethrough reads it: its structure, and its text."""
    reader = markdown_it.MarkdownIt("commonmark").enable(["table", "strikethrough"])
    blocks = reader.parse(page)
    inner = [each for block in blocks for each in block.children or ()]
    kinds = [each.type for each in [*blocks, *inner] if each.type not in ("text", "text_special")]
    return kinds, "".join(each.content for each in inner)


@settings(deadline=None, max_examples=300)
@given(MARKS.filter(str.strip), st.sampled_from(PLACES))
@example("# Big", PLACES[0])
@example("~~~ x", PLACES[0])
@example("12) x", PLACES[0])
@example("_x_ ~~y~~", PLACES[1])
@example("1 #", PLACES[1])
def test_marks_are_text_wherever_they_stand(text, place):
    kinds, said = read(place.replace("{}", inline(text)))
    plain, expected = read(place.replace("{}", "word"))
    assert kinds == plain
    assert said == expected.replace("word", " ".join(text.split()))


def test_a_name_with_underscores_stays_as_it_is_written():
    assert inline("exact_match of qwen-2.5") == "exact_match of qwen-2.5"
