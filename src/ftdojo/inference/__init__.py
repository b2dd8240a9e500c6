"""Inference: prompts to outputs, with the warm model or any adapter on it."""
