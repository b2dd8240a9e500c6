"""Whether a base model is still the one that a run began with."""

from ftdojo.errors import StoreError
from ftdojo.models import LocalModel
from ftdojo.store import RunConfig


def require_same_model(config: RunConfig, local: LocalModel) -> None:
    """Refuse to take for the base of a run what is another model by now.

    Raises:
        StoreError: it is another.
    """
    if local.identity != config.model_digest:
        put_on = f" with the chat template {config.chat_template}" if config.chat_template else ""
        raise StoreError(
            f"The run {config.id} began with model {config.model}{put_on}, together {config.model_digest[:12]}, and "
            f"this is {local.identity[:12]}; put the files back as they were, or start a new run."
        )
