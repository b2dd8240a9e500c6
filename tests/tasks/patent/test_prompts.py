"""The PANORAMA prompts: fields packed as JSON or not, nothing cut, and the asked-for file must be there."""

import json

import pytest

from ftdojo.errors import UsageError
from ftdojo.scorers.case import Case
from ftdojo.tasks.patent.cases import score_noc4pc, score_pi4pc
from ftdojo.tasks.patent.noc4pc import noc4pc_prompt
from ftdojo.tasks.patent.panorama import MODES
from ftdojo.tasks.patent.par4pc import par4pc_prompt
from ftdojo.tasks.patent.pi4pc import pi4pc_prompt

CONTEXT = {
    "title": "Lamp",
    "abstract": "It shines.",
    "claims": ["1. A lamp.", "2. A lamp with {oil}."],
}
PATENT = {"patent_id": "US1", "title": "Wick", "abstract": "Cotton.", "claims": ["1. A wick."]}
ROW = {
    "application_number": "7",
    "claim_number": 2,
    "context": json.dumps(CONTEXT),
    "options": json.dumps({"B": PATENT, "A": PATENT | {"claims": []}}),
}
PARAGRAPHS = ROW | {
    "options": {"54": "later", "9": "earlier"},
    "prior_art_specification": PATENT | {"specification": "All of it. " * 5000},
}
CITED = ROW | {
    "prior_art_specifications": [
        PATENT
        | {"claims": ["1. A wick\nof cotton."], "paragraphs": [{"key": 3, "content": "x\ny"}]},
        PATENT | {"claims": [], "paragraphs": []},
    ]
}


def test_packed_and_unpacked_fields_make_one_prompt():
    unpacked = ROW | {"context": CONTEXT, "options": json.loads(ROW["options"])}
    assert par4pc_prompt(ROW) == par4pc_prompt(unpacked)


def test_options_stand_in_order_with_their_claims():
    prompt = par4pc_prompt(ROW)
    assert prompt.index("\nA: Patent ID: US1\n") < prompt.index("\nB: Patent ID: US1\n")
    assert "   Claims: []\n\nB: Patent" in prompt
    assert '   Claims: [\n    "1. A wick."\n]\n\nBased only' in prompt


def test_paragraphs_stand_in_the_order_of_their_numbers_and_nothing_is_cut():
    prompt = pi4pc_prompt(PARAGRAPHS)
    assert "\nOptions:\n9: earlier\n54: later\n" in prompt
    assert "* **Claim 2:** 2. A lamp with {oil}.\n" in prompt
    assert len(prompt) > 55_000


def test_lines_of_prior_art_hang_under_their_numbers():
    prompt = noc4pc_prompt(CITED)
    assert "*   Claims:\n    1. 1. A wick\n       of cotton.\n*   Cited" in prompt
    assert "    [3]: x\n          y\n\n--- Prior Art #2 ---\n" in prompt
    assert "    (No claims provided for this prior art)\n" in prompt
    assert "    (No specific paragraphs cited for this prior art)\n" in prompt


def test_an_application_without_prior_art_says_so():
    assert "No prior art specifications provided for analysis.\n" in noc4pc_prompt(
        ROW | {"prior_art_specifications": []}
    )


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("prompt", "row"), [(par4pc_prompt, ROW), (pi4pc_prompt, PARAGRAPHS), (noc4pc_prompt, CITED)]
)
def test_no_hole_of_a_template_stays_open(prompt, row, mode):
    text = prompt(row, mode)
    assert "{number}" not in text
    assert "{{" not in text
    assert text.endswith("```\n")


def test_a_case_reads_its_row_from_the_file_beside_it(tmp_path):
    (tmp_path / "rows.jsonl").write_text(json.dumps(CITED) + "\n")
    asked = {"row": 0, "file": "rows.jsonl", "prompt_mode": "zero-shot"}
    figures = score_noc4pc(Case(name="prompt", input=asked, folder=tmp_path)).reference
    assert figures["chars"] == len(noc4pc_prompt(CITED))
    with pytest.raises(UsageError, match=r"row 1 of .*rows\.jsonl, which is not there"):
        score_noc4pc(Case(name="prompt", input=asked | {"row": 1}, folder=tmp_path))


def test_a_case_away_from_its_data_reads_the_mirror(tmp_path, monkeypatch):
    (tmp_path / "panorama_noc4pc").mkdir()
    (tmp_path / "panorama_noc4pc" / "rows.jsonl").write_text(json.dumps(CITED) + "\n")
    monkeypatch.setenv("FTDOJO_MIRROR", str(tmp_path))
    asked = {"row": 0, "file": "rows.jsonl", "prompt_mode": "cot"}
    figures = score_noc4pc(Case(name="prompt", input=asked, folder=tmp_path / "cases")).reference
    assert figures["chars"] == len(noc4pc_prompt(CITED, "cot"))


def test_an_unknown_mode_names_the_known_ones(tmp_path):
    asked = {"row": 0, "file": "rows.jsonl", "prompt_mode": "few-shot"}
    with pytest.raises(UsageError, match=r"prompt_mode='few-shot' .* write one of .*zero-shot"):
        score_pi4pc(Case(name="prompt", input=asked, folder=tmp_path))
