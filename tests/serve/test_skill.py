"""The guide as a skill: what the form of agentskills.io asks for, where it goes, and what it never overwrites."""

import re

import pytest
import yaml

from ftdojo.errors import UnknownName, UsageError
from ftdojo.serve import guide
from ftdojo.serve.skill import HOMES, install, skill, skills_folder


def test_the_skill_has_the_form_that_agents_read_and_the_guide_as_its_body(tmp_path):
    path = install(tmp_path)
    text = path.read_text("utf8")
    _, head, body = text.split("---\n", 2)
    front = yaml.safe_load(head)
    assert (text, body.strip()) == (skill(), guide().strip())
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", front["name"])
    assert (front["name"], path.name) == (path.parent.name, "SKILL.md")
    assert 0 < len(front["description"]) <= 1024
    assert all(isinstance(value, str) for value in front["metadata"].values())
    assert len(text.splitlines()) <= 500


@pytest.mark.parametrize("whom", HOMES)
def test_each_program_has_its_folder_below_the_home_of_the_user(whom, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    found = skills_folder(whom)
    assert (found.name, tmp_path in found.parents) == ("skills", True)


def test_an_earlier_one_of_ours_is_brought_up_to_date(tmp_path, monkeypatch):
    monkeypatch.setattr("ftdojo.serve.skill.guide", lambda: "# As it was\n\n---\n\nand more\n")
    path = install(tmp_path)
    monkeypatch.undo()
    assert install(tmp_path).read_text("utf8") == skill() == path.read_text("utf8")


@pytest.mark.parametrize("theirs", [b"mine\n", b"\xff\xfe", b""], ids=["text", "binary", "empty"])
def test_the_file_of_somebody_else_is_left_alone(tmp_path, theirs):
    path = tmp_path / "ftdojo" / "SKILL.md"
    path.parent.mkdir()
    path.write_bytes(theirs)
    with pytest.raises(UsageError, match="move it away"):
        install(tmp_path)
    assert path.read_bytes() == theirs


def test_a_line_that_its_user_added_is_not_lost(tmp_path):
    path = install(tmp_path)
    path.write_text(path.read_text("utf8") + "Always ask me first.\n", "utf8")
    with pytest.raises(UsageError, match="changed since"):
        install(tmp_path)
    assert path.read_text("utf8").endswith("Always ask me first.\n")


def test_a_link_is_not_followed(tmp_path):
    (tmp_path / "ftdojo").mkdir()
    (tmp_path / "ftdojo" / "SKILL.md").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="move it away"):
        install(tmp_path)


def test_a_program_that_nobody_knows_is_not_taken_for_a_folder():
    with pytest.raises(UnknownName, match="Did you mean 'claude'"):
        skills_folder("claud")
