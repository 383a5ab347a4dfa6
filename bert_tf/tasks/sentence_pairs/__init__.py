"""Sentence vectors: trained on pairs of texts that mean the same, or nearly."""
