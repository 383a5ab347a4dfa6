"""Compiled code on numbers and bytes: numba alone, no TensorFlow."""
