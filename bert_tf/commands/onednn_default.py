"""oneDNN's kernels where TensorFlow leaves them off.

On x86 TensorFlow switches them on by itself if the CPU has instructions for
neural networks (AVX512_VNNI, for one). With AVX2 alone they are faster, too:
the small products of attention three to eight times, and the others alike.
docs/performance.md has the measurements.
"""

import os
import sys

from bert_tf.system import cpu_features

_VARIABLE = "TF_ENABLE_ONEDNN_OPTS"
_NEEDED = "avx2"


def switch_on(cpu_file: str = cpu_features.CPU_FILE) -> None:
  """Switches them on for a CPU with AVX2; call it before TensorFlow is there.

  It is an environment variable of TensorFlow; what the user has set it to
  stays.

  Args:
    cpu_file: Where Linux tells of the CPU; without it nothing is done.
  """
  if "tensorflow" not in sys.modules and _NEEDED in cpu_features.names(
    cpu_file
  ):
    os.environ.setdefault(_VARIABLE, "1")
