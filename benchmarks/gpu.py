"""What a GPU computes, against the CPU beside it, and how fast: docs/gpu.json.

Same weights, same batches, no dropout: the forward pass, then 20 training steps
by run_pretraining's own way in each precision, compiled as a whole, and over
all GPUs. Then step times and the memory of the card, keras-nlp beside. With
--dry_run everything is tiny and runs on the CPU, to see that it runs.

`benchmarks/gpu.sh` calls it, within ten minutes.
"""

import dataclasses
import json
import os
import platform
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

if not __package__:  # Run by its path: make the repository importable.
  sys.path[0] = str(Path(__file__).resolve().parents[1])

import numpy as np
from absl import flags, logging

from benchmarks import encoders, training, workers
from bert_tf import bert_config
from bert_tf.commands import command_line
from bert_tf.records import example_encoder, record_writer
from bert_tf.system import output_files

FLAGS = flags.FLAGS
_DRY_RUN = flags.DEFINE_bool("dry_run", False, "Tiny, and on the CPU.")
_JSON = flags.DEFINE_string("json", None, "File to write.", required=True)
_ONLY = flags.DEFINE_list(
  "only", [], "Of the checks and contenders; all if ''."
)

_STEPS, _BATCH = 20, 16
_CPU, _GPU = "CPU", "GPU"


@dataclasses.dataclass(frozen=True)
class Check:
  """A way to train, and how far it may be from the CPU in float32.

  Attributes:
    precision: As of the flag.
    jit_compile: As of the flag.
    strategy: As of the flag.
    limit: The most relative difference of the loss of any step.
  """

  precision: str = "float32"
  jit_compile: bool = False
  strategy: str = "one_device"
  limit: float = 1e-4


CHECKS = {
  "float32": Check(),
  "mixed_bfloat16": Check("mixed_bfloat16", limit=2e-2),
  "mixed_float16": Check("mixed_float16", limit=5e-3),
  "XLA": Check(jit_compile=True),
  "MirroredStrategy": Check(strategy="mirrored"),
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

  if where == _CPU:
    tf.config.set_visible_devices([], _GPU)
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
      config.without_dropout(),
      settings.PretrainingSettings(
        os.path.join(folder, "records"),
        output_dir,
        max_seq_length=given["input_ids"].shape[1],
        max_predictions_per_seq=training.PREDICTIONS,
        init_checkpoint=os.path.join(folder, "google"),
        do_train=True,
      ),
      optimizer_table.OptimizerSettings("adamw", 1e-3, _STEPS, 2),
      loop_settings.LoopSettings(batch_size=_BATCH, log_steps=1),
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
    if not tf.config.list_physical_devices(_GPU):
      return [loss, 0]
    return [loss, tf.config.experimental.get_memory_info("GPU:0")["peak"]]

  return run


def main() -> None:
  """Checks, times and writes."""
  dry_run = _DRY_RUN.value
  device = _device()
  if not device and not dry_run:
    raise RuntimeError("TensorFlow sees no GPU here; --dry_run needs none")
  small = _config(2, 128) if dry_run else _config(4, 256)
  base = small if dry_run else bert_config.BertConfig(vocab_size=30522)
  shape = (2, 32) if dry_run else (32, 128)
  with tempfile.TemporaryDirectory() as folder:
    checks = _checks(small, folder)
    times = _times(base, shape, folder, rounds=1 if dry_run else 10)
  result = {
    "dry_run": dry_run,
    "device": device or platform.processor() or platform.machine(),
    "checks": checks,
    "model": base.to_dict(),
    "batch": list(shape),
    "steps": times,
  }
  text = json.dumps(result, indent=2) + "\n"
  output_files.write_atomically(_JSON.value, text.encode())
  for row in (*checks, *times):
    print(json.dumps(row))
  failed = [row["name"] for row in checks if not row["passed"]]
  if failed:
    raise RuntimeError(f"further from the CPU than allowed: {failed}")


def _device() -> str:
  """The name of the GPU, asked for in another process: this one uses none."""
  contender = workers.Contender("tensorflow", _name_of_device)
  with workers.Worker(contender, "") as worker:
    return str(worker.run({}).result)


def _name_of_device(folder: str) -> workers.Run:
  del folder
  import tensorflow as tf

  def run(given: workers.Batch) -> Any:
    del given
    gpus = tf.config.list_physical_devices(_GPU)
    details = map(tf.config.experimental.get_device_details, gpus)
    return ", ".join(str(x.get("device_name", _GPU)) for x in details)

  return run


def _config(layers: int, size: int) -> bert_config.BertConfig:
  return bert_config.BertConfig(
    vocab_size=1000,
    hidden_size=size,
    num_hidden_layers=layers,
    num_attention_heads=size // 64,
    intermediate_size=4 * size,
  )


def _wanted(name: str) -> bool:
  return not _ONLY.value or name in _ONLY.value


def _checks(config: Any, folder: str) -> list[dict[str, Any]]:
  """How far each way is from the CPU."""
  encoders.write(config, folder)
  examples = training.batch(config, 4 * _BATCH, 64)
  with record_writer.RecordWriter(os.path.join(folder, "records")) as writer:
    writer.write_many(*example_encoder.encode_examples(examples))

  def computed(make: Any, *options: Any) -> np.ndarray[Any, Any]:
    contender = workers.Contender("bert_tf", make, options)
    with workers.Worker(contender, folder) as worker:
      return worker.run(examples).result

  rows = []
  if _wanted("forward"):
    want, found = (computed(forward, where) for where in (_CPU, _GPU))
    rows.append(_row("forward", np.abs(found - want).max(), 1e-4))
  names = [name for name in CHECKS if _wanted(name)]
  if names:
    want = computed(trained, _CPU, CHECKS["float32"])
  for name in names:
    found = computed(trained, _GPU, CHECKS[name])
    difference = np.abs(found - want).max() / np.abs(want).max()
    rows.append(_row(name, difference, CHECKS[name].limit))
  return rows


def _row(name: str, difference: float, limit: float) -> dict[str, Any]:
  return {
    "name": name,
    "difference": float(difference),
    "limit": limit,
    "passed": bool(difference <= limit),
  }


def _times(
  config: Any, shape: tuple[int, int], folder: str, rounds: int
) -> list[dict[str, Any]]:
  """Seconds of a step and the most memory of the card, each by itself."""
  path = os.path.join(folder, "bert_config.json")
  Path(path).write_text(config.to_json_string(), encoding="utf-8")
  given = training.batch(config, *shape)
  rows = []
  for name, (module, *options) in TIMED.items():
    if not _wanted(name):
      continue
    try:
      contender = workers.Contender(module, timed, tuple(options))
      with workers.Worker(contender, path) as worker:
        first = [worker.run(given).seconds for _ in range(2)]
        answers = [worker.run(given) for _ in range(rounds)]
    except (ImportError, RuntimeError) as error:
      logging.warning("left out: %s (%s)", name, error)
      continue
    rows.append(
      {
        "name": name,
        "seconds": statistics.median(x.seconds for x in answers),
        "first_seconds": first[0],
        "peak_megabytes": answers[-1].result[1] / 1e6,
      }
    )
  return rows


if __name__ == "__main__":
  command_line.run(main)
