"""``start_from`` names an earlier experiment of the run, with weights, trained in a way that can go on."""

import json
from dataclasses import replace

import pytest
import torch
from safetensors.torch import save_file

from ftdojo.checks import Passed
from ftdojo.checks.context import CheckFailed
from ftdojo.checks.start import started
from ftdojo.models import tensor_digest
from ftdojo.records import Experiment, Failure, FailureKind, Stage, Status, Submission, Weights
from ftdojo.submissions import read_train

SLOW = Failure(stage=Stage.FIT, kind=FailureKind.TOO_SLOW, message="No.")
MADE = "r: 4\nuse_rslora: true\ntarget_modules: [q_proj, v_proj]\n"


@pytest.fixture(scope="module")
def experiments(tmp_path_factory):
    """e1: an adapter; e2: goes on from it; e3: every weight; e4: failed; e5: its weights changed; e6: runs."""

    def made(name, train, *, weights="adapter", spoil=False, **facts):
        folder = tmp_path_factory.mktemp(name)
        save_file({"w": torch.zeros(2)}, folder / "adapter_model.safetensors")
        digest = "other" if spoil else tensor_digest(folder)
        kept = Weights(path=folder, digest=digest, kind=weights) if weights else None
        submission = Submission(plan="A try.", data="", train=train)
        known = {"status": Status.DONE, "weights": kept} | facts
        return Experiment(id=name, parent="base", submission=submission, **known)

    return [
        made("e1", MADE),
        made("e2", "start_from: e1\n", start_from="e1"),
        made("e3", "method: full\n", weights="full"),
        made("e4", "", weights=None, status=Status.FAILED, failure=SLOW),
        made("e5", MADE, spoil=True),
        made("e6", "", weights=None, status=Status.RUNNING),
    ]


@pytest.mark.parametrize(
    ("train", "said"),
    [
        ("start_from: e9", "start_from: e9 is not an earlier experiment; name one with weights (e1, e2, e3, e5), or"),
        ("start_from: e4", "start_from: e4 failed (too-slow) and left no weights; name one with weights (e1,"),
        ("start_from: e6", "start_from: e6 is this experiment itself; name one with weights (e1,"),
        ("start_from: e5", "start_from: the weights of e5 are not those any more that were trained; start from an"),
        ("start_from: e3", "start_from: e3 was trained with method: full, and this is method: lora; write method: full"),
        ("start_from: e1\nmethod: full", "start_from: e1 was trained with method: lora, and this is method: full;"),
        ("start_from: e1\nr: 8", "start_from: r is 8, and the adapter of e1 was made with 4; leave r out to go on"),
        ("start_from: e2\nr: 16", "start_from: r is 16, and the adapter of e2 was made with 4;"),
        ("start_from: e1\nuse_dora: true", "start_from: use_dora is true, and the adapter of e1 was made with false;"),
        (
            "start_from: e1\ntarget_modules: [q_proj]",
            "start_from: target_modules is [q_proj], and the adapter of e1 was made with [q_proj, v_proj];",
        ),
        ("start_from: E1", "train.yaml: start_from is 'E1', it must be base, or an earlier experiment such as e3."),
        ("resume_from_checkpoint: e1", "train.yaml: resume_from_checkpoint is the dojo's own:"),
    ],
)  # fmt: skip
def test_a_start_that_cannot_be_gone_on_from_is_refused_in_one_line(fell, experiments, train, said):
    stage, kind, message = fell(train=train, on={"experiments": lambda: experiments})
    assert (stage, kind) == ("static", "schema")
    assert message.startswith(said)
    assert "\n" not in message


def test_before_there_are_weights_it_says_so(fell):
    assert fell(train="start_from: e1")[2] == (
        "start_from: e1 is not an earlier experiment; no experiment has weights yet, so leave it out."
    )


def test_a_trainer_that_cannot_go_on_refuses_every_start(fell, experiments):
    on = {"experiments": lambda: experiments, "goes_on": False}
    assert fell(train="start_from: e1", on=on)[2].startswith(
        "start_from: the trainer of this run always starts from the base;"
    )


def test_what_made_the_adapter_is_taken_over_along_the_chain(context, experiments):
    asked = read_train("start_from: e2\ntarget_modules: [v_proj, q_proj]\nlora_dropout: 0.1\n")
    config, start = started(asked, replace(context, experiments=lambda: experiments))
    assert (config.r, config.use_rslora, config.lora_dropout) == (4, True, 0.1)
    assert start == experiments[1].weights


@pytest.mark.parametrize("names", [["q_proj"], [f"model.layers.{at}.q_proj" for at in range(65)]])
def test_a_merge_goes_on_with_the_rank_and_scaling_of_its_own_adapter(context, experiments, names):
    nothing = Submission(plan="Merge.", data="", train="")
    merge = replace(experiments[0], id="e7", merged=("e1", "e2"), submission=nothing)
    config = {"r": 12, "lora_alpha": 12, "use_rslora": False, "use_dora": False}
    config |= {"target_modules": names, "layers_to_transform": None, "peft_type": "LORA"}
    (merge.weights.path / "adapter_config.json").write_text(json.dumps(config))
    on = replace(context, experiments=lambda: [*experiments, merge])
    if len(names) > 64:
        with pytest.raises(CheckFailed, match=r"of e7, a merge; start from one of e1, e2\.$"):
            started(read_train("start_from: e7\n"), on)
        return
    made, start = started(read_train("start_from: e7\nseed: 1\n"), on)
    assert (made.r, made.lora_alpha, made.target_modules, made.seed) == (12, 12, ("q_proj",), 1)
    assert start == merge.weights


def test_base_is_a_start_like_none(checked_with):
    assert isinstance(checked_with(train="start_from: base\nmax_steps: 2\n"), Passed)
