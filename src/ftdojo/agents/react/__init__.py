"""react: a general-purpose tool-loop agent in the same dojo, with nothing of fine-tuning in it but the task's own text."""
