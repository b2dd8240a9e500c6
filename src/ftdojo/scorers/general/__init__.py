"""Scorers of data sets that belong to no domain: instructions, reasoning, slots, SQL."""
