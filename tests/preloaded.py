"""What is loaded before programs are forked off; see forks.py."""

import bert_tf  # noqa: F401, I001  before TensorFlow, for its Keras
import tensorflow  # noqa: F401
from bert_tf import keras  # noqa: F401
