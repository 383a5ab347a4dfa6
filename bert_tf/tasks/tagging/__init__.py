"""Tagging: a label for each word, read from and written as columns."""
