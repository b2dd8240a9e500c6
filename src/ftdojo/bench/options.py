"""What a matrix file may say about agents and limits, and the option of ``ftdojo run`` that each of it becomes.

The tables are the one place to extend when ``ftdojo run`` learns an option: a line here and a field of the same name in
``matrix_file``. An option that an agent alone knows needs neither: it goes into the mapping ``options``.
"""

from collections.abc import Mapping, Sequence

AGENT_OPTIONS = {
    "policy": "--policy",
    "without": "--without",
    "llm": "--llm",
    "llm_strong": "--llm-strong",
    "llm_weak": "--llm-weak",
    "llm_judge": "--llm-judge",
    "base_url": "--base-url",
    "prices": "--prices",
    "data_cap": "--data-cap",
    "options": "--option",
}
"""Key of an agent's mapping -> option. A list becomes one word with commas, a mapping one name=value an entry."""

RUN_OPTIONS = {
    "max_experiments": "--max-experiments",
    "max_train_seconds": "--max-train-seconds",
    "max_disk": "--max-disk",
    "sandbox": "--sandbox",
    "trainer": "--trainer",
    "chat_template": "--chat-template",
}
"""Key of the matrix itself -> option; holds for every run."""

LLM_CAPS = {
    "max_llm_calls": "--max-llm-calls",
    "max_llm_tokens": "--max-llm-tokens",
    "max_llm_usd": "--max-usd",
}
"""Key of the matrix itself -> option; holds for the runs that name a language model, and the others refuse it."""

Value = str | int | float | Sequence[str] | Mapping[str, str | int | float] | None


def words(values: Mapping[str, Value], options: Mapping[str, str]) -> tuple[str, ...]:
    """Return ``values`` as words of a command line, in the order of ``options``; what is None is left out.

    Example:
        >>> words({"without": ["planning", "memory"], "llm": None, "options": {"repairs": 5}}, AGENT_OPTIONS)
        ('--without', 'planning,memory', '--option', 'repairs=5')
    """
    given = ((option, each) for key, option in options.items() for each in texts(values.get(key)))
    return tuple(word for pair in given for word in pair)


def texts(value: Value) -> list[str]:
    """Return what follows an option each time that it is given."""
    if value is None:
        return []
    if isinstance(value, Mapping):
        return [f"{name}={each}" for name, each in value.items()]
    return [str(value) if isinstance(value, str | int | float) else ",".join(value)]


def asked(arguments: Sequence[str]) -> list[str]:
    """Return the options among ``arguments``."""
    return [word for word in arguments if word.startswith("--")]
