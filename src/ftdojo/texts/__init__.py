"""Text against text: which words it is made of, and whether a training row gives away a held-out question."""

from ftdojo.texts.leaks import Gate

__all__ = ["Gate"]
