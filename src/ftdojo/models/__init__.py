"""Base models: found by name, pulled once, pinned by the digest of their tensors."""

from ftdojo.models.catalogue import KnownModel, hub_id, known, pull, verify
from ftdojo.models.disk import disk_errors, make_folder
from ftdojo.models.local import LocalModel
from ftdojo.models.quiet import quiet
from ftdojo.models.weights import tensor_digest

__all__ = [
    "KnownModel",
    "LocalModel",
    "disk_errors",
    "hub_id",
    "known",
    "make_folder",
    "pull",
    "quiet",
    "tensor_digest",
    "verify",
]
