"""Whose fault a failed request is: the submission's only where its configuration or rows are refused."""

import io
import json
import subprocess
import sys
from contextlib import nullcontext
from types import SimpleNamespace

import pytest
from jinja2 import TemplateError

from ftdojo.errors import ModelError, SubmissionRefused, UsageError
from ftdojo.stats import quantiles
from ftdojo.submissions import TrainConfig
from ftdojo.training import adapt, loop, objectives, trl
from ftdojo.worker import runtime
from ftdojo.worker.server import WorkerServer


def after(error):
    """Return a server whose request raised ``error``, and what it wrote."""
    out = io.StringIO()
    server = WorkerServer(out)

    def work():
        raise error

    server._answer(work)
    return server, json.loads(out.getvalue())


def failed(error):
    """Return the kind that the worker gives a request which raised ``error``."""
    return after(error)[1]["fault"]["kind"]


@pytest.mark.parametrize(
    "error",
    [
        ValueError("max() arg is an empty sequence"),
        UsageError("FTDOJO_LOW_PRECISION='maybe' must be 0 or 1."),
        ModelError("The base model cannot be read."),
        KeyError("labels"),
    ],
)
def test_an_error_of_ours_or_the_machines_is_not_the_submissions_fault(error):
    assert failed(error) == "bug"


def test_a_bug_in_the_statistics_is_not_the_submissions_fault():
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # any will do, it is a stand-in
        quantiles([])
    assert failed(caught.value) == "bug"


def test_a_refused_configuration_is_the_submissions_fault():
    assert failed(SubmissionRefused("Target modules ['nowhere'] not found.")) == "schema"


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("CUDA out of memory. Tried ...")])
def test_running_out_of_memory_is_a_kind_of_its_own(error):
    assert failed(error) == "out-of-memory"


def test_a_worker_whose_gpu_is_lost_to_it_answers_and_then_makes_room_for_another():
    server, said = after(RuntimeError("CUDA error: an illegal memory access was encountered"))
    assert said["fault"]["kind"] == "bug"
    assert server.lost
    assert not after(RuntimeError("CUDA out of memory. Tried ..."))[0].lost


def test_a_model_without_gradient_checkpointing_refuses_it():
    def refuse(**options):
        raise ValueError("ToyModel is not compatible with gradient checkpointing.\nMore.")

    model = SimpleNamespace(gradient_checkpointing_enable=refuse)
    config = TrainConfig(gradient_checkpointing=True)
    with (
        pytest.raises(SubmissionRefused, match=r"^ToyModel is not compatible .*checkpointing\.$"),
        loop._checkpointing(model, config),
    ):
        pass


def test_an_error_in_the_middle_of_training_is_not_taken_for_a_refusal(monkeypatch):
    """Only the call that judges the configuration stands inside ``refusals``."""
    with pytest.raises(ValueError, match="in the middle"), loop._checkpointing(None, TrainConfig()):
        raise ValueError("in the middle")
    monkeypatch.setattr(adapt, "_refuse_tied", lambda base, config: None)
    monkeypatch.setattr(
        "peft.get_peft_model", lambda base, config: SimpleNamespace(parameters=list)
    )
    base = SimpleNamespace(requires_grad_=lambda wanted: None, named_modules=list)
    with (
        pytest.raises(ValueError, match="in the middle") as caught,
        adapt.trainable(base, TrainConfig(), folder=None),
    ):
        raise ValueError("in the middle")
    assert not isinstance(caught.value, SubmissionRefused)


def test_what_trl_refuses_is_the_submissions_fault(monkeypatch):
    def refuse(**options):
        raise ValueError("Applying a PEFT adapter to `lm_head` is not supported.")

    monkeypatch.setattr(trl, "SFTTrainer", refuse)
    monkeypatch.setattr(trl, "_given_back", lambda model, config: nullcontext())
    model = SimpleNamespace(device=SimpleNamespace(type="cpu"), parameters=list)
    with pytest.raises(SubmissionRefused, match="lm_head"):
        trl.train_with_trl(model, [], TrainConfig(), tokenizer=None, watch=loop.Watch())


def test_trl_refuses_to_learn_another_objective_than_its_own():
    config = TrainConfig(objective="raw_text:RAW_TEXT")
    with pytest.raises(
        SubmissionRefused, match=r"objective: raw_text:RAW_TEXT is not what a trainer of TRL learns"
    ):
        trl.train_with_trl(None, [], config, tokenizer=None, watch=loop.Watch())


def test_rows_that_the_chat_template_refuses_are_named(monkeypatch, rows):
    def refuse(*args, **options):
        raise TemplateError("Conversation roles must alternate")

    monkeypatch.setattr(objectives, "encode", refuse)
    bench = runtime.ModelRuntime.__new__(runtime.ModelRuntime)
    bench._encoded, bench._tokenizer = None, None
    with pytest.raises(SubmissionRefused, match=r"^Row 1: .*Conversation roles must alternate"):
        bench.audit(rows, TrainConfig())


def test_a_library_that_asks_a_question_in_the_worker_gets_no_answer_and_does_not_wait():
    code = "from ftdojo.worker.server import _own_input\nrequests = _own_input()\n"
    code += "try:\n    input()\nexcept EOFError:\n    print('nobody', requests.readline())"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as asker:
        asker.stdin.write("a request\n")
        asker.stdin.flush()
        assert asker.stdout.read() == "nobody a request\n\n"
