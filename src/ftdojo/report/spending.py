"""What a run took, and what repeating it takes.

Time by stage against the budget and line by line out of the ledger; the command, the inputs by digest, the versions and
the machine.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from ftdojo.records import Budget, Machine, RunSpec, Spend, command, duration
from ftdojo.records.options import options_of, value_at
from ftdojo.report.evidence import RunEvidence
from ftdojo.report.numbers import plural, size
from ftdojo.store import RunConfig, files
from ftdojo.store.codec import load_object
from ftdojo.store.ledger import STAGES

RUN = "run itself"
"""Work that belongs to no experiment: the base's score, the final test, the export."""
WIDTH = 860.0


@dataclass(frozen=True, kw_only=True)
class Segment:
    """One stage's part of the bar, in pixels. ``other`` is wall time that no stage booked."""

    stage: str
    seconds: float
    x: float
    width: float


@dataclass(frozen=True, kw_only=True)
class Booked:
    """What the ledger booked for one experiment, in seconds by stage."""

    name: str
    seconds: Mapping[str, float]
    refunded: bool = False

    @property
    def total(self) -> float:
        """All stages together."""
        return sum(self.seconds.values())


@dataclass(frozen=True, kw_only=True)
class Spending:
    """The bar, its budget and the table. ``budget_x`` is where the budget ends, in pixels."""

    segments: tuple[Segment, ...]
    budget_s: float
    budget_x: float
    booked: tuple[Booked, ...]
    totals: Booked
    llm: str = ""
    """What language models cost, in words; empty if none was called."""
    width: float = WIDTH
    stages: tuple[str, ...] = STAGES


def spending(evidence: RunEvidence) -> Spending:
    """Sum up what was spent so far.

    Raises:
        StoreError: the ledger is damaged.
    """
    spent, budget_s = evidence.spent, evidence.folder.budget.wall_s
    seconds = {
        "check": spent.check_s,
        "data": spent.data_s,
        "train": spent.train_s,
        "eval": spent.eval_s,
        "export": spent.export_s,
    } | ({"llm": spent.llm_s} if spent.llm_calls else {})
    totals = Booked(name="total", seconds=seconds)
    parts = seconds | {"other": max(0.0, spent.wall_s - totals.total)}
    whole = max(budget_s, sum(parts.values())) or 1.0
    return Spending(
        segments=_segments(parts, WIDTH / whole),
        budget_s=budget_s,
        budget_x=round(budget_s * WIDTH / whole, 1),
        booked=tuple(_booked(evidence)),
        totals=totals,
        llm=_llm(spent),
        stages=tuple(seconds),
    )


def _llm(spent: Spend) -> str:
    """Return what language models cost, in words; a sum with an unknown part is unknown."""
    if not spent.llm_calls:
        return ""
    usd = "at a price that is not known" if spent.llm_usd is None else f"for ${spent.llm_usd:.4f}"
    tokens = f"{spent.llm_input_tokens:,} tokens read and {spent.llm_output_tokens:,} written"
    return f"Language models: {plural(spent.llm_calls, 'call')}, {tokens}, {usd}."


def _segments(parts: Mapping[str, float], pixels_per_s: float) -> tuple[Segment, ...]:
    segments, x = [], 0.0
    for stage, seconds in parts.items():
        width = seconds * pixels_per_s
        segments.append(Segment(stage=stage, seconds=seconds, x=round(x, 2), width=round(width, 2)))
        x += width
    return tuple(segments)


def _booked(evidence: RunEvidence) -> list[Booked]:
    """Return the ledger's charges by experiment, what belongs to none first."""
    where = evidence.folder.path / "ledger.jsonl"
    seconds: defaultdict[str, dict[str, float]] = defaultdict(lambda: dict.fromkeys(STAGES, 0.0))
    refunded: set[str] = set()
    for line in (load_object(text, where=where) for text in files.read_lines(where)):
        name = line.get("experiment") or RUN
        if line.get("refunded"):
            refunded.add(name)
        if line.get("stage") in STAGES:
            seconds[name][line["stage"]] += line["seconds"]
    return [
        Booked(name=name, seconds=seconds[name], refunded=name in refunded)
        for name in sorted(seconds, key=_order)
    ]


def _order(name: str) -> tuple[int, int, str]:
    number = name[1:]
    return (
        0 if name == RUN else 2 if number.isdigit() else 1,
        int(number or 0) if number.isdigit() else 0,
        name,
    )


Facts = tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Reproduction:
    """The command and tables of names and values."""

    command: str
    asked: Facts
    inputs: Facts
    versions: Facts
    machine: Facts


def recipe(config: RunConfig) -> Reproduction:
    """Return how to repeat the run of ``config``."""
    return Reproduction(
        command=command(config.spec),
        asked=_asked(config),
        inputs=(
            (f"model {config.spec.model}", config.model_digest),
            *((f"source {name}", digest) for name, digest in sorted(config.sources.items())),
        ),
        versions=(("ftdojo", config.ftdojo), *sorted(_versions(config).items())),
        machine=_machine(config),
    )


def _asked(config: RunConfig) -> Facts:
    spec = config.spec
    return (
        ("run", config.id),
        ("task", f"{spec.task}, version {config.task_version}"),
        ("model", spec.model),
        *([("chat template put on", config.chat_template)] if config.chat_template else []),
        ("agent", spec.agent),
        *((f"language model, {role}", name) for role, name in _llms(spec)),
        *((f"agent option {name}", value) for name, value in spec.agent_options.items()),
        ("seed", str(spec.seed)),
        ("budget", _limits(spec.budget)),
        ("sandbox", spec.sandbox),
        ("trainer", spec.trainer),
        ("created", config.created),
    )


def _llms(spec: RunSpec) -> tuple[tuple[str, str], ...]:
    return tuple(spec.llm.models.items()) if spec.llm else ()


def _limits(budget: Budget) -> str:
    """Return every limit that is set, as the options that set them."""
    _, *caps = options_of(Budget)
    named = (" ".join(each.words(value_at(budget, each.path))) for each in caps)
    return ", ".join([duration(budget.wall_s), *filter(None, named)])


def _versions(config: RunConfig) -> dict[str, str]:
    return {**config.machine.versions, **config.versions}


def _machine(config: RunConfig) -> Facts:
    machine = config.machine
    return (
        ("processor", machine.cpu),
        ("cores", str(machine.cores)),
        ("memory", size(machine.memory_bytes)),
        ("device", _device(machine)),
        ("number format", machine.number_format or "not recorded"),
        ("sandbox", machine.sandbox),
        ("Python", machine.python),
    )


def _device(machine: Machine) -> str:
    if not machine.device_name:
        return machine.device
    return f"{machine.device}: {machine.device_name}, {size(machine.device_bytes)}"
