"""The only reader of environment variables: where things are kept.

``FTDOJO_HOME`` holds runs (default ``./runs``); ``FTDOJO_CACHE`` holds models, built data and scores (default: the
user's cache folder); ``FTDOJO_MIRROR`` holds copies of published data sets; ``FTDOJO_ACCEPT_LICENCES`` names licences
that were agreed to; ``FTDOJO_LOW_PRECISION`` switches bfloat16 on (1) or off (0). Keys of language-model servers (``OPENAI_API_KEY``, ...) are handed on to their client and never
stored, logged or passed to the sandbox. The hub client's own variables (HF_HOME, HF_TOKEN, ...) are not read here.
"""

import os
import re
import tempfile
import urllib.parse
from collections.abc import Callable
from pathlib import Path

from ftdojo.errors import UsageError

_SECRET = re.compile(r"(_|^)(API_?KEY|TOKEN|SECRET|SECRET_KEY|ACCESS_KEY|PASSWORD)$")
LOW_PRECISION = "FTDOJO_LOW_PRECISION"
SECRET_LENGTH = 8
"""Shorter values (``none``, ``EMPTY``) are placeholders; taking them out of texts would only spoil words."""


def cache_dir() -> Path:
    """Return the folder of everything that can be made again.

    Raises:
        UsageError: this user has no home folder, and no variable names another.
    """
    import platformdirs

    given = os.environ.get("FTDOJO_CACHE")
    return (
        Path(given).expanduser() if given else _of_user("FTDOJO_CACHE", platformdirs.user_cache_dir)
    )


def runs_dir() -> Path:
    """Return the folder that holds the run folders."""
    return Path(os.environ.get("FTDOJO_HOME", "runs")).expanduser()


def cases_dir() -> Path:
    """Return the folder of what earlier runs taught; unlike the cache it cannot be made again.

    Raises:
        UsageError: as for ``cache_dir``.
    """
    import platformdirs

    given = os.environ.get("FTDOJO_CASES")
    if given:
        return Path(given).expanduser()
    return _of_user("FTDOJO_CASES", platformdirs.user_data_dir) / "cases"


def _of_user(variable: str, find: Callable[[str], str]) -> Path:
    try:
        return Path(find("ftdojo"))
    except RuntimeError as error:
        raise UsageError(
            f"This user has no home folder to keep things in; set {variable} to a folder, or HOME."
        ) from error


def mirror_dir() -> Path | None:
    """Return the folder that serves published data sets without a network, one folder each, if one is set."""
    given = os.environ.get("FTDOJO_MIRROR")
    return Path(given).expanduser() if given else None


def runtime_dirs() -> tuple[Path, ...]:
    """Return where a short-lived socket may go, the best place first; it has to be a short path."""
    given = os.environ.get("XDG_RUNTIME_DIR")
    return (*([Path(given)] if given else []), Path(tempfile.gettempdir()), Path("/tmp"))


def accepted_licences() -> frozenset[str]:
    """Return the licences that were agreed to beforehand, as they were written between the commas."""
    given = os.environ.get("FTDOJO_ACCEPT_LICENCES", "").split(",")
    return frozenset(each.strip() for each in given if each.strip())


def low_precision_chosen() -> bool | None:
    """Return whether bfloat16 was switched on (``FTDOJO_LOW_PRECISION=1``) or off (0); None leaves it to the processor.

    Raises:
        UsageError: another value.
    """
    given = os.environ.get(LOW_PRECISION, "").strip()
    if given not in ("", "0", "1"):
        raise UsageError(
            f"{LOW_PRECISION}={given} says neither yes nor no; set it to 1 or 0, or unset it and the processor decides."
        )
    return given == "1" if given else None


def api_key(*names: str) -> str:
    """Return the value of the first of the variables ``names`` that is set, or "". It is a secret: hand it on only."""
    return next((value for name in names if (value := os.environ.get(name, "").strip())), "")


def base_url(provider: str) -> str:
    """Return the address of a provider's server that ``<PROVIDER>_BASE_URL`` gives, or ""."""
    return os.environ.get(f"{provider.upper()}_BASE_URL", "").strip()


def proxies() -> dict[str, str]:
    """Return the variables that name a proxy, with their values, which may hold a login."""
    names = [f"{kind}_PROXY" for kind in ("HTTP", "HTTPS", "ALL")]
    named = ((name, os.environ.get(name, "")) for each in names for name in (each.lower(), each))
    return {name: value for name, value in named if value}


def proxy_for(url: str) -> str:
    """Return the variable whose proxy a request to ``url`` takes; "" if it takes none."""
    from urllib.request import proxy_bypass

    parts = urllib.parse.urlsplit(url)
    if proxy_bypass(parts.hostname or ""):
        return ""
    known = {name.upper(): name for name in reversed(proxies())}
    return known.get(f"{parts.scheme.upper()}_PROXY") or known.get("ALL_PROXY", "")


def certificates() -> dict[str, str]:
    """Return the variables that name a file or a folder of trusted certificates, with their values."""
    names = ("SSL_CERT_FILE", "SSL_CERT_DIR")
    return {name: value for name in names if (value := os.environ.get(name, ""))}


def secrets() -> frozenset[str]:
    """Return the values of all variables whose names say that they are secret, to be taken out of texts."""
    named = {value.strip() for name, value in os.environ.items() if _SECRET.search(name.upper())}
    return frozenset(value for value in named if len(value) >= SECRET_LENGTH)
