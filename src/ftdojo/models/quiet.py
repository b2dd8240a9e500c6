"""Silence for libraries that draw progress bars of their own on stderr, where ours are."""

import io
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr


@contextmanager
def quiet() -> Iterator[None]:
    """Swallow stderr while a model is loaded or saved; some of transformers' bars cannot be turned off otherwise."""
    with redirect_stderr(io.StringIO()):
        yield
