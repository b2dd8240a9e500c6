"""Tables: TableBench and its miniature."""
