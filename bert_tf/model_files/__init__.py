"""Models by name: where they lie, taken once and kept. No TensorFlow."""
