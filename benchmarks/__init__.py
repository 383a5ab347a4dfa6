"""Timings, and their pictures."""
