"""Where the items of a task lie on disk."""

from ftdojo import tasks


def test_where_a_tasks_items_lie_is_known_so_that_it_can_be_kept_from_scripts(
    tmp_path, monkeypatch
):
    (tmp_path / "alone.py").touch()
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    assert tasks.homes("alone:task") == (tmp_path / "alone.py",)
    assert tasks.homes("package.deep:task") == (tmp_path / "package",)
    assert tasks.homes(f"{tmp_path}/package") == (tmp_path / "package",)
    assert tasks.homes("reasoning-gym/leg_counting") == tasks.homes("math/gsm8k@reference")
