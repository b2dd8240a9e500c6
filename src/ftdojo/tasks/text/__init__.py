"""Text: short labelled texts with a clear signal, which a small model learns in minutes."""
