"""Scorers of the table tasks: answers after ``Final Answer:``, and charts drawn by code that the model wrote."""
