"""Biology: laboratory protocols (BioProBench) and questions about abstracts (PubMedQA)."""
