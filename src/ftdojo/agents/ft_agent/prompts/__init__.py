"""The prompts of FT-Agent, one file each."""
