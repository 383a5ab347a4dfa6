"""Layers of the BERT graph, one a file."""
