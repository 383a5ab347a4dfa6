"""Tables of every form, read by one set of rules; no TensorFlow."""
