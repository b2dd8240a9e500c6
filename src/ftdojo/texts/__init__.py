"""Text against text: which words it is made of, whether two are nearly the same, and what gives a held-out question away."""

from ftdojo.texts.leaks import Gate
from ftdojo.texts.near import duplicates

__all__ = ["Gate", "duplicates"]
