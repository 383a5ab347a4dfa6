"""Checkpoints: reading and writing, by name."""
