"""A submission is a folder with three files; what is wrong with one is one clear line."""

import pytest

from ftdojo.errors import UsageError
from ftdojo.serve import read_submission
from ftdojo.serve.protocol import MAX_TEXT, MergeRequest, read_request


@pytest.fixture
def folder(tmp_path):
    for name in ("plan.md", "data.py", "train.yaml"):
        (tmp_path / name).write_text(name, encoding="utf8")
    return tmp_path


def test_the_three_files_are_read_as_they_are(folder):
    texts = read_submission(folder)
    assert (texts.plan, texts.data, texts.train) == ("plan.md", "data.py", "train.yaml")


@pytest.mark.parametrize("name", ["plan.md", "data.py", "train.yaml"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(
        UsageError, match=f"{name} is missing; a submission is plan.md, data.py, train"
    ):
        read_submission(folder)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"nowhere is not a folder; name one that holds plan\.md"):
        read_submission(tmp_path / "nowhere")


def test_a_file_that_holds_the_data_is_refused(folder):
    (folder / "data.py").write_text("x" * (MAX_TEXT + 1))
    with pytest.raises(UsageError, match=r"data\.py is longer than 524288 bytes"):
        read_submission(folder)


def test_a_file_that_is_no_text_is_refused(folder):
    (folder / "plan.md").write_bytes(b"abc\xff")
    with pytest.raises(UsageError, match=r"plan\.md is not UTF-8 at byte 3"):
        read_submission(folder)


def test_something_that_never_ends_is_no_file(folder):
    (folder / "plan.md").unlink()
    (folder / "plan.md").symlink_to("/dev/zero")
    with pytest.raises(UsageError, match=r"plan\.md is missing"):
        read_submission(folder)


def test_a_merge_is_read_from_a_line_and_one_of_no_known_method_is_refused():
    found = read_request(b'{"verb": "merge", "parents": ["e1", "e2"], "weights": [1, 2]}')
    assert found == MergeRequest(parents=["e1", "e2"], weights=[1.0, 2.0])
    with pytest.raises(UsageError, match=r"merge\.method: Input should be 'linear', 'ties'"):
        read_request(b'{"verb": "merge", "parents": ["e1", "e2"], "method": "soup"}')
