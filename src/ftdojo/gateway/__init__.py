"""The path from a data script to language models: OpenAI's protocol over a unix socket. Keys and caps stay on this side."""

from ftdojo.gateway.door import Door, Gateway

__all__ = ["Door", "Gateway"]
