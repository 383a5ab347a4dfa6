"""Exports answered over HTTP and gRPC, as TensorFlow Serving does."""
