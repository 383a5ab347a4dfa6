"""Flags that all runners share: devices, precision, optimizer, loop."""

from absl import flags, logging

from bert_tf.commands import shared_flags
from bert_tf.kernels import onednn_fusion
from bert_tf.training import (
  device_strategy,
  dtype_policies,
  optimizers,
  training_loop,
)

FLAGS = flags.FLAGS
flags.disclaim_key_flags()
_WITHOUT_EFFECT = {
  "master": "TensorFlow 2 finds devices by itself; name a TPU by --tpu_name",
  "num_tpu_cores": "all cores of the TPU are used",
}


def define() -> None:
  """Defines the flags of runners that train."""
  define_devices()
  _define_training()


def define_devices() -> None:
  """Defines the flags of all commands that compute."""
  flags.DEFINE_bool("use_tpu", False, "Whether to use a TPU.")
  flags.DEFINE_string(
    "tpu_name", None, "The TPU: its name, its grpc address, or local."
  )
  flags.DEFINE_string("tpu_zone", None, "Zone of the TPU; detected if unset.")
  flags.DEFINE_string(
    "gcp_project", None, "Project of the TPU; detected if unset."
  )
  flags.DEFINE_string("master", None, "Has no effect (TensorFlow 1 only).")
  flags.DEFINE_integer("num_tpu_cores", 8, "Has no effect (TensorFlow 1 only).")
  flags.DEFINE_enum(
    "strategy",
    "auto",
    device_strategy.STRATEGIES,
    "Where to compute: mirrored takes all GPUs, multi_worker reads TF_CONFIG, "
    "auto chooses by what is there.",
  )
  flags.DEFINE_enum(
    "precision",
    "float32",
    dtype_policies.PRECISIONS,
    "Number format of products.",
  )
  flags.DEFINE_bool(
    "jit_compile",
    None,
    "Whether XLA compiles all of the gradients. Unset: on a GPU yes, on a CPU "
    "what stands between the products; a TPU compiles all anyway.",
  )


def _define_training() -> None:
  flags.DEFINE_enum(
    "optimizer",
    "adamw",
    sorted(optimizers.OPTIMIZERS),
    "Optimizer. "
    + "; ".join(
      f"{name}: {kind.description}"
      for name, kind in optimizers.OPTIMIZERS.items()
    )
    + ".",
  )
  flags.DEFINE_integer(
    "gradient_accumulation_steps",
    1,
    "Parts a batch is cut into, computed one after the other, where a whole "
    "one does not fit in memory. train_batch_size stays the whole.",
  )
  shared_flags.define("seed")
  flags.DEFINE_integer(
    "keep_checkpoint_max", 5, "Checkpoints kept; 0 keeps all."
  )
  flags.DEFINE_integer("log_steps", 100, "Steps between lines of progress.")
  flags.DEFINE_integer(
    "save_checkpoints_steps", 1000, "Steps between checkpoints."
  )
  flags.DEFINE_integer(
    "iterations_per_loop", 1000, "The most steps without a look at the host."
  )


def devices() -> device_strategy.DeviceSettings:
  """The device settings; to be asked for before anything is computed.

  Says of flags without effect that they have none. Where nothing is trained,
  weights are taken as frozen for as long as the process lasts.
  """
  for name, reason in _WITHOUT_EFFECT.items():
    if FLAGS[name].present:
      logging.warning("--%s has no effect: %s", name, reason)
  if "do_train" not in FLAGS or not FLAGS.do_train:
    onednn_fusion.assume_frozen_weights()
  return shared_flags.settings(device_strategy.DeviceSettings)


def loop_settings() -> training_loop.LoopSettings:
  """The settings of the loop."""
  return shared_flags.settings(
    training_loop.LoopSettings, batch_size=FLAGS.train_batch_size
  )
