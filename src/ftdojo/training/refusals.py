"""What libraries say against a configuration, told apart from what goes wrong."""

from collections.abc import Iterator
from contextlib import contextmanager

from ftdojo.errors import SubmissionRefused


@contextmanager
def refusals() -> Iterator[None]:
    """Take a ``ValueError`` for a refusal of the configuration; to be put around nothing but the call that judges it.

    Raises:
        SubmissionRefused: the library refuses; the message is the first line of its own.
    """
    try:
        yield
    except ValueError as error:
        said = str(error).strip().splitlines() or [type(error).__name__]
        raise SubmissionRefused(said[0]) from error
