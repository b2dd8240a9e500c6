from functools import partial

import pytest
import torch

from ftdojo.errors import SubmissionRefused
from ftdojo.models import tensor_digest
from ftdojo.records import Decoding, Shortcuts, Weights
from ftdojo.submissions import TrainConfig
from ftdojo.training.trainer import Course
from ftdojo.worker import runtime
from ftdojo.worker.runtime import ModelRuntime

PROMPTS = [[{"role": "user", "content": text}] for text in ("3+1", "12+1")]
SHORT = Decoding(max_new_tokens=4)


@pytest.fixture(scope="module")
def bench(tiny):
    bench = ModelRuntime(tiny.path, "tiny")
    torch.set_num_threads(1)  # a second thread only waits at so small a size
    return bench


@pytest.fixture
def train(bench, rows, config, tmp_path):
    return partial(bench.train, rows, config, to=tmp_path, seconds=None, on_step=lambda point: None)


def test_an_audit_counts_what_the_model_sees(bench, rows, config):
    report = bench.audit(rows, config)
    assert (report.rows, report.unlabelled, report.truncated_share) == (20, (), 0.0)
    assert report.tokens.low == len("_user\n0+1_\n_assistant\n1_\n")
    assert report.label_tokens.low == len("1_\n")
    assert report.total_tokens == pytest.approx(20 * report.tokens.mean)
    assert report.samples[0].endswith("assistant\n>>>1<|im_end|>\n<<<")


def test_an_audit_names_the_rows_that_carry_no_loss(bench, write, tmp_path):
    file = write(tmp_path / "rows.jsonl", ["1", "2"])
    report = bench.audit(file, TrainConfig(max_length=16))
    assert report.unlabelled == (1, 2)
    assert report.truncated_share == 1.0


def test_another_file_at_the_same_path_is_read_anew(bench, write, config, tmp_path):
    file = tmp_path / "rows.jsonl"
    counts = [bench.audit(write(file, answers), config).rows for answers in ("ab", "abc")]
    assert counts == [2, 3]


def test_other_options_encode_anew(bench, rows):
    shares = [
        bench.audit(rows, TrainConfig(completion_only_loss=only)).label_share
        for only in (True, False)
    ]
    assert shares[0] < shares[1]


@pytest.mark.parametrize("packing", [True, False])
def test_fit_measures_the_longest_rows_and_forecasts_the_whole(bench, rows, packing):
    config = TrainConfig(per_device_train_batch_size=2, packing=packing, max_length=128)
    report = bench.fit(rows, config)
    assert report.steps == (3 if packing else 10)
    assert report.peak_bytes > 10**8
    assert report.train_forecast_s * report.tokens_per_s == pytest.approx(
        bench.audit(rows, config).total_tokens, rel=0.3
    )


@pytest.mark.parametrize(
    ("stands", "options", "said"),
    [
        (
            Shortcuts(packing=False),
            {"packing": True},
            r"packing: rows that are packed together could see each other in a 'llama' model, .*; set",
        ),
        (
            Shortcuts(apart=16),
            {},
            r"Row 1 has 2\d tokens, and beyond 16 this model rotates every row of a batch .*: set max_",
        ),
    ],
)
def test_what_a_model_does_not_stand_is_refused_in_one_line(
    bench, rows, monkeypatch, stands, options, said
):
    monkeypatch.setattr(bench, "shortcuts", stands)
    with pytest.raises(SubmissionRefused, match=said):
        bench.audit(rows, TrainConfig(max_length=100, **options))


def test_rows_that_the_model_has_no_positions_or_no_weights_for_are_refused(
    bench, rows, monkeypatch
):
    with monkeypatch.context() as patch:
        patch.setattr(bench, "_context", 16)
        with pytest.raises(
            SubmissionRefused, match=r"Row 1 has 2\d tokens, .* ends at 16: set max_l"
        ):
            bench.audit(rows, TrainConfig(max_length=101))
    monkeypatch.setattr(runtime, "embedded", lambda model: 100)
    with pytest.raises(
        SubmissionRefused, match=r"Row 1 has the token \d+ \('.'\), .* has 100 rows"
    ):
        bench.audit(rows, TrainConfig(max_length=102))


def test_fit_of_few_rows_with_an_eval_split_takes_its_step(bench, write, tmp_path):
    file = write(tmp_path / "rows.jsonl", ["1"])
    assert bench.fit(file, TrainConfig(eval_share=0.5)).steps == 1


def test_fit_counts_the_copy_of_the_best_weights_that_an_eval_split_asks_for():
    model = torch.nn.Linear(10, 10, bias=False)
    model.register_parameter("frozen", torch.nn.Parameter(torch.ones(99), requires_grad=False))
    counted = [runtime._kept_bytes(model, TrainConfig(eval_share=share)) for share in (0.1, 0.0)]
    assert counted == [400, 0]


def test_the_step_of_the_weights_is_reported(bench, rows, tmp_path):
    config = TrainConfig(max_steps=3, eval_share=0.2, eval_steps=1, learning_rate=2e-2)
    report = bench.train(rows, config, to=tmp_path, seconds=None, on_step=lambda point: None)
    step, _ = min(report.held_out_loss, key=lambda measured: measured[1])
    assert report.weights_step == step


