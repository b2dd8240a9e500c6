"""Training: rows to tokens, tokens to batches, batches to an adapter or a model. torch lives here."""
