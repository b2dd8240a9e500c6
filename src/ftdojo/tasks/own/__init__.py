"""Tasks of your own: a folder with a task file, rows, and perhaps one Python function that grades."""
