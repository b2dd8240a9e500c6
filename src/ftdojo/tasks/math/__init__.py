"""Mathematics: AIME 2025 and 2024, GSM8K."""
