"""What a matrix file may say about agents and limits, and the option of ``ftdojo run`` that each of it becomes.

The two tables are the one place to extend when ``ftdojo run`` learns an option: a line here and a field of the same
name in ``matrix_file``.
"""

from collections.abc import Mapping, Sequence

AGENT_OPTIONS = {
    "policy": "--policy",
    "without": "--without",
    "llm": "--llm",
    "base_url": "--base-url",
    "data_cap": "--data-cap",
}
"""Key of an agent's mapping -> option. A list becomes one word with commas."""

RUN_OPTIONS = {
    "max_experiments": "--max-experiments",
    "max_train_seconds": "--max-train-seconds",
    "max_disk": "--max-disk",
    "max_llm_calls": "--max-llm-calls",
    "max_llm_tokens": "--max-llm-tokens",
    "max_llm_usd": "--max-llm-usd",
    "sandbox": "--sandbox",
    "trainer": "--trainer",
}
"""Key of the matrix itself -> option; holds for every run."""

Value = str | int | float | Sequence[str] | None


def words(values: Mapping[str, Value], options: Mapping[str, str]) -> tuple[str, ...]:
    """Return ``values`` as words of a command line, in the order of ``options``; what is None is left out.

    Example:
        >>> words({"without": ["planning", "memory"], "policy": "tree", "llm": None}, AGENT_OPTIONS)
        ('--policy', 'tree', '--without', 'planning,memory')
    """
    given = [(option, values.get(key)) for key, option in options.items()]
    return tuple(
        word for option, value in given if value is not None for word in (option, _word(value))
    )


def asked(arguments: Sequence[str]) -> list[str]:
    """Return the options among ``arguments``."""
    return [word for word in arguments if word.startswith("--")]


def _word(value: str | int | float | Sequence[str]) -> str:
    return str(value) if isinstance(value, str | int | float) else ",".join(value)
