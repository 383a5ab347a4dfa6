"""Models: the encoder and what stands on it."""