@pytest.mark.parametrize("packing", [True, False])
def test_a_probe_takes_its_steps_answers_and_forgets(bench, rows, config, packing):
    before = bench.generate(PROMPTS, SHORT, None)
    probing = TrainConfig(max_steps=4, packing=packing, max_length=128, learning_rate=2e-2)
    probed = bench.probe(rows, probing, prompts=PROMPTS, decoding=SHORT)
    assert probed.report.steps == 4
    assert probed.report.loss_last < probed.report.loss_first
    assert probed.completions != before.completions
    assert bench.generate(PROMPTS, SHORT, None) == before


def test_training_writes_weights_that_change_the_answers(bench, train, tmp_path):
    base = bench.generate(PROMPTS, SHORT, None)
    told = []
    report = train(on_step=told.append)
    assert report.curve == tuple(told)
    assert (report.stopped, report.steps, report.planned_steps) == ("finished", 3, 3)
    assert report.weights_digest == tensor_digest(tmp_path)
    made = Weights(path=tmp_path, digest=report.weights_digest, kind="adapter")
    assert bench.generate(PROMPTS, SHORT, made) != base
    assert bench.generate(PROMPTS, SHORT, None) == base


def test_both_trainers_end_near_each_other(train):
    ours, theirs = (train(course=Course(trainer=trainer)) for trainer in ("loop", "trl"))
    assert ours.planned_steps == theirs.planned_steps
    assert ours.loss_first == pytest.approx(theirs.loss_first, rel=0.1)
    assert ours.weights_digest != theirs.weights_digest


@pytest.mark.parametrize("trainer", ["loop", pytest.param("trl", marks=pytest.mark.slow)])
def test_training_and_probe_go_on_from_the_weights_that_are_named(
    bench, train, rows, config, tmp_path, trainer
):
    first = train()
    start = Weights(path=tmp_path, digest=first.weights_digest, kind="adapter")
    more = train(to=tmp_path / "more", course=Course(trainer=trainer, start=start))
    assert more.loss_first < first.loss_last < first.loss_first
    assert tensor_digest(tmp_path / "more") not in (first.weights_digest, tensor_digest(tmp_path))
    probed = bench.probe(rows, config, prompts=PROMPTS, decoding=SHORT, start=start)
    assert probed.report.loss_first < first.loss_first


def test_a_calibration_is_the_same_work_whatever_weights_are_attached(bench, train, tmp_path):
    train()
    seen = []
    hook = bench._model.register_forward_hook(
        lambda model, args, given, output: seen.append(tuple(given["input_ids"].shape)),
        with_kwargs=True,
    )
    made = Weights(path=tmp_path, digest="", kind="adapter")
    for weights in (None, made):
        bench.generate(PROMPTS, SHORT, weights)
        seen.clear()
        assert bench.calibrate().seconds > 0
        assert set(seen) == {runtime.CALIBRATION}
    hook.remove()


def plain_loss(bench, rows, config):
    """Return the mean loss of each row as the plain forward has it, one row at a time."""
    found = []
    for row in bench._rows(rows, config):
        ids = torch.tensor([row.ids])
        logits = bench._attached.model(None)(input_ids=ids).logits[0, :-1].float()
        nats = -logits.log_softmax(-1).gather(1, ids[0, 1:, None])[:, 0]
        found.append(float(nats[torch.tensor(row.labelled[1:])].mean()))
    return found


@torch.no_grad()
def test_the_loss_of_a_row_is_that_of_its_plain_forward_whatever_it_is_batched_with(
    bench, write, config, tmp_path
):
    file = write(tmp_path / "rows.jsonl", ["7", "a longer answer", "12", "x" * 300, "9 9 9"])
    found = bench.losses(file, config, None)
    means = [nats / count for nats, count in zip(found.nats, found.tokens, strict=True)]
    assert means == pytest.approx(plain_loss(bench, file, config), rel=2e-3)


def test_rows_like_those_that_were_learnt_have_the_smaller_loss(bench, write, tmp_path):
    files = [write(tmp_path / f"{said}.jsonl", [said] * 8) for said in ("yes", "no.")]
    config = TrainConfig(max_steps=20, learning_rate=2e-2, per_device_train_batch_size=4)
    untouched = bench.losses(files[0], config, None)
    bench.train(files[0], config, to=tmp_path / "w", seconds=None, on_step=lambda point: None)
    made = Weights(path=tmp_path / "w", digest="", kind="adapter")
    learnt, other = (sum(bench.losses(each, config, made).nats) for each in files)
    assert learnt < 0.8 * other
    assert bench.losses(files[0], config, None) == untouched


def test_only_the_tail_of_an_answer_is_measured_where_one_is_named(bench, write, config, tmp_path):
    file = write(tmp_path / "rows.jsonl", ["so it is 12.", "so it is 12."])
    whole, tails = (bench.losses(file, config, None, tails=t) for t in (None, ["12.", "no such"]))
    assert tails.tokens == (3, 0)
    assert whole.tokens[0] > 3
    assert (0 < tails.nats[0] < whole.nats[0], tails.nats[1]) == (True, 0.0)


def test_training_stops_when_its_seconds_are_spent(train):
    assert train(seconds=0.001).stopped == "over-budget"
