"""The settings and the data that the result of a training depends on."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from bert_tf import bert_config
from bert_tf.system import files
from bert_tf.training import device_settings, loop_settings

UNSET = "unset"
# Of paths the end: the same files may lie elsewhere.
_PATHS = (
  *("init_checkpoint", "teacher_checkpoint"),
  *("data_dir", "train_file", "input_file"),
)
_PARTS = 2
# Files up to this size are read whole, of larger ones parts.
_WHOLE = 256 << 20
_PIECE = 1 << 20
_PIECES = 64


def of_training(
  config: bert_config.BertConfig,
  loop: loop_settings.LoopSettings,
  devices: device_settings.DeviceSettings,
  others: Mapping[str, Any],
  data: Iterable[str],
) -> dict[str, Any]:
  """The settings, by name, as JSON has them.

  Args:
    config: The model's configuration.
    loop: Settings of the training loop.
    devices: Settings of the devices.
    others: Settings of the task and the optimizer by name; None for unset.
    data: The files that are trained on.

  Raises:
    OSError: A file cannot be read.
  """
  found = of_model(config) | {
    "train_batch_size": loop.batch_size,
    "gradient_accumulation_steps": loop.gradient_accumulation_steps,
    "seed": loop.seed,
    "precision": devices.precision,
    # Other rows drop other entries, and run_squad has another loss.
    "pack": devices.pack,
    "length_buckets": list(devices.length_buckets) or None,
    **others,
  }
  for name in _PATHS:
    if found.get(name):
      parts = str(found[name]).rstrip("/").split("/")
      found[name] = "/".join(parts[-_PARTS:])
  shown = {
    name: UNSET if value is None else value for name, value in found.items()
  }
  shown["train_data"] = fingerprint(data)
  values: dict[str, Any] = json.loads(json.dumps(shown))
  return values


def of_model(config: bert_config.BertConfig) -> dict[str, Any]:
  """The model's configuration, as of `of_training`."""
  return {
    f"bert_config.{key}": value
    for key, value in config.to_dict().items()
    if key not in config.extra
  }


def fingerprint(paths: Iterable[str]) -> str:
  """Tells files from others by their contents, in order, not by their names.

  Of files of more than 256 MB it is the size, and 64 pieces of 1 MB each.

  Raises:
    OSError: A file cannot be read.
  """
  digest = hashlib.sha256()
  total = 0
  for path in paths:
    with files.open_file(path) as file:
      size = int(file.seek(0, 2) or file.tell())
      digest.update(size.to_bytes(8, "little"))
      for start, length in _pieces(size):
        file.seek(start)
        digest.update(file.read(length))
    total += size
  return f"{total} bytes, sha256 {digest.hexdigest()[:16]}"


def _pieces(size: int) -> Iterable[tuple[int, int]]:
  """Where the pieces of a file start that are read, and how long they are."""
  if size <= _WHOLE:
    return [(start, _PIECE) for start in range(0, size, _PIECE)]
  last = size - _PIECE
  return [(last * i // (_PIECES - 1), _PIECE) for i in range(_PIECES)]
