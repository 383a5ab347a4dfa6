"""What a GPU is asked to compute, each in a process of its own."""

import dataclasses
import os
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import encoders, training, workers
from bert_tf import bert_config

STEPS, BATCH = 20, 16
CPU, GPU = "CPU", "GPU"


@dataclasses.dataclass(frozen=True)
class Check:
  """A way to train, and how far it may be from the CPU in float32.

  Attributes:
    precision: As of the flag.
    jit_compile: As of the flag.
    strategy: As of the flag.
    dropout: Whether entries are dropped: the same ones on every device.
    limit: The most relative difference of the loss of any step.
  """

  precision: str = "float32"
  jit_compile: bool = False
  strategy: str = "one_device"
  dropout: bool = False
  limit: float = 1e-4


CHECKS = {
  "float32": Check(),
  "mixed_bfloat16": Check("mixed_bfloat16", limit=2e-2),
  "mixed_float16": Check("mixed_float16", limit=5e-3),
  "XLA": Check(jit_compile=True),
  "MirroredStrategy": Check(strategy="mirrored"),
  "dropout": Check(dropout=True),
  "dropout XLA": Check(jit_compile=True, dropout=True),
  "dropout XLA bf16": Check("mixed_bfloat16", True, dropout=True, limit=2e-2),
  "dropout XLA fp16": Check("mixed_float16", True, dropout=True, limit=5e-3),
}
_BF16, _FP16 = "mixed_bfloat16", "mixed_float16"
TIMED = {
  "bert_tf": ("bert_tf", "ours", ("float32", "whole")),
  "bert_tf bf16": ("bert_tf", "ours", (_BF16, "whole")),
  "bert_tf fp16": ("bert_tf", "ours", (_FP16, "whole")),
  "bert_tf bf16, nothing compiled": ("bert_tf", "ours", (_BF16, "none")),
  "keras-nlp": ("keras_nlp", "keras_nlp", ("float32", True)),
  "keras-nlp bf16": ("keras_nlp", "keras_nlp", (_BF16, True)),
}


def _place(where: str) -> None:
  """Before anything else uses TensorFlow: the GPUs, or none of them."""
  import tensorflow as tf

  if where == CPU:
    tf.config.set_visible_devices([], GPU)
  # Products of float32 with all of its bits, as on the CPU.
  tf.config.experimental.enable_tensor_float_32_execution(False)


def forward(folder: str, where: str) -> workers.Run:
  """The encoder in float32."""
  _place(where)
  return encoders.ours(folder, "float32")


def trained(folder: str, where: str, check: Check) -> workers.Run:
  """A training; gives the loss of each step."""
  _place(where)
  import tensorflow as tf

  from bert_tf.tasks.pretraining import run, settings
  from bert_tf.training import device_settings, loop_settings, optimizer_table

  config = bert_config.BertConfig.from_json_file(
    os.path.join(folder, "google", "bert_config.json")
  )

  def steps(given: workers.Batch) -> Any:
    output_dir = tempfile.mkdtemp(dir=folder)
    run.run(
      config if check.dropout else config.without_dropout(),
      settings.PretrainingSettings(
        os.path.join(folder, "records"),
        output_dir,
        max_seq_length=given["input_ids"].shape[1],
        max_predictions_per_seq=training.PREDICTIONS,
        init_checkpoint=os.path.join(folder, "google"),
        do_train=True,
      ),
      optimizer_table.OptimizerSettings("adamw", 1e-3, STEPS, 2),
      loop_settings.LoopSettings(batch_size=BATCH, log_steps=1),
      device_settings.DeviceSettings(
        strategy=check.strategy,
        precision=check.precision,
        jit_compile=check.jit_compile,
      ),
    )
    (events,) = Path(output_dir).glob("events.*")
    return [
      float(tf.make_ndarray(value.tensor))
      for event in tf.compat.v1.train.summary_iterator(str(events))
      for value in event.summary.value
      if value.tag == "loss"
    ]

  return steps


def timed(config_json: str, make: str, arguments: tuple[Any, ...]) -> Any:
  """A step of a contender; gives its loss and the peak of the card in bytes."""
  step = getattr(training, make)(config_json, *arguments)

  def run(given: workers.Batch) -> Any:
    import tensorflow as tf

    loss = float(step(given))
    if not tf.config.list_physical_devices(GPU):
      return [loss, 0]
    return [loss, tf.config.experimental.get_memory_info("GPU:0")["peak"]]

  return run


def name_of_device(folder: str) -> workers.Run:
  """The names of the GPUs, as an array of a string; empty without one."""
  del folder
  import tensorflow as tf

  def run(given: workers.Batch) -> Any:
    del given
    gpus = tf.config.list_physical_devices(GPU)
    details = map(tf.config.experimental.get_device_details, gpus)
    return ", ".join(str(x.get("device_name", GPU)) for x in details)

  return run
