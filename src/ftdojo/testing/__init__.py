"""What tests of ftdojo and of its plugins share."""

from ftdojo.testing.hub import HubServer, Repository

__all__ = ["HubServer", "Repository"]
