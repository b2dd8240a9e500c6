"""Finance: FinanceIQ, Banking77 and their miniature."""
