"""Learning from pairs: which of two answers to one prompt is to be preferred.

``dpo`` compares with the weights before training (Rafailov et al., 2023, https://huggingface.co/papers/2305.18290), ``orpo``
with nothing (Hong et al., 2024, https://huggingface.co/papers/2403.07691). Losses, figures and their names are those of
TRL's ``DPOTrainer`` and ``ORPOTrainer``, with which ``tests/training`` compares every step.

Two savings of ours change no loss: what the weights before training make of a pair is worked out once, not at every step, and
tokens that all rows of a training share at their start are run once a batch (``training/forward.py``).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ftdojo.errors import SubmissionRefused
from ftdojo.records import Message
from ftdojo.submissions import PreferenceRow, Row, TrainConfig, preference
from ftdojo.training.encode import Encoded, encode
from ftdojo.training.objectives import BatchLoss
from ftdojo.training.watch import CHOSEN_DRIFT

if TYPE_CHECKING:  # checks read rows without torch
    from torch import Tensor

    from ftdojo.training.forward import Batch

Two = tuple["Tensor", "Tensor"]
"""A value (B,) for each chosen and each rejected answer of a batch of B pairs."""


class _Preferences:
    """What both objectives share: how a pair is read, which of its texts are looked at, and its tokens."""

    def read(self, entry: Mapping[str, Any]) -> Row:
        """Read a pair in one of TRL's shapes."""
        return preference(entry)

    def conversations(self, row: Row) -> Iterable[Sequence[Message]]:
        """Return the conversation with the chosen answer, and the one with the rejected."""
        return (row.messages, _pair(row).rejected)

    def answer(self, row: Row) -> str | None:
        """Return the chosen answer."""
        return row.messages[-1]["content"]

    def encode(self, tokenizer: Any, row: Row, config: TrainConfig) -> Encoded:
        """Let the tokens of both answers carry loss.

        Raises:
            SubmissionRefused: both answers are the same tokens, cut as they are.
        """
        chosen, rejected = (
            encode(tokenizer, turns, max_length=config.max_length, completion_only=True)
            for turns in self.conversations(row)
        )
        if chosen.ids == rejected.ids and chosen.labels:
            raise SubmissionRefused(
                f"chosen and rejected are the same {len(chosen.ids)} tokens, cut at max_length={config.max_length}: raise "
                "max_length or leave the row out."
            )
        return replace(
            chosen,
            rejected=rejected,
            cut=chosen.cut or rejected.cut,
            lost=chosen.lost or rejected.lost,
            unclosed=chosen.unclosed or rejected.unclosed,
        )


class Dpo(_Preferences):
    """Direct preference optimisation: chosen answers become likelier than rejected ones, beside the weights before training.

    ``rpo_alpha`` adds the negative log-likelihood of chosen answers, in nats per token of a batch (TRL's loss type ``sft``
    with that weight).
    """

    def identity(self) -> tuple[str, ...]:
        """Return its name and version."""
        return ("dpo", "1")

    def referred(
        self, model: Any, rows: Sequence[Encoded], *, size: int, share: bool
    ) -> list[Encoded]:
        """Return the pairs with the log-probabilities (nats) of their answers under ``model`` as it is."""
        import torch

        from ftdojo.training.forward import autocast, collate, shared_start

        model.eval()
        shared = shared_start(rows) if share else 0
        order = sorted(range(len(rows)), key=lambda at: rows[at].tokens)
        found: dict[int, tuple[float, float]] = {}
        for start in range(0, len(order), size):
            part = order[start : start + size]
            batch = collate([rows[at] for at in part], shared=shared, device=model.device)
            with torch.no_grad(), autocast(model):
                chosen, rejected = _halves(_answer_logps(model, batch))
            found |= zip(part, zip(chosen.tolist(), rejected.tolist(), strict=True), strict=True)
        return [replace(row, reference=found[at]) for at, row in enumerate(rows)]

    def loss(self, model: Any, batch: "Batch", config: TrainConfig) -> BatchLoss:
        """Return the loss summed over the pairs of a batch, and TRL's figures.

        Pairs that were not ``referred`` are compared with the weights as they are now.
        """
        logps, counts = _answer_logps(model, batch), _answer_counts(batch)
        before = logps.detach() if batch.reference is None else batch.reference
        ratios = _halves(logps - before)
        lengths = _halves(counts)
        each = preference_losses(ratios, lengths, config)
        if config.rpo_alpha:
            chosen, tokens = _halves(logps)[0].sum(), lengths[0].sum()
            each = each - config.rpo_alpha * chosen / tokens
        drift = (ratios[0].detach() / lengths[0]).sum()
        rewards = (config.beta * ratios[0].detach(), config.beta * ratios[1].detach())
        figures = _figures(rewards, _halves(logps.detach())) | {CHOSEN_DRIFT: drift}
        return BatchLoss(value=each.sum(), terms=len(each), figures=figures)


