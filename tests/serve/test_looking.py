"""Pages of what an agent may know: all of it is there, in bounded pieces, and nothing that is held out."""

import json

import pytest

from ftdojo.errors import UsageError
from ftdojo.serve import LookRequest
from ftdojo.serve.views import MOST_CHARS, TEXT, page


@pytest.fixture(scope="module")
def trained(start, training):
    """A run with an experiment that the model learned from, ``e1``, and one that failed, ``e2``."""
    run = start("looked-at")
    run.quiet()
    for request in (training(), training("nobody")):
        run.hand_in(request)
        run.quiet()
    return run


def entries(run, what, name="", **how):
    return run.ask(LookRequest(what=what, name=name, **how))["entries"]


def test_a_page_says_where_the_next_one_begins(held):
    found = held.ask(LookRequest(what="source", name="right", limit=3, offset=396))
    assert (len(found["entries"]), found["next"]) == (3, 399)
    found = held.ask(LookRequest(what="source", name="right", limit=3, offset=399))
    assert (len(found["entries"]), found["next"]) == (1, None)


def test_the_task_and_all_sources_are_described(held):
    assert entries(held, "task")[0]["metric"] == "exact_match"
    named = [each["name"] for each in entries(held, "sources")]
    assert named == ["right", "swapped", "eager", "mute"]
    setting = entries(held, "setting")[0]
    assert (setting["model"]["name"], setting["seed"]) == ("tiny", 0)
    assert setting["budget"]["wall_s"] == 3600


def test_an_experiment_is_shown_with_files_feedback_rows_and_outputs(trained):
    assert "train.jsonl" in entries(trained, "experiment", "e1")[0]["data.py"]
    feedback = entries(trained, "feedback", "e1")[0]
    data = feedback["check"]["data"]
    assert (data["lineage"], data["formats"]) == ({"right": 400}, {"prompt-completion": 400})
    (compared,) = feedback["comparisons"]
    assert (compared["rivals"], compared["verdict"]) == (["base", "parent", "best"], "better")
    assert compared["p_value"] == float(f"{compared['p_value']:.4g}")
    assert len(feedback["training"]["curve"]) <= 12
    assert feedback["training"]["curve"][-1]["step"] == 60
    assert len(entries(trained, "rows", "e1")) == 5
    assert len(entries(trained, "predictions", "e1", limit=100)) == 15
    assert entries(trained, "ledger")[0]["experiments"] == 2


def test_a_failure_is_told_by_status_and_feedback(trained):
    told = trained.standing()
    assert (told["failure"]["kind"], told["failure"]["file"]) == ("data-script", "data.py")
    assert told["experiments"][1]["failure"] == told["failure"]
    assert entries(trained, "feedback", "e2")[0]["failure"]["stage"] == "dry-run"


def test_nothing_that_is_held_out_is_in_any_page(trained, toy):
    asked = [("task", ""), ("sources", ""), ("setting", ""), ("base", ""), ("ledger", "")]
    asked += [(what, "e1") for what in ("experiment", "feedback", "rows", "predictions")]
    asked += [("source", name) for name in ("right", "swapped", "eager", "mute")]
    seen = json.dumps([entries(trained, *each, limit=100) for each in asked])
    hidden = [
        item.messages[-1]["content"] for split in ("confirm", "test") for item in toy.items(split)
    ]
    assert len(hidden) == 180
    assert not [word for word in hidden if word in seen]


def test_rows_are_counted_as_the_training_counts_them(trained, toy):
    rows = [
        {"prompt": word, "completion": toy.ANSWERS[word[-1]]} for word in toy.words("train", 400)
    ]
    text = "\n".join(map(json.dumps, rows))
    found = entries(trained, "tokens", text=text, limit=100)
    data = entries(trained, "feedback", "e1")[0]["check"]["data"]
    assert (found[0]["rows"], found[0]["output_may_have"]) == (400, 4)
    shown = {name: float(f"{value:.4g}") for name, value in found[0]["all"].items()}
    assert shown == data["tokens"]
    assert found[0]["answer"]["high"] == data["label_tokens"]["high"]
    assert found[1]["all"] == found[1]["prompt"] + found[1]["answer"]


def test_any_text_is_counted_alone_and_as_a_question(held):
    (found,) = entries(held, "tokens", text="yes")
    assert 0 < found["tokens"] < found["asked"]


@pytest.mark.parametrize("line", ['{"a": 1}', '{"prompt": ', "{" * 5000])
def test_a_line_that_is_no_row_is_named(held, line):
    text = '{"prompt": "a!", "completion": "yes"}\n' + line
    with pytest.raises(UsageError, match=r"^Line 2 is not a training row: "):
        entries(held, "tokens", text=text)


@pytest.mark.parametrize(
    ("what", "name", "said"),
    [
        ("source", "wrong", "No source is called 'wrong'. Known: eager, mute, right, swapped"),
        ("feedback", "e7", "No experiment is called 'e7'."),
        ("predictions", "e7", "No experiment is called 'e7'"),
    ],
)
def test_what_is_not_there_is_refused_by_name(trained, what, name, said):
    with pytest.raises(UsageError, match=said):
        trained.ask(LookRequest(what=what, name=name))


def test_a_page_of_huge_entries_ends_early_and_long_texts_are_cut():
    found = [{"text": "x" * 10_000} for _ in range(100)]
    shown = page(LookRequest(what="rows", limit=100), found, total=100)
    assert len(json.dumps(shown)) < MOST_CHARS + 2 * TEXT
    assert shown["next"] == len(shown["entries"]) < 100
    assert shown["entries"][0]["text"].endswith("... (6000 characters more)")


def test_an_agents_own_files_are_never_cut():
    files = {"data.py": "x" * 200_000}
    assert page(LookRequest(what="experiment"), [files], total=None)["entries"] == [files]
