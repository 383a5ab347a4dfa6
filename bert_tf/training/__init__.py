"""Training: one path for all runners."""
