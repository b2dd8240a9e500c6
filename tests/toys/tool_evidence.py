"""Experiments on paper, for the tests of the analyst's tools."""

from ftdojo.agents.ft_agent.diagnosis import Evidence, Prediction
from ftdojo.records import (
    CheckReport,
    Comparison,
    Estimate,
    EvaluationReport,
    Experiment,
    Feedback,
    LossPoint,
    Quantiles,
    Status,
    Submission,
    TrainingReport,
    Verdict,
)


def report(score, *, unreadable=0.0, tokens=10.0):
    return EvaluationReport(
        metric="exact_match",
        split="validation",
        score=Estimate(score=score, n=60, low=score - 0.1, high=score + 0.1),
        planned=60,
        raced_out=False,
        unreadable_share=unreadable,
        unfinished_share=0.0,
        secondary={},
        slices={},
        output_tokens=Quantiles(low=1, p50=tokens, p95=tokens, high=tokens, mean=tokens),
        seconds=1.0,
    )


UNSCORED = report(0.5)


def compared(difference, *, predicted=None):
    return Comparison(
        against="base",
        difference=Estimate(score=difference, n=60, low=difference - 0.1, high=difference + 0.1),
        fixed=12,
        broken=0,
        p_value=0.01,
        alpha=0.02,
        look=1,
        detectable=0.2,
        verdict=Verdict.BETTER,
        predicted=predicted,
    )


def loss_curve(losses):
    points = [
        LossPoint(step=at, loss=loss, learning_rate=1e-3, grad_norm=1.0, tokens=10, seconds=0.1)
        for at, loss in enumerate(losses, 1)
    ]
    return TrainingReport(
        stopped="finished",
        steps=len(points),
        planned_steps=len(points),
        curve=tuple(points),
        loss_first=losses[0],
        loss_last=losses[-1],
        tokens=10 * len(points),
        tokens_per_s=100.0,
        peak_bytes=1,
        trainable_params=1,
        seconds=1.0,
        weights_digest="0",
    )


def experiment(*, training=None, evaluation=UNSCORED, comparisons=None, data=None):
    return Experiment(
        id="e1",
        parent="base",
        submission=Submission(plan="", data="", train=""),
        status=Status.DONE,
        feedback=Feedback(
            check=CheckReport(stages=(), data=data),
            training=training,
            evaluation=evaluation,
            comparisons=comparisons or {},
        ),
    )


def prediction(item, output, *, score=0.0, readable=True):
    return Prediction(item=item, output=output, score=score, readable=readable)


def evidence(made, *, rival=None, outputs=(), rival_outputs=(), sign=1.0, rows=()):
    return Evidence(
        experiment=made,
        rival=rival or report(0.5),
        sign=sign,
        unit="share",
        outputs=dict(outputs),
        rival_outputs=dict(rival_outputs),
        rows=rows,
    )
