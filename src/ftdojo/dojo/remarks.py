"""What the levels of feedback say together that none of them says alone."""

from ftdojo.records import Feedback, TaskCard

LEARNT = 0.5
"""A loss below this share of the first one, per answer token, was learnt."""
SHOWN = 120


def remarks(feedback: Feedback, task: TaskCard) -> tuple[str, ...]:
    """Return what an agent should be told in so many words of an experiment that was trained and validated."""
    training, evaluation = feedback.training, feedback.evaluation
    if training is None or evaluation is None or evaluation.unreadable_share < 1.0:
        return ()
    learnt = training.loss_last < LEARNT * training.loss_first
    how = "although the training was learnt" if learnt else "and the training was not learnt either"
    shown = f" (one is {evaluation.wrong[0].output[:SHOWN]!r})" if evaluation.wrong else ""
    cut = (
        f" {evaluation.unfinished_share:.0%} of them were cut at {task.max_new_tokens} tokens."
        if evaluation.unfinished_share > LEARNT
        else ""
    )
    return (
        f"None of the {evaluation.score.n} validation outputs{shown} can be read by the task's scorer, {how} (loss "
        f"{training.loss_first:.2f} to {training.loss_last:.2f}).{cut} The score says nothing about what the model knows: "
        f"teach answers in the form that the task wants. {task.answer_format}",
    )
