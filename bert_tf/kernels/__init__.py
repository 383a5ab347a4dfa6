"""The few operations with more than one implementation."""
