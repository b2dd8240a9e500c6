"""Scoring that several benchmarks share; what belongs to one benchmark stands with its tasks."""
