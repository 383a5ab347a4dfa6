"""Feature extraction: vectors of tokens, words and lines."""