class Orpo(_Preferences):
    """Odds-ratio preference optimisation: supervised tuning on prompt and chosen answer, and odds against the rejected one."""

    def identity(self) -> tuple[str, ...]:
        """Return its name and version."""
        return ("orpo", "1")

    def encode(self, tokenizer: Any, row: Row, config: TrainConfig) -> Encoded:
        """Let every token of prompt and chosen answer carry loss, and of the rejected conversation its answer."""
        made = super().encode(tokenizer, row, config)
        return replace(made, labelled=(True,) * len(made.ids) if made.labels else made.labelled)

    def loss(self, model: Any, batch: "Batch", config: TrainConfig) -> BatchLoss:
        """Return the loss summed over the pairs of a batch, and TRL's figures.

        The likelihood of prompts and chosen answers is a mean over the tokens of the batch, as TRL takes it.
        """
        import torch

        from ftdojo.training.forward import label_logps

        every = label_logps(model, batch)
        rows, answers = batch.labelled // batch.ids.shape[1], _in_answers(batch)
        pairs = len(batch.ids) // 2
        likelihood = -every[rows < pairs].mean()
        sums, counts = (
            _by_row(values * answers, rows, len(batch.ids))
            for values in (every, torch.ones_like(every))
        )
        chosen, rejected = _halves(sums / counts)
        odds = (chosen - rejected) - (_log1mexp(chosen) - _log1mexp(rejected))
        each = likelihood - config.beta * torch.nn.functional.logsigmoid(odds)
        means = (chosen.detach(), rejected.detach())
        figures = _figures((config.beta * means[0], config.beta * means[1]), means)
        figures["nll_loss"] = likelihood.detach() * pairs
        return BatchLoss(value=each.sum(), terms=pairs, figures=figures)


def preference_losses(ratios: Two, lengths: Two, config: TrainConfig) -> "Tensor":
    """Return the loss (B,) of each pair by ``config.loss_type``.

    Args:
        ratios: log-probabilities of the answers (nats, summed over tokens) less those before training.
        lengths: tokens of the answers.
        config: ``loss_type``, ``beta`` and, for ``robust``, ``label_smoothing``.
    """
    import torch

    from_logit = torch.nn.functional.logsigmoid
    margin = config.beta * (ratios[0] - ratios[1])
    if config.loss_type == "hinge":
        return torch.relu(1 - margin)
    if config.loss_type == "ipo":  # per token, as its authors confirmed to TRL
        apart = ratios[0] / lengths[0] - ratios[1] / lengths[1]
        return (apart - 1 / (2 * config.beta)) ** 2
    if config.loss_type == "robust":
        flipped = config.label_smoothing
        clean = (1 - flipped) * from_logit(margin) - flipped * from_logit(-margin)
        return -clean / (1 - 2 * flipped)
    return -from_logit(margin)


def _figures(rewards: Two, logps: Two) -> "dict[str, Tensor]":
    """Return what TRL shows of a batch of pairs, as sums over them."""
    chosen, rejected = rewards
    return {
        "rewards/chosen": chosen.sum(),
        "rewards/rejected": rejected.sum(),
        "rewards/accuracies": (chosen > rejected).float().sum(),
        "rewards/margins": (chosen - rejected).sum(),
        "logps/chosen": logps[0].sum(),
        "logps/rejected": logps[1].sum(),
    }


def _pair(row: Row) -> PreferenceRow:
    assert isinstance(row, PreferenceRow), "preferences read pairs"
    return row


def _halves(values: "Tensor") -> Two:
    """Return what belongs to chosen answers and what to rejected ones."""
    pairs = len(values) // 2
    return values[:pairs], values[pairs:]


def _by_row(values: "Tensor", rows: "Tensor", count: int) -> "Tensor":
    """Return the sums (count,) of ``values`` over the labelled tokens of each row."""
    return values.new_zeros(count).index_add(0, rows, values)


def _answer_logps(model: Any, batch: "Batch") -> "Tensor":
    """Return the log-probability (2B,) of each answer, in nats."""
    from ftdojo.training.forward import label_logps

    rows = batch.labelled // batch.ids.shape[1]
    return _by_row(label_logps(model, batch), rows, len(batch.ids))


def _answer_counts(batch: "Batch") -> "Tensor":
    """Return how many labelled tokens (2B,) each answer has, at least 1."""
    rows = batch.labelled // batch.ids.shape[1]
    return rows.bincount(minlength=len(batch.ids)).clamp(min=1)


def _in_answers(batch: "Batch") -> "Tensor":
    """Return which labelled tokens (L,) belong to answers: the rejected one says where both begin, after one prompt."""
    import torch

    rows, places = batch.labelled // batch.ids.shape[1], batch.labelled % batch.ids.shape[1]
    pairs = len(batch.ids) // 2
    late = rows >= pairs
    starts = torch.full((pairs,), batch.ids.shape[1], device=batch.ids.device)
    starts = starts.scatter_reduce(0, rows[late] - pairs, places[late], "amin")
    return places >= starts[rows % pairs]


def _log1mexp(values: "Tensor") -> "Tensor":
    """Return log(1 - exp(x)) for x below 0, without loss of digits near 0 (Mächler, 2012) and finite at 0."""
    import torch

    small = -torch.finfo(values.dtype).tiny
    below = values.clamp(max=small)
    near = below > -0.6931472
    close = torch.log(-torch.expm1(torch.where(near, below, torch.full_like(below, -1.0))))
    far = torch.log1p(-torch.exp(torch.where(near, torch.full_like(below, -1.0), below)))
    return torch.where(near, close, far)


DPO, ORPO = Dpo(), Orpo()
