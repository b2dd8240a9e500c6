"""FinanceIQ: multiple choice in Chinese finance exams."""
