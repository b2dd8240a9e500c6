"""Mathematics: AIME by math-verify and by the whole number in the last box, GSM8K by its last number."""
