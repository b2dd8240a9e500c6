"""The benchmark of profiling and scoring: both sides find the same figures, in processes of their own."""

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def data(monkeypatch):
    monkeypatch.syspath_prepend(ROOT)
    from benchmarks import data

    yield data
    for name in [name for name in sys.modules if name.partition(".")[0] == "benchmarks"]:
        monkeypatch.delitem(sys.modules, name)


def test_generated_rows_repeat_and_lack_what_they_should(data, tmp_path):
    file = tmp_path / "rows.jsonl"
    data.write(file, 4000)
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    distinct = {row["question"] + row["solution"] for row in rows}
    assert 1 - len(distinct) / len(rows) == pytest.approx(0.05, abs=0.005)
    assert sum(not row["solution"] for row in rows) / len(rows) == pytest.approx(0.02, abs=0.01)


@pytest.mark.slow
@pytest.mark.parametrize("job", ["profile", "score"])
def test_ours_and_the_rival_find_the_same_figures(data, tmp_path, job):
    file = tmp_path / "rows.jsonl"
    data.write(file, 500)
    (_, ours), (_, theirs) = (work()(file) for work in data.JOBS[job].values())
    assert ours == pytest.approx(theirs)
