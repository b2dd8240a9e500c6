"""What it takes to do the run again: the command, the inputs by digest, the versions and the machine."""

import shlex
from dataclasses import dataclass

from ftdojo.llm import LlmChoice
from ftdojo.records import Budget
from ftdojo.report.numbers import size
from ftdojo.store import RunConfig

Facts = tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """The command and tables of names and values."""

    command: str
    asked: Facts
    inputs: Facts
    versions: Facts
    machine: Facts


def recipe(config: RunConfig) -> Recipe:
    """Write down how ``config`` is run again."""
    return Recipe(
        command=command(config),
        asked=_asked(config),
        inputs=(
            (f"model {config.model}", config.model_digest),
            *((f"source {name}", digest) for name, digest in sorted(config.sources.items())),
        ),
        versions=(("ftdojo", config.ftdojo), *sorted(_versions(config).items())),
        machine=_machine(config),
    )


def command(config: RunConfig) -> str:
    """Return the command that asks for the same run; options of the agent are listed apart."""
    budget = config.budget
    options = {
        "--agent": config.agent,
        "--model": config.model,
        "--budget": f"{budget.wall_s:g}s",
        "--seed": str(config.seed),
        "--chat-template": config.chat_template or None,
        "--max-experiments": budget.max_experiments,
        "--max-train-seconds": budget.max_train_s,
        "--max-disk": budget.max_disk_bytes,
        "--max-llm-calls": budget.max_llm_calls,
        "--max-llm-tokens": budget.max_llm_tokens,
        "--max-usd": budget.max_llm_usd,
        **(_models(config.llm) if config.llm else {}),
    }
    given = [(name, f"{value}") for name, value in options.items() if value is not None]
    return shlex.join(["ftdojo", "run", config.task, *(word for pair in given for word in pair)])


def _models(choice: LlmChoice) -> dict[str, str | None]:
    """Return the options that name the language models."""
    named = {
        "--llm" if role == "planner" else f"--llm-{role}": name
        for role, name in choice.models.items()
    }
    return {
        **named,
        "--base-url": choice.base_url or None,
        "--prices": choice.prices or None,
        "--replay": choice.replay or None,
    }


def _asked(config: RunConfig) -> Facts:
    return (
        ("run", config.id),
        ("task", f"{config.task}, version {config.task_version}"),
        ("model", config.model),
        *([("chat template put on", config.chat_template)] if config.chat_template else []),
        ("agent", config.agent),
        *((f"language model, {role}", name) for role, name in _llms(config)),
        *((f"agent option {name}", value) for name, value in config.agent_options.items()),
        ("seed", str(config.seed)),
        ("budget", _limits(config.budget)),
        ("sandbox", config.sandbox),
        ("created", config.created),
    )


def _llms(config: RunConfig) -> tuple[tuple[str, str], ...]:
    return tuple(config.llm.models.items()) if config.llm else ()


def _limits(budget: Budget) -> str:
    limits = {
        "experiments": budget.max_experiments,
        "s of training": budget.max_train_s,
        "bytes of disk": budget.max_disk_bytes,
        "calls to language models": budget.max_llm_calls,
        "tokens": budget.max_llm_tokens,
        "dollars": budget.max_llm_usd,
    }
    known = [f"{value:g} {name}" for name, value in limits.items() if value is not None]
    return ", ".join([f"{budget.wall_s:g} s", *known])


def _versions(config: RunConfig) -> dict[str, str]:
    return {**config.machine.versions, **config.versions}


def _machine(config: RunConfig) -> Facts:
    machine = config.machine
    return (
        ("processor", machine.cpu),
        ("cores", str(machine.cores)),
        ("memory", size(machine.memory_bytes)),
        ("device", machine.device),
        ("number format", machine.number_format or "not recorded"),
        ("sandbox", machine.sandbox),
        ("Python", machine.python),
    )
