"""Where things are kept, and what is said where no place is known."""

import pytest

from ftdojo import config
from ftdojo.errors import UsageError


@pytest.mark.parametrize(
    ("folder", "variable"),
    [(config.cache_dir, "FTDOJO_CACHE"), (config.cases_dir, "FTDOJO_CASES")],
)
def test_a_user_without_a_home_folder_is_told_which_variable_names_another(
    monkeypatch, tmp_path, folder, variable
):
    for name in ("HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", variable):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.path.expanduser", lambda path: path)  # as for a user who is in no list
    with pytest.raises(UsageError, match=f"no home folder.*set {variable} to a folder"):
        folder()
    monkeypatch.setenv(variable, str(tmp_path))
    assert folder() == tmp_path
