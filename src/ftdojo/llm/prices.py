"""What an exchange cost in US dollars: by the user's price file, else by an offline table; unknown is ``None``, never 0."""

import dataclasses
from collections.abc import Mapping
from decimal import Decimal
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from ftdojo.errors import UsageError
from ftdojo.llm.types import Usage

MILLION = 1_000_000
_FORM = (
    "write one line a model: `provider/model: {input: 2.5, output: 10, cached: 1.25}`, in US dollars a million tokens "
    "(`cached` may be left out; `provider/*` stands for all of a provider)"
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Price:
    """US dollars a million tokens. ``cached`` is for input that the server read from its cache."""

    input: Decimal
    output: Decimal
    cached: Decimal

    def usd(self, usage: Usage) -> Decimal:
        """Return what ``usage`` costs."""
        fresh = usage.input_tokens - usage.cached_tokens
        parts = fresh * self.input + usage.cached_tokens * self.cached
        return (parts + usage.output_tokens * self.output) / MILLION


class Prices:
    """Prices of one user: those of ``file``, and below them the table of the package genai-prices, which needs no network.

    Raises:
        UsageError: the file cannot be read or is not of the form.
    """

    def __init__(self, file: str = "") -> None:
        self._own = _read(Path(file)) if file else {}

    def priced(self, usage: Usage, *, model: str, listed: str) -> Usage:
        """Return ``usage`` with its price.

        Args:
            usage: the tokens of one exchange.
            model: ``provider/model`` as requested.
            listed: the provider's id in the offline table; "" if the server is not that provider's own, whose prices
                the table cannot know.
        """
        own = next((price for name, price in self._own.items() if fnmatchcase(model, name)), None)
        if usage.estimated:
            return usage
        usd = own.usd(usage) if own else _listed(usage, model.partition("/")[2], listed)
        return dataclasses.replace(usage, usd=None if usd is None else float(usd))


def _listed(usage: Usage, name: str, provider: str) -> Decimal | None:
    if not provider:
        return None
    from genai_prices import Usage as Counted
    from genai_prices import calc_price

    counted = Counted(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cached_tokens,
    )
    try:
        return calc_price(counted, name, provider_id=provider).total_price
    except LookupError:
        return None


def _read(path: Path) -> Mapping[str, Price]:
    import yaml

    try:
        rows = yaml.safe_load(path.read_text(encoding="utf8"))
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        why = str(error).replace("\n", " ")
        raise UsageError(f"The price file {path} cannot be read ({why}); {_FORM}.") from error
    if not isinstance(rows, dict):
        raise UsageError(f"The price file {path} holds no prices; {_FORM}.")
    exact_first = sorted(rows.items(), key=lambda row: "*" in str(row[0]))
    return {str(name): _price(path, str(name), row) for name, row in exact_first}


def _price(path: Path, name: str, row: Any) -> Price:
    known = {"input", "output", "cached"}
    if not isinstance(row, dict) or not {"input", "output"} <= set(row) <= known:
        raise UsageError(f"{name!r} in the price file {path} is not a price; {_FORM}.")
    for key, value in row.items():
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not 0 <= value < MILLION
        ):
            raise UsageError(
                f"{name!r} in the price file {path} has {key}={value!r}, which is not a price; {_FORM}."
            )
    exact = {key: Decimal(str(value)) for key, value in row.items()}
    return Price(**{"cached": exact["input"]} | exact)
