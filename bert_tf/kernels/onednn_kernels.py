"""The kernels of inference on a CPU, in the spelling that oneDNN fuses.

On the CPU TensorFlow replaces some chains of ops by one kernel, if they are
spelled as it expects them. Two of these spellings are worse everywhere else.
docs/performance.md has what each of them gains.
"""

import os
from typing import Any

import tensorflow as tf
from tensorflow.python.util import _pywrap_util_port

from bert_tf.kernels import plain_kernels

_DTYPES = (tf.float32, tf.bfloat16)
_FROZEN = "TF_ONEDNN_ASSUME_FROZEN_WEIGHTS"


def is_on() -> bool:
  """Whether oneDNN's kernels are in use; TF_ENABLE_ONEDNN_OPTS decides."""
  return bool(_pywrap_util_port.IsMklEnabled())


def applies(dtype: Any) -> bool:
  """Whether ops spelled for oneDNN are fused here.

  That is in a graph (ops that run one by one are not fused), on a machine that
  has no device but its CPU.

  Args:
    dtype: What is computed in: a dtype or its name.
  """
  if tf.as_dtype(dtype) not in _DTYPES or not tf.inside_function():
    return False
  kinds = {device.device_type for device in tf.config.list_logical_devices()}
  return kinds == {"CPU"} and is_on()


class OnednnKernels(plain_kernels.PlainKernels):
  """See `modes.Kernels`; for inference in a graph on a CPU."""

  def softmax_dropout(
    self, scores: Any, bias: Any, scale: float, rate: float
  ) -> Any:
    """Product, scale and mask become one kernel if they are of one dtype."""
    scores = scores * scale + tf.cast(bias, scores.dtype)
    return self.dropout(tf.nn.softmax(scores), rate)

  def layer_norm(self, x: Any, gamma: Any, beta: Any) -> Any:
    """Normalizes by oneDNN's one kernel.

    TensorFlow puts `_MklLayerNorm` in the place of just these ops, which say
    that each row is normalized as a batch norm's channel is.
    """
    shape = tf.shape(x)
    # Not to be folded to constants where the shape is known: in the pattern
    # scale and offset are ops that fill.
    rows = tf.raw_ops.PlaceholderWithDefault(
      input=tf.reduce_prod(shape[:-1], keepdims=True), shape=[1]
    )  # N
    y = tf.reshape(x, [1, -1, x.shape[-1], 1])  # [1, N, H, 1]
    nothing = tf.zeros([0], tf.float32)
    y = tf.raw_ops.FusedBatchNormV3(
      x=y,
      scale=tf.fill(rows, 1.0),
      offset=tf.fill(rows, 0.0),
      mean=nothing,
      variance=nothing,
      epsilon=plain_kernels.EPSILON,
      data_format="NCHW",
      is_training=True,
    ).y
    y = tf.reshape(y, shape) * tf.cast(gamma, x.dtype)
    return y + tf.cast(beta, x.dtype)


def assume_frozen_weights() -> None:
  """Lets oneDNN bring each weight into its own order once, not every time.

  For processes that apply models and never train: call it before anything is
  computed. From then on a fused product in a graph keeps the weights of its
  first call, whatever is assigned to the variable or given to the function
  later. It is an environment variable of TensorFlow; what the user has set it
  to stays.
  """
  os.environ.setdefault(_FROZEN, "1")


def check_trainable() -> None:
  """Checks that weights are not assumed to be frozen.

  Raises:
    ValueError: They are; what is trained would compute with its first weights.
  """
  found = os.environ.get(_FROZEN, "0")
  if found.lower() not in ("0", "false"):
    raise ValueError(
      f"the environment variable {_FROZEN} is {found!r}: every step would "
      "compute with the weights of the first; unset it where models are trained"
    )
