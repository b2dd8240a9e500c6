"""``ftdojo sources``: what is offered, where it is, and getting it."""

import json
from pathlib import Path

import pytest

from ftdojo import tasks
from ftdojo.testing import HubServer, Repository

ROWS = [{"q": f"What is {at}?", "a": str(at)} for at in range(20)]
RAW = [{"question": row["q"], "answer": row["a"]} for row in ROWS]
TASK = "toy_riddles:task"
SHARED = Path(__file__).parents[3] / "shared" / "data"


def as_jsonl(rows):
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A cache and a hub's cache of one's own, nobody to ask, and the toy task under a name."""
    monkeypatch.setitem(tasks.tasks._builtin, "toy/riddles", TASK)
    monkeypatch.delenv("FTDOJO_MIRROR", raising=False)
    return {"FTDOJO_CACHE": tmp_path / "cache"}


@pytest.fixture
def mirrored(own, tmp_path):
    folder = tmp_path / "mirror" / "riddles"
    folder.mkdir(parents=True)
    (folder / "train.jsonl").write_bytes(as_jsonl(ROWS))
    return own | {"FTDOJO_MIRROR": folder.parent}


def test_without_a_task_every_source_of_every_task_is_listed_and_nothing_is_measured(call, own):
    ended = call("sources", "list", "--json", **own)
    rows = json.loads(ended.out)
    assert {row["task"] for row in rows} == set(tasks.tasks)
    assert all(row["licence"] and row["here"] and "rows" not in row for row in rows)
    assert not own["FTDOJO_CACHE"].exists()


def test_a_list_says_where_a_source_is_and_what_its_licence_forbids(call, mirrored):
    ended = call("sources", "list", **mirrored)
    cells = [line.split() for line in ended.out.splitlines()]
    (found,) = (line for line in cells if line[:2] == ["toy/riddles", "asked"])
    assert found[2:] == ["CC", "BY-NC", "4.0", "in", "part", "org/riddles"]
    assert "riddles is under CC BY-NC 4.0, which does not allow commercial use." in ended.err


def test_sources_of_a_task_that_are_not_here_are_listed_without_figures(call, own):
    ended = call("sources", "list", TASK, "--json", **own)
    rows = {row["name"]: row for row in json.loads(ended.out)}
    assert (ended.code, rows["asked"]["here"], "rows" in rows["asked"]) == (0, "no", False)
    assert rows["answers"]["rows"] == 240
    assert "asked: riddles is not here (part 'train'): point FTDOJO_MIRROR" in ended.err


@pytest.mark.parametrize("names", [("asked",), (TASK, "asked")])
def test_a_source_is_shown_with_its_figures(call, mirrored, names):
    ended = call("sources", "show", *names, "--json", **mirrored)
    found = json.loads(ended.out)
    assert (found["rows"], found["origin"], found["hub_id"]) == (20, "mirror", "org/riddles")
    assert found["scripts"] == {"Latin": 1.0}
    assert found["tokens_by"] == "estimate: characters / 4"


def test_tokens_are_counted_as_a_model_does(call, mirrored, environment):
    named = ("sources", "show", "asked", "--model", "tiny", "--json")
    found = json.loads(call(*named, **mirrored).out)
    assert found["tokens_by"] == "tiny"
    assert found["total_tokens"] == sum(len(f"{row['q']} {row['a']}") for row in ROWS)


def test_a_card_reads_like_a_card(call, mirrored):
    shown = call("sources", "show", "asked", **mirrored).out
    assert "warning:          riddles is under CC BY-NC 4.0" in shown
    assert "field:            a: its answer (answer)" in shown
    assert 'sample:           {"q": "What is 0?", "a": "0"}' in shown


def test_a_source_that_several_tasks_offer_is_asked_back(call, own, refused, monkeypatch):
    monkeypatch.setitem(tasks.tasks._builtin, "toy/other", "toy_riddles:other")
    assert refused(call("sources", "show", "asked", **own), code=2) == (
        "Several tasks offer a source 'asked'; name one of them before it: toy/other, toy/riddles."
    )


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("show", "askde"), "No source is called 'askde'. Did you mean 'asked'?"),
        (("pull", "ridles"), "No data set is called 'ridles'. Did you mean 'riddles'?"),
        (("pull",), "Name a data set, or a task with --task, and not both."),
        (("pull", "riddles", "--task", TASK), "Name a data set, or a task with --task, and not"),
        (("pull", "riddles", "--part", "dev"), "No part is called 'dev'. Known: test, train."),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_wrong_call_is_one_line(call, own, refused, args, told):
    assert refused(call("sources", *args, **own), code=2).startswith(told)


@pytest.mark.parametrize("name", ["riddles", "asked"])
def test_a_part_is_pulled_by_the_name_of_its_data_set_or_of_a_source(call, mirrored, name):
    ended = call("sources", "pull", name, "--part", "train", "--json", **mirrored)
    (row,) = json.loads(ended.out)
    assert (row["dataset"], row["part"], row["from"], row["rows"]) == (
        "riddles",
        "train",
        "mirror",
        20,
    )


def test_a_task_that_needs_nothing_says_so(call, own):
    ended = call("sources", "pull", "--task", "math/mini", **own)
    assert (ended.code, ended.out) == (0, "")
    assert ended.err == "math/mini needs no published data; there is nothing to get.\n"


@pytest.mark.parametrize("args", [("list", "math/mini"), ("show", "math/mini", "worked")])
def test_a_cache_that_cannot_be_made_is_one_line(call, own, refused, args):
    told = refused(call("sources", *args, FTDOJO_CACHE="/proc/x"), code=1)
    assert "cannot be kept in /proc/x/sources/" in told
    assert "point FTDOJO_CACHE at another folder" in told


@pytest.fixture
def hub(tmp_path):
    files = {"data/train.jsonl": as_jsonl(RAW), "test.jsonl": as_jsonl(RAW[:2])}
    with HubServer({"datasets/org/riddles": Repository(files=files)}) as server:
        yield {
            "HF_ENDPOINT": server.url,
            "HF_HOME": tmp_path / "hf",
            "FTDOJO_CACHE": tmp_path / "cache",
        }


def test_a_licence_is_agreed_to_once_and_the_data_are_pulled_from_the_hub(program, hub, refused):
    asked = ("sources", "pull", "--task", TASK, "--json")
    assert "`ftdojo sources pull riddles --accept-licence`" in refused(
        program(*asked, **hub), code=1
    )
    agreed = program(*asked, "--accept-licence", **hub)
    assert agreed.code == 0, agreed.err
    assert [(row["part"], row["rows"]) for row in json.loads(agreed.out)] == [
        ("train", 20),
        ("test", 2),
    ]
    assert agreed.err.startswith("riddles: downloading 0.0 MB from http://127.0.0.1:")
    assert program("sources", "show", TASK, "asked", **hub, HF_HUB_OFFLINE="1").code == 0


def test_accepting_in_a_cache_that_cannot_be_made_is_one_line(program, hub, refused):
    asked = ("sources", "pull", "--task", TASK, "--accept-licence")
    told = refused(program(*asked, **(hub | {"FTDOJO_CACHE": "/proc/x"})), code=1)
    assert told.startswith(
        "/proc/x/datasets/accepted-licences.json cannot be written (No such file"
    )


def test_no_network_and_no_data_is_one_line(program, hub, refused):
    asked = ("sources", "pull", "--task", TASK, "--accept-licence")
    told = refused(program(*asked, **(hub | {"HF_ENDPOINT": "http://127.0.0.1:9"})), code=1)
    assert told.startswith("riddles is not here (part 'train'): point FTDOJO_MIRROR at a folder")


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared/data")
def test_a_run_on_a_task_whose_source_is_not_here_says_how_to_do_without_it(
    call, refused, monkeypatch
):
    monkeypatch.setenv("FTDOJO_MIRROR", str(SHARED))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    said = refused(call("run", "tables/fact-checking", "--model", "tiny"), code=1)
    assert said.endswith("Or do without it: tables/fact-checking@without=tableinstruct.")


@pytest.mark.slow
@pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared/data")
def test_a_run_without_the_missing_source_is_played_to_its_end(call, monkeypatch, tmp_path):
    monkeypatch.setenv("FTDOJO_MIRROR", str(SHARED))
    task = "chemistry/mol-und@without=chemcotdataset"
    pytest.importorskip("rdkit", reason="chemistry needs rdkit")
    ended = call("run", task, "--model", "tiny", "--agent", "base", "--runs", tmp_path, "--json")
    assert (ended.code, json.loads(ended.out)["task"]) == (0, task)
