"""Scorers of the biology tasks: questions about laboratory protocols (BioProBench)."""
