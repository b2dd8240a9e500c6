"""Hostile bytes for every reader, steered by coverage: ``python -m benchmarks.fuzz`` (see ``__main__``)."""
