import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftdojo.errors import UnknownName, UsageError
from ftdojo.scorers.case import Case
from ftdojo.scorers.general.ifeval import CHECKS, follows, score

FOLDER = Path(__file__).parents[3].parent / "shared" / "data" / "ifeval"
needs_rows = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="needs the shared data folder beside the checkout"
)
ARGUMENTS = {
    "keywords:existence": {"keywords": ["pear", "ap+le"]},
    "keywords:frequency": {"keyword": " pear ", "frequency": 2, "relation": "at least"},
    "keywords:forbidden_words": {"forbidden_words": ["pear"]},
    "keywords:letter_frequency": {"letter": "A", "let_frequency": 2, "let_relation": "less than"},
    "language:response_language": {"language": "de"},
    "length_constraints:number_sentences": {"num_sentences": 2, "relation": "at least"},
    "length_constraints:number_paragraphs": {"num_paragraphs": 2},
    "length_constraints:number_words": {"num_words": 4, "relation": "at least"},
    "length_constraints:nth_paragraph_first_word": {
        "num_paragraphs": 2,
        "nth_paragraph": 2,
        "first_word": "So",
    },
    "detectable_content:number_placeholders": {"num_placeholders": 2},
    "detectable_content:postscript": {"postscript_marker": "P.S."},
    "detectable_format:number_bullet_lists": {"num_bullets": 2},
    "detectable_format:number_highlighted_sections": {"num_highlights": 2},
    "detectable_format:multiple_sections": {"section_spliter": "Part", "num_sections": 2},
    "combination:repeat_prompt": {"prompt_to_repeat": "Say hi."},
    "startend:end_checker": {"end_phrase": "The end."},
    "change_case:capital_word_frequency": {
        "capital_frequency": 2,
        "capital_relation": "at least",
    },
}
FOLLOWED = {
    "keywords:existence": ["A Pear and an apppple"],
    "keywords:frequency": ["pear, PEARS"],
    "keywords:forbidden_words": ["pears are fine"],
    "keywords:letter_frequency": ["a b c"],
    "language:response_language": ["Das ist ein Satz.", "123"],
    "length_constraints:number_sentences": ["Dr. No came. He left!", "Really?! Yes."],
    "length_constraints:number_paragraphs": ["a *** b", "***\na\n***\nb\n***"],
    "length_constraints:number_words": ["it's well-known", "one two three_3 4"],
    "length_constraints:nth_paragraph_first_word": ["One.\n\nso, two", "One.\n\n'\"SO'two"],
    "detectable_content:number_placeholders": ["[a][]", "[[x] [y]"],
    "detectable_content:postscript": ["Text p. s. more", "P.S."],
    "detectable_format:number_bullet_lists": ["* a\n- b", " -\n*b", "*\nx\n* y", "***\n* a\n-b"],
    "detectable_format:constrained_response": ["Well: My answer is maybe. So."],
    "detectable_format:number_highlighted_sections": ["*a* and *b*", "**a** then *b*"],
    "detectable_format:multiple_sections": ["Part 1 a Part2 b"],
    "detectable_format:json_format": ["```JSON\n[1]\n```", '"text"', "NaN"],
    "detectable_format:title": ["<<a>>", "x <<<< b >>>> y"],
    "combination:two_responses": ["a ****** b", "******a******b******"],
    "combination:repeat_prompt": ["SAY HI. Hi!"],
    "startend:end_checker": ['It is "the END."\n'],
    "startend:quotation": ['"a"', ' "a" b"'],
    "change_case:capital_word_frequency": ["DON'T", "A and U.S.", "WELL-KNOWN (OK)"],
    "change_case:english_capital": ["THIS IS ALL OF IT."],
    "change_case:english_lowercase": ["this is all of it."],
    "punctuation:no_comma": ["a; b"],
}
MISSED = {
    "keywords:existence": ["A pear"],
    "keywords:frequency": ["pear"],
    "keywords:forbidden_words": ["a Pear!"],
    "keywords:letter_frequency": ["Aa"],
    "language:response_language": ["This is the one."],
    "length_constraints:number_sentences": ["Mr. Smith came at 5 p.m. with J. Doe", "a.b"],
    "length_constraints:number_paragraphs": ["a", "a *** *** b", "a***b***c"],
    "length_constraints:number_words": ["one two three"],
    "length_constraints:nth_paragraph_first_word": [
        "One.\n\nThen so",
        "so",
        "a\n\n\n\nso",
        "a\n\nso\n\nb",
    ],
    "detectable_content:number_placeholders": ["[a]", "[a\n] [b]", "[[a]"],
    "detectable_content:postscript": ["PS: more"],
    "detectable_format:number_bullet_lists": ["* a", "** a\n* b", "* a\n* b\n- c", "*"],
    "detectable_format:constrained_response": ["my answer is yes."],
    "detectable_format:number_highlighted_sections": ["*a* and * *", "**a**", "*a\nb* c"],
    "detectable_format:multiple_sections": ["Part one Part 2", "part 1 part 2"],
    "detectable_format:json_format": ["```json {", "x {}"],
    "detectable_format:title": ["<<>>", "<< >>", "<<a\n>>", "<a>"],
    "combination:two_responses": ["a ****** a", "a", "a ****** ****** b", "a******b******c"],
    "combination:repeat_prompt": ["Hi! Say hi."],
    "startend:end_checker": ["The end. Bye."],
    "startend:quotation": ['"', '"a'],
    "change_case:capital_word_frequency": ["One Two", "John's OK"],
    "change_case:english_capital": ["This IS NOT", "DAS IST ES NICHT"],
    "change_case:english_lowercase": ["this Is not", "das ist es nicht"],
    "punctuation:no_comma": ["a, b"],
}


