"""Damaged files for every reader: each is read right, or refused by name."""
