"""Scorers of chemistry answers: molecules are read by RDKit in a process that can be killed."""
