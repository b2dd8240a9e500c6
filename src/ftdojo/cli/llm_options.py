"""The options that name language models, and what they come to: who is asked, and up to which caps."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ftdojo.errors import UsageError

if TYPE_CHECKING:  # kept out of ``ftdojo --help``
    from ftdojo.llm import LlmChoice, Role
    from ftdojo.records import Budget

LLM = typer.Option(
    "", "--llm", metavar="PROVIDER/MODEL", help="The language model that agent and scripts ask."
)
STRONG = typer.Option("", metavar="PROVIDER/MODEL", help="Another one for `strong` in scripts.")
WEAK = typer.Option("", metavar="PROVIDER/MODEL", help="Another one for `weak` in scripts.")
JUDGE = typer.Option("", metavar="PROVIDER/MODEL", help="Another one that judges.")
JUDGES = typer.Option(
    False,
    "--with-judge",
    help="Let the judge look at what the published rule calls wrong, where the published evaluator does (math/aime25).",
)
BASE_URL = typer.Option("", help="The server of openai/MODEL, such as http://localhost:8000/v1.")
PRICES = typer.Option(None, metavar="FILE", help="Prices of models that the built-in table lacks.")
CALLS = typer.Option(None, min=1, help="At most this many calls to language models.")
TOKENS = typer.Option(None, min=1, help="At most this many tokens, read and written together.")
USD = typer.Option(None, min=0.0, help="At most this many dollars for language models.")
REPLAY = typer.Option("", metavar="RUN", help="Answer from that run's record; no model is asked.")


def llm_choice(
    models: "dict[Role, str]",
    *,
    base_url: str = "",
    prices: Path | None = None,
    replay: str = "",
    runs: Path | None = None,
) -> "LlmChoice | None":
    """Return whom the options name, or None where they name nobody; ``runs`` is where a run to replay is looked for.

    Names and keys are checked here, so that a wrong one is known before the first download.

    Raises:
        UsageError: an option has nothing to work on, or a model cannot be asked as it is named.
        UnknownName: there is no such provider, or no such run to replay.
    """
    from ftdojo.llm import LlmChoice, open_models

    named: dict[Role, str] = {role: model for role, model in models.items() if model}
    if not replay and "planner" not in named:
        unused: dict[str, str] = {"base-url": base_url, "prices": str(prices or "")}
        unused |= {f"llm-{role}": model for role, model in named.items()}
        _require_nothing(unused)
        return None
    choice = LlmChoice(
        models=named,
        base_url=base_url,
        prices=str(prices.resolve()) if prices else "",
        replay=_folder(replay, runs) if replay else "",
    )
    open_models(choice)
    return choice


def capped(
    budget: "Budget", *, calls: int | None, tokens: int | None, usd: float | None
) -> "Budget":
    """Return ``budget`` with the caps that were given."""
    return replace(
        budget,
        max_llm_calls=budget.max_llm_calls if calls is None else calls,
        max_llm_tokens=budget.max_llm_tokens if tokens is None else tokens,
        max_llm_usd=budget.max_llm_usd if usd is None else usd,
    )


def require_use(chosen: "LlmChoice | None", limits: "Budget", *, judge: bool) -> None:
    """Refuse caps and a judge where no language model was named.

    Raises:
        UsageError: one of them has nothing to work on.
    """
    if chosen is None:
        caps = {
            "max-llm-calls": limits.max_llm_calls,
            "max-llm-tokens": limits.max_llm_tokens,
            "max-usd": limits.max_llm_usd,
        }
        told = {name: "" if value is None else str(value) for name, value in caps.items()}
        _require_nothing(told | {"with-judge": "on" if judge else ""})


def _folder(run: str, runs: Path | None) -> str:
    """Return the folder of a run, such that it is found again from anywhere."""
    from ftdojo.config import runs_dir
    from ftdojo.store import RunFolder

    return str(RunFolder.open(run, runs or runs_dir()).path.resolve())


def _require_nothing(options: dict[str, str]) -> None:
    """Refuse options that say something about a model where none was named."""
    for name, value in options.items():
        if value:
            raise UsageError(
                f"--{name} {value}: no language model is named; add --llm provider/model, "
                "such as --llm openai/gpt-5-mini."
            )
