"""The ways to make one vector of a text's; needs no TensorFlow."""

POOLINGS = ("none", "mean", "max", "cls", "mean_max")
# Those that give a vector of the hidden size.
ONE_VECTOR = ("mean", "max", "cls")
