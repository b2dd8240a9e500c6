"""A step reads nothing of the record again, however long the run has become."""

import pytest

from ftdojo.records import Check, Finish, Look, Submission, Train

BROKEN = Submission(plan="p", data="pass", train="lerning_rate: 1\n")
RECORD = ("experiment.json", "evaluation.json", "ledger.jsonl", "events.jsonl")


@pytest.fixture(scope="module")
def dojo(new):
    """A run with some experiments, each refused by its check."""
    with new("long") as made:
        made.reset()
        for _ in range(4):
            made.step(Train(submission=BROKEN))
        yield made


@pytest.mark.parametrize(
    "action",
    [
        Look(what="ledger"),
        Look(what="experiment", name="e2"),
        Check(submission=BROKEN),
        Train(submission=BROKEN),
        Finish(experiment="e99"),
    ],
    ids=lambda action: action.verb,
)
def test_a_step_reads_nothing_of_the_record_and_lists_no_earlier_experiment(dojo, action):
    from toy_reads import reads_below

    earlier = tuple(f"experiments/{each.id}" for each in dojo.folder.experiments())
    with reads_below(dojo.folder.path) as read:
        dojo.step(action)
    assert read, "the search works"
    assert [each for each in read if each.endswith(RECORD) or each.startswith(earlier)] == []


def test_a_restart_reads_each_experiment_once(new, reopen):
    from toy_reads import reads_below

    with new("read-again") as dojo:
        dojo.reset()
        for _ in range(3):
            dojo.step(Train(submission=BROKEN))
    with reads_below(dojo.folder.path) as read, reopen("read-again") as again:
        again.reset()
        again.step(Look(what="ledger"))
    counted = {each: read.count(each) for each in read if each.endswith("experiment.json")}
    assert counted == {f"experiments/e{at}/experiment.json": 1 for at in (1, 2, 3)}
    assert read.count("ledger.jsonl") == 1
