"""LiteRT and ONNX: exports for other runtimes, and answers by them."""
