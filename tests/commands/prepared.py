"""As a program, `prepared.py NAME FLAGS`: a command's devices are asked for.

`predict`, which has no such flags, is run. Prints whether weights are then
taken as frozen, as TensorFlow is told.
"""

import importlib
import os
import sys

from absl import flags

if __name__ == "__main__":
  command = importlib.import_module(f"bert_tf.commands.{sys.argv[1]}")
  from bert_tf.commands import device_flags

  flags.FLAGS(sys.argv[1:])
  command.main() if sys.argv[1] == "predict" else device_flags.devices()
  print(os.environ.get("TF_ONEDNN_ASSUME_FROZEN_WEIGHTS"))
