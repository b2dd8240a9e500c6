"""Base models: found by name, pulled once, pinned by the digest of all that changes an output."""

from ftdojo.models.catalogue import KnownModel, hub_id, known, pull, verify
from ftdojo.models.chat_templates import CHATML
from ftdojo.models.device import quiet
from ftdojo.models.entries import disk_errors, make_folder
from ftdojo.models.loading import load_model, load_tokenizer
from ftdojo.models.local import TOKENIZER_FILES, LocalModel
from ftdojo.models.prepared import end_ids, prepare
from ftdojo.models.weights import tensor_digest

__all__ = [
    "CHATML",
    "TOKENIZER_FILES",
    "KnownModel",
    "LocalModel",
    "disk_errors",
    "end_ids",
    "hub_id",
    "known",
    "load_model",
    "load_tokenizer",
    "make_folder",
    "prepare",
    "pull",
    "quiet",
    "tensor_digest",
    "verify",
]
