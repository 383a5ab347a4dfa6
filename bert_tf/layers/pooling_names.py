"""The ways to make one vector of a text's; needs no TensorFlow."""

POOLINGS = ("none", "mean", "max", "cls", "mean_max")
