"""Chemistry: ChemCoTBench and its miniature."""
