"""Silence for libraries that draw progress bars and warn of each other on stderr, where our own words are."""

import io
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr


@contextmanager
def quiet() -> Iterator[None]:
    """Swallow stderr while a model is loaded or saved; some of transformers' bars cannot be turned off otherwise."""
    with redirect_stderr(io.StringIO()):
        yield
