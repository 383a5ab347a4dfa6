"""Writing a SavedModel: whole or not at all, and looked at before it is there.

An export folder holds versions, `1`, `2`, ..., as TensorFlow Serving expects
it. Each has the model's files, and in `assets` vocab.txt, bert_config.json and
export.json, the settings.
"""

import dataclasses
import json
import os
from collections.abc import Mapping
from typing import Any

import tensorflow as tf
from absl import logging

from bert_tf import bert_config
from bert_tf.checkpoints import (
  checkpoint_prefix,
  export_checksums,
  exported_format,
  formats,
  model_tokenizer,
  object_graph,
  portable_model,
  run_metadata,
  stored_rules,
)
from bert_tf.export import (
  export_check,
  export_settings,
  model_types,
  text_modules,
)
from bert_tf.kernels import modes
from bert_tf.system import (
  error_text,
  files,
  output_files,
  output_folders,
  write_errors,
)
from bert_tf.tasks.squad import settings as squad_settings
from bert_tf.text import (
  checkpoint_case,
  full_tokenizer,
  in_graph_tokenizer,
)


def export(
  config: bert_config.BertConfig,
  checkpoint: str,
  vocab_file: str,
  settings: export_settings.ExportSettings,
  export_dir: str,
) -> str:
  """Exports a checkpoint as the next version in a folder.

  What was written is loaded again and compared with the library's own answers
  to samples before it gets its place.

  Returns:
    The folder of the version.

  Raises:
    OSError: A file is missing or cannot be written.
    ValueError: Settings, checkpoint and vocabulary do not fit together.
    RuntimeError: The export does not answer as the library does.
  """
  checkpoint_prefix.check_path(export_dir)
  settings = completed(settings, checkpoint, vocab_file)
  module, reference = make(config, checkpoint, vocab_file, settings)
  place = os.path.join(export_dir, "version")
  with output_folders.temporary_for(place) as temporary:
    with output_folders.scratch() as folder:
      told = dataclasses.asdict(settings) | reference.rules.to_dict()
      write_assets(folder, config, vocab_file, told)
      write(module, folder, temporary)
    written = tf.saved_model.load(temporary).signatures
    export_check.check(written, module, reference)
    export_checksums.write(temporary)
    return publish(temporary, export_dir)


def completed(
  settings: export_settings.ExportSettings, checkpoint: str, vocab_file: str
) -> export_settings.ExportSettings:
  """The settings with what the files of the model say of the rest.

  Raises:
    ValueError: Nothing tells the labels, or two files contradict each other.
  """
  settings = _with_labels(settings, checkpoint)
  if settings.model_type == "span" and settings.answer_alignment is None:
    trained = run_metadata.of_checkpoint(checkpoint)
    settings = dataclasses.replace(
      settings,
      answer_alignment=squad_settings.trained_alignment(
        trained.settings if trained else {}
      ),
    )
  if settings.model_type == "sentence":
    run_metadata.check_pooling(checkpoint, settings.pooling)
  if settings.do_lower_case is None:
    rules = stored_rules.beside(vocab_file, None, checkpoint)
    settings = dataclasses.replace(settings, do_lower_case=rules.lower_case)
  return settings


def make(
  config: bert_config.BertConfig,
  checkpoint: str,
  vocab_file: str,
  settings: export_settings.ExportSettings,
  mode: modes.Mode | modes.Kernels | None = None,
) -> tuple[text_modules.Served, full_tokenizer.FullTokenizer]:
  """Makes what is to be exported, and the tokenizer to compare it with.

  `mode` is as of `text_modules.Served`.

  Raises:
    OSError: A file is missing.
    ValueError: Settings, checkpoint and vocabulary do not fit together.
  """
  checkpoint_case.validate_case_matches_checkpoint(
    settings.do_lower_case, checkpoint
  )
  config.check_length(settings.max_seq_length)
  reference = model_tokenizer.load(
    config, vocab_file, settings.do_lower_case, checkpoint=checkpoint
  )
  tokenizer = in_graph_tokenizer.InGraphTokenizer(
    vocab_file, rules=reference.rules
  )
  model = model_types.load(config, checkpoint, settings)
  pieces = [
    reference.inv_vocab.get(index, "") for index in range(tokenizer.vocab_size)
  ]
  served_type = model_types.KINDS[settings.model_type].served
  return served_type(model, tokenizer, settings, pieces, mode), reference


def write(module: text_modules.Served, assets: str, path: str) -> None:
  """Writes a SavedModel with the files of the folder `assets` in it."""
  module.assets = [
    tf.saved_model.Asset(os.path.join(assets, name))
    for name in sorted(os.listdir(assets))
  ]
  files.make_folder(path)
  try:
    tf.saved_model.save(module, path, signatures=module.signatures())
  except tf.errors.OpError as error:
    message = error_text.plain(error)
    raise write_errors.from_message(path, message) from error


def _with_labels(
  settings: export_settings.ExportSettings, checkpoint: str
) -> export_settings.ExportSettings:
  """The settings with the labels that a runner wrote beside its checkpoint."""
  if settings.labels or settings.model_type not in export_settings.LABELLED:
    return settings
  found = formats.labels(checkpoint)
  if not found:
    raise ValueError(
      f"model_type={settings.model_type!r} needs labels, in the order of the "
      f"model's outputs; there is no {run_metadata.FILE} beside "
      f"{checkpoint} that tells them"
    )
  logging.info("labels found beside %s: %s", checkpoint, ", ".join(found))
  return dataclasses.replace(settings, labels=found)


def write_assets(
  folder: str,
  config: bert_config.BertConfig,
  vocab_file: str,
  told: Mapping[str, Any],
) -> None:
  """Writes what belongs to a model: vocabulary, configuration and `told`."""
  with files.open_file(vocab_file) as reader:
    vocabulary = reader.read()
  text = json.dumps(told, indent=2) + "\n"
  for name, data in (
    (portable_model.VOCABULARY, vocabulary),
    (portable_model.CONFIG, config.to_json_string().encode()),
    (exported_format.SETTINGS, text.encode()),
  ):
    output_files.write_atomically(os.path.join(folder, name), data)


def publish(temporary: str, export_dir: str) -> str:
  """Gives what was written the next free number."""
  names = filter(str.isdecimal, files.names_in(export_dir))
  version = max(map(int, names), default=0) + 1
  while True:
    path = os.path.join(export_dir, str(version))
    try:
      output_folders.publish(temporary, path, object_graph.SAVED_MODEL)
      break
    except OSError as error:
      # Another export may have taken the number since.
      if not output_folders.is_taken(error):
        if error.errno is None:
          raise
        raise write_errors.of(path, error.errno) from error
      version += 1
  logging.info("exported to %s", path)
  return path