def about(instruction):
    return ARGUMENTS.get(instruction, {})


@pytest.mark.parametrize("instruction", CHECKS)
def test_each_instruction_tells_what_follows_it_from_what_does_not(instruction):
    for output in FOLLOWED[instruction]:
        assert follows(output, instruction, about(instruction)), output
    for output in [*MISSED[instruction], "", " \n"]:
        assert not follows(output, instruction, about(instruction)), output


@needs_rows
def test_every_given_case_is_scored_as_expected():
    for row in map(json.loads, (FOLDER / "golden.jsonl").read_text(encoding="utf8").splitlines()):
        scored = score(Case(name=row["case"], input=row["input"]))
        assert scored.reference == scored.strict == row["expected"], row["case"]


@needs_rows
def test_every_instruction_of_the_data_set_can_be_checked():
    for row in map(json.loads, (FOLDER / "test.jsonl").read_text(encoding="utf8").splitlines()):
        for name, kwargs in zip(row["instruction_id_list"], row["kwargs"], strict=True):
            assert follows(row["prompt"], name, kwargs) in {True, False}


def test_a_call_that_cannot_be_checked_says_what_is_wrong():
    with pytest.raises(UnknownName, match="Did you mean 'punctuation:no_comma'"):
        follows("a", "punctuation:no_commas", {})
    with pytest.raises(UsageError, match="number_words needs the argument 'num_words'"):
        follows("a", "length_constraints:number_words", {"num_words": None})
    with pytest.raises(
        UsageError, match="'most' is not a relation; give one of less than, at least"
    ):
        follows("a", "length_constraints:number_words", {"num_words": 1, "relation": "most"})
    with pytest.raises(UsageError, match="keywords:existence cannot be checked"):
        follows("a", "keywords:existence", {"keywords": ["("]})


HOSTILE = (
    "\n" * 100_000,
    "[" * 100_000,
    "<<" * 50_000,
    " " * 100_000,
    "*" * 100_000,
    "a." * 50_000,
)


@pytest.mark.parametrize("instruction", CHECKS)
def test_hostile_outputs_take_no_time(instruction):
    for output in HOSTILE:
        follows(output + "x", instruction, about(instruction))


@pytest.mark.parametrize("instruction", CHECKS)
@settings(max_examples=10, deadline=None)
@given(output=st.text(st.characters(exclude_categories=[])))
def test_no_output_raises(instruction, output):
    assert follows(output, instruction, about(instruction)) in {True, False}
