"""The path from a data script to language models: OpenAI's protocol over a unix socket. Keys and caps stay on this side."""

from ftdojo.gateway.sandbox_access import Gateway, SandboxAccess

__all__ = ["Gateway", "SandboxAccess"]
