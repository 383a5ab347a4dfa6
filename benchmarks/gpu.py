"""What a GPU computes, against the CPU beside it, and how fast: docs/gpu.json.

Same weights, same batches: the forward pass, then 20 training steps by
run_pretraining's own way in each precision, compiled as a whole, over all GPUs,
and with dropout. Then step times and the memory of the card, keras-nlp beside.
With --dry_run everything is tiny and runs on the CPU, to see that it runs.

`benchmarks/gpu.sh` calls it, within ten minutes.
"""

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

from benchmarks import encoders, gpu_contenders, training, workers
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


def main() -> None:
  """Checks, times and writes."""
  dry_run = _DRY_RUN.value
  device = _device()
  if not device and not dry_run:
    raise RuntimeError("TensorFlow sees no GPU here; --dry_run needs none")
  small = _config(1, 64) if dry_run else _config(4, 256)
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
  contender = workers.Contender("tensorflow", gpu_contenders.name_of_device)
  with workers.Worker(contender, "") as worker:
    return str(worker.run({}).result)


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
  examples = training.batch(config, 4 * gpu_contenders.BATCH, 64)
  with record_writer.RecordWriter(os.path.join(folder, "records")) as writer:
    writer.write_many(*example_encoder.encode_examples(examples))

  def computed(make: Any, *options: Any) -> np.ndarray[Any, Any]:
    contender = workers.Contender("bert_tf", make, options)
    with workers.Worker(contender, folder) as worker:
      return worker.run(examples).result

  rows = []
  if _wanted("forward"):
    want, found = (
      computed(gpu_contenders.forward, where)
      for where in (gpu_contenders.CPU, gpu_contenders.GPU)
    )
    rows.append(_row("forward", np.abs(found - want).max(), 1e-4))
  on_cpu: dict[bool, np.ndarray[Any, Any]] = {}
  for name, check in gpu_contenders.CHECKS.items():
    if not _wanted(name):
      continue
    if check.dropout not in on_cpu:
      on_cpu[check.dropout] = computed(
        gpu_contenders.trained,
        gpu_contenders.CPU,
        gpu_contenders.Check(dropout=check.dropout),
      )
    want = on_cpu[check.dropout]
    found = computed(gpu_contenders.trained, gpu_contenders.GPU, check)
    difference = np.abs(found - want).max() / np.abs(want).max()
    rows.append(_row(name, difference, check.limit))
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
  for name, (module, *options) in gpu_contenders.TIMED.items():
    if not _wanted(name):
      continue
    try:
      contender = workers.Contender(
        module, gpu_contenders.timed, tuple(options)
      )
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
