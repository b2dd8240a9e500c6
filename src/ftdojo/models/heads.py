"""Which architectures may have their output layer run apart from their body."""

LABEL_ONLY = frozenset({"llama", "mistral", "qwen2", "qwen3", "phi3", "smollm3", "gemma"})
"""Those whose body is ``model.model`` and whose logits are exactly ``model.lm_head(hidden)``: no soft cap, no scale."""
