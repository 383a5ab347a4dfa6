"""Writing a SavedModel: whole or not at all, and looked at before it is there.

An export folder holds versions, `1`, `2`, ..., as TensorFlow Serving expects
it. Each has the model's files, and in `assets` vocab.txt, bert_config.json and
export.json, the settings.
"""

import dataclasses
import json
import os
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
from bert_tf.system import files, output_files, write_errors
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
  settings = _with_labels(settings, checkpoint)
  if settings.model_type == "span" and settings.answer_alignment is None:
    trained = run_metadata.of_checkpoint(checkpoint)
    settings = dataclasses.replace(
      settings,
      answer_alignment=squad_settings.trained_alignment(
        trained.settings if trained else {}
      ),
    )
  if settings.do_lower_case is None:
    rules = stored_rules.beside(vocab_file, None, checkpoint)
    settings = dataclasses.replace(settings, do_lower_case=rules.lower_case)
  module, reference = make(config, checkpoint, vocab_file, settings)
  place = os.path.join(export_dir, "version")
  with output_files.temporary_folder_for(place) as temporary:
    with output_files.temporary_folder() as folder:
      stored = reference.rules.to_dict()
      _write_assets(folder, config, vocab_file, settings, stored)
      write(module, folder, temporary)
    written = tf.saved_model.load(temporary).signatures
    export_check.check(written, module, reference)
    export_checksums.write(temporary)
    return _publish(temporary, export_dir)


def make(
  config: bert_config.BertConfig,
  checkpoint: str,
  vocab_file: str,
  settings: export_settings.ExportSettings,
) -> tuple[text_modules.Served, full_tokenizer.FullTokenizer]:
  """Makes what is to be exported, and the tokenizer to compare it with.

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
  return served_type(model, tokenizer, settings, pieces), reference


def write(module: text_modules.Served, assets: str, path: str) -> None:
  """Writes a SavedModel with the files of the folder `assets` in it."""
  module.assets = [
    tf.saved_model.Asset(os.path.join(assets, name))
    for name in sorted(os.listdir(assets))
  ]
  tf.io.gfile.makedirs(path)
  try:
    tf.saved_model.save(module, path, signatures=module.signatures())
  except tf.errors.OpError as error:
    raise write_errors.from_message(path, error.message) from error


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


def _write_assets(
  folder: str,
  config: bert_config.BertConfig,
  vocab_file: str,
  settings: export_settings.ExportSettings,
  rules: dict[str, Any],
) -> None:
  with files.open_file(vocab_file) as reader:
    vocabulary = reader.read()
  told = json.dumps(dataclasses.asdict(settings) | rules, indent=2) + "\n"
  for name, data in (
    (portable_model.VOCABULARY, vocabulary),
    (portable_model.CONFIG, config.to_json_string().encode()),
    (exported_format.SETTINGS, told.encode()),
  ):
    output_files.write_atomically(os.path.join(folder, name), data)


def _publish(temporary: str, export_dir: str) -> str:
  """Gives what was written the next free number."""
  names = filter(str.isdecimal, files.names_in(export_dir))
  version = max(map(int, names), default=0) + 1
  while True:
    path = os.path.join(export_dir, str(version))
    try:
      output_files.publish_folder(temporary, path)
      break
    except OSError as error:
      # Another export may have taken the number since.
      if error.errno not in output_files.TAKEN:
        raise write_errors.of(path, error.errno or 0) from error
      version += 1
  logging.info("exported to %s", path)
  return path
