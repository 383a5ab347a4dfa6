"""Flags that all runners share: devices, precision, optimizer, loop."""

from absl import flags, logging

from bert_tf.commands import shared_flags
from bert_tf.training import device_settings, loop_settings, optimizer_table

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
  flags.DEFINE_bool("use_tpu", False, "Use a TPU, as --strategy=tpu does.")
  flags.DEFINE_string(
    "tpu_name", None, "Name or grpc address of the TPU; local on a TPU VM."
  )
  flags.DEFINE_string("tpu_zone", None, "Zone of the TPU. Default: detected.")
  flags.DEFINE_string(
    "gcp_project", None, "Project of the TPU. Default: detected."
  )
  flags.DEFINE_string(
    "master", None, "Accepted but ignored (TensorFlow 1 only)."
  )
  flags.DEFINE_integer(
    "num_tpu_cores", 8, "Accepted but ignored (TensorFlow 1 only)."
  )
  flags.DEFINE_enum(
    "strategy",
    "auto",
    device_settings.STRATEGIES,
    "Distribution strategy: mirrored uses all visible GPUs, multi_worker reads "
    "TF_CONFIG, auto chooses by the devices that are available.",
  )
  flags.DEFINE_enum(
    "precision",
    "float32",
    device_settings.PRECISIONS,
    "Compute precision: float32, mixed_bfloat16 (recommended on recent CPUs, "
    "GPUs and TPUs) or mixed_float16.",
  )
  flags.DEFINE_bool(
    "jit_compile",
    None,
    "Compile the training step with XLA. Default: the whole step on a GPU, "
    "only the element-wise parts on a CPU. TPUs always compile.",
  )


def _define_training() -> None:
  flags.DEFINE_bool(
    "pack",
    None,
    "Compute real tokens only. Default: on a CPU, if the loss leaves padding "
    "out and at least a tenth of the positions is padding. Not on TPUs or with "
    "--jit_compile. With --pack the loss of run_squad leaves padding out, too.",
  )
  flags.DEFINE_list(
    "length_buckets",
    None,
    "Pad each training batch to the smallest of these lengths that fits, such "
    "as 32,64 (default: --max_seq_length). For TPUs and --jit_compile, which "
    "compile a program per length. For run_squad the loss leaves padding out.",
  )
  flags.DEFINE_enum(
    "optimizer",
    "adamw",
    sorted(optimizer_table.OPTIMIZERS),
    "Optimizer. "
    + "; ".join(
      f"{name}: {kind.description}"
      for name, kind in optimizer_table.OPTIMIZERS.items()
    )
    + ".",
  )
  flags.DEFINE_integer(
    "gradient_accumulation_steps",
    1,
    "Number of micro-batches that each batch is split into and computed one "
    "after another, to save memory. --train_batch_size is the whole batch.",
  )
  shared_flags.define("seed")
  flags.DEFINE_integer(
    "keep_checkpoint_max", 5, "Number of checkpoints to keep; 0 keeps all."
  )
  flags.DEFINE_bool(
    "require_latest",
    False,
    "Refuse to resume if the newest checkpoint is damaged or gone. Default: "
    "resume from the last whole one, with a warning.",
  )
  flags.DEFINE_integer("log_steps", 100, "Steps between progress lines.")
  flags.DEFINE_list(
    "profile_steps",
    None,
    "Profile the steps after the first number up to the second, such as 10,20, "
    "for TensorBoard's profiler.",
  )
  flags.DEFINE_integer(
    "save_checkpoints_steps", 1000, "Steps between checkpoints."
  )
  flags.DEFINE_integer(
    "iterations_per_loop",
    1000,
    "Maximum training steps run on the device before returning to the host.",
  )


def devices() -> device_settings.DeviceSettings:
  """The device settings; to be asked for before anything is computed.

  Says of flags without effect that they have none. Where nothing is trained,
  weights are taken as frozen for as long as the process lasts.
  """
  for name, reason in _WITHOUT_EFFECT.items():
    if FLAGS[name].present:
      logging.warning("--%s has no effect: %s", name, reason)
  if "do_train" not in FLAGS or not FLAGS.do_train:
    from bert_tf.kernels import onednn_kernels

    onednn_kernels.assume_frozen_weights()
  others = {} if "pack" in FLAGS else {"pack": None}
  return shared_flags.settings(
    device_settings.DeviceSettings, length_buckets=length_buckets(), **others
  )


def length_buckets() -> tuple[int, ...]:
  """The lengths that training batches are padded to; none if not given."""
  told = FLAGS.length_buckets if "length_buckets" in FLAGS else None
  return device_settings.parse_length_buckets(told)


def training() -> loop_settings.LoopSettings:
  """The settings of the loop."""
  return shared_flags.settings(
    loop_settings.LoopSettings,
    batch_size=FLAGS.train_batch_size,
    profile_steps=loop_settings.parse_profile_steps(FLAGS.profile_steps),
  )
