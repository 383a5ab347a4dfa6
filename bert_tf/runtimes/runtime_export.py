"""Writing an export for LiteRT or ONNX: checked before it is there."""

import dataclasses
import os
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from absl import logging

from bert_tf import bert_config
from bert_tf.checkpoints import checkpoint_prefix, export_checksums
from bert_tf.export import (
  export_check,
  export_settings,
  exporter,
  text_modules,
)
from bert_tf.runtimes import (
  answerer,
  conversion,
  engines,
  runtime_folder,
  runtime_settings,
)
from bert_tf.system import files, output_files, output_folders
from bert_tf.text import text_lines

_TOLERANCE = 1e-4
_CALIBRATION_TEXTS = 200
_CHECKED_TEXTS = 20  # of those
# Beyond this share of the outputs' size answers are other answers.
_MUCH_LOST = 0.3


def export(
  config: bert_config.BertConfig,
  checkpoint: str,
  vocab_file: str,
  settings: export_settings.ExportSettings,
  form: runtime_settings.RuntimeSettings,
  export_dir: str,
) -> str:
  """Exports a checkpoint as the next version in a folder.

  What was written is loaded by its runtime and compared with the library.

  Returns:
    The folder of the version.

  Raises:
    ImportError: A package of the runtime is not installed.
    OSError: A file is missing or cannot be written.
    ValueError: Settings, checkpoint and vocabulary do not fit together.
    RuntimeError: The model cannot be converted, or does not answer as the
      library does.
  """
  _check(settings, form, export_dir)
  settings = exporter.completed(settings, checkpoint, vocab_file)
  module, reference = exporter.make(
    config, checkpoint, vocab_file, settings, conversion.MODE
  )
  place = os.path.join(export_dir, "version")
  with output_folders.temporary_for(place) as temporary:
    os.makedirs(temporary, exist_ok=True)
    told = dataclasses.asdict(settings) | reference.rules.to_dict()
    exporter.write_assets(
      temporary, config, vocab_file, told | told_of(form, settings)
    )
    write_model(module, form, temporary)
    export_checksums.write(temporary)
    return exporter.publish(temporary, export_dir)


def write_model(
  module: text_modules.Served,
  form: runtime_settings.RuntimeSettings,
  path: str,
) -> None:
  """Writes the model into a folder that has all else, and looks at it.

  Args:
    module: Made with `conversion.MODE`.
    form: Which model.
    path: The folder.

  Raises:
    RuntimeError: As of `export`.
  """
  model = os.path.join(path, runtime_folder.MODELS[form.format])
  output_files.write_atomically(model, b"")  # says what the folder is
  folder = runtime_folder.read(path)
  library = conversion.LibraryEngine(module)
  inputs = list(_inputs(_calibration_lines(form), folder, library))
  if form.format == runtime_settings.ONNX:
    data = conversion.onnx(module, form.quantize)
  else:
    data = conversion.litert(module, folder.lengths, form.quantize, inputs)
  output_files.write_atomically(model, data)
  samples = [
    text_lines.Line(*pair)
    for pair in export_check.samples(folder.settings.model_type)
  ]
  checked = [*_inputs(samples, folder, library), *inputs[:_CHECKED_TEXTS]]
  _compare(folder, form, library, checked)
  logging.info("%s: %.1f MB", os.path.basename(model), len(data) / 1e6)


def told_of(
  form: runtime_settings.RuntimeSettings,
  settings: export_settings.ExportSettings,
) -> dict[str, Any]:
  """What the folder says of its model."""
  is_litert = form.format == runtime_settings.LITERT
  return {
    runtime_folder.FORMAT: form.format,
    runtime_folder.QUANTIZE: form.quantize,
    runtime_folder.LENGTHS: (
      form.of_at_most(settings.max_seq_length) if is_litert else ()
    ),
  }


def _check(
  settings: export_settings.ExportSettings,
  form: runtime_settings.RuntimeSettings,
  export_dir: str,
) -> None:
  """Checks what contradicts the format, before anything is computed."""
  checkpoint_prefix.check_path(export_dir)
  if files.is_remote(export_dir):
    raise ValueError(f"{export_dir}: format={form.format!r} is written locally")
  if settings.model_type not in conversion.OUTPUTS:
    raise ValueError(
      f"model_type={settings.model_type!r} is for format='saved_model', found "
      f"format={form.format!r}, which takes {', '.join(conversion.OUTPUTS)}"
    )
  for name, usual in (("precision", "float32"), ("pad_windows", False)):
    if getattr(settings, name) != usual:
      raise ValueError(
        f"{name}={getattr(settings, name)!r} is for format='saved_model', "
        f"found format={form.format!r}"
      )
  form.of_at_most(settings.max_seq_length)
  for module, package in _NEEDED[form.format].items():
    engines.required(module, package, form.format)
  runtime_folder.check_format(export_dir, form.format)


_NEEDED = {
  runtime_settings.LITERT: {"ai_edge_litert.interpreter": "ai-edge-litert"},
  runtime_settings.ONNX: {
    "onnxruntime": "onnxruntime",
    "tf2onnx.convert": "tf2onnx",
  },
}


def _calibration_lines(
  form: runtime_settings.RuntimeSettings,
) -> list[text_lines.Line]:
  if form.calibration_file is None:
    return []
  return text_lines.read(form.calibration_file)[:_CALIBRATION_TEXTS]


def _inputs(
  lines: Sequence[text_lines.Line],
  folder: runtime_folder.RuntimeFolder,
  library: conversion.LibraryEngine,
) -> Iterator[engines.Inputs]:
  """What the model gets of texts: one row each, windows for long ones."""
  seen: list[engines.Inputs] = []

  def run(inputs: engines.Inputs) -> Iterator[engines.Row]:
    seen.append(inputs)
    return library(inputs)

  for line in lines:
    list(answerer.answers([line], folder, run))
  for inputs in seen:
    for row in range(len(inputs[engines.MASK])):
      yield {name: x[row : row + 1] for name, x in inputs.items()}


def _compare(
  folder: runtime_folder.RuntimeFolder,
  form: runtime_settings.RuntimeSettings,
  library: conversion.LibraryEngine,
  samples: Sequence[engines.Inputs],
) -> None:
  """Compares the model that was written with the library.

  Raises:
    RuntimeError: They differ, and the model is not quantized.
  """
  kind = folder.settings.model_type
  run = answerer.open_engine(folder)
  difference = size = 0.0
  for inputs in samples:
    count = int(inputs[engines.MASK].sum())
    want, have = (
      conversion.cut(next(iter(engine(inputs))), kind, count)
      for engine in (library, run)
    )
    if form.quantize == runtime_settings.NONE:
      export_check.compare(want, have, _TOLERANCE)
    difference += _squares({name: have[name] - want[name] for name in want})
    size += _squares(want)
  lost = (difference / max(size, 1e-30)) ** 0.5
  if form.quantize != runtime_settings.NONE:
    log = logging.warning if lost > _MUCH_LOST else logging.info
    log(
      "quantize=%s: outputs differ from float32's by %.1f%% (root mean square, "
      "%d samples); compare the accuracy on your own data",
      form.quantize,
      100 * lost,
      len(samples),
    )


def _squares(values: dict[str, np.ndarray[Any, Any]]) -> float:
  return float(
    sum(np.square(x, dtype=np.float64).sum() for x in values.values())
  )
