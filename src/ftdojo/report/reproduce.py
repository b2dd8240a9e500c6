"""What it takes to repeat the run: the command, the inputs by digest, the versions and the machine."""

from dataclasses import dataclass

from ftdojo.records import Budget, Machine, RunSpec, command, duration
from ftdojo.records.options import options_of, value_at
from ftdojo.report.numbers import size
from ftdojo.store import RunConfig

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
