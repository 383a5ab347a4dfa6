"""The folder of a run as a model's: configuration and vocabulary lie in it.

So a predictor, or `from_checkpoint` of a model, loads what a command has
trained without being told where the files are that the command was given.
"""

import os
from collections.abc import Callable

from absl import logging

from bert_tf import bert_config
from bert_tf.checkpoints import portable_model, run_metadata
from bert_tf.system import files, output_files


def claim(
  folder: str,
  ours: run_metadata.RunMetadata,
  resumes: bool,
  config: bert_config.BertConfig,
  vocab_file: str | os.PathLike[str] | None = None,
) -> None:
  """Checks a folder and writes metadata, as `run_metadata.claim`; completes it.

  Other arguments as of `complete`.
  """
  run_metadata.claim(folder, ours, resumes)
  complete(folder, config, vocab_file)


def complete(
  folder: str,
  config: bert_config.BertConfig,
  vocab_file: str | os.PathLike[str] | None = None,
) -> None:
  """Writes bert_config.json and vocab.txt into a folder that lacks them.

  A file that is there stays; if it says something else, a warning is logged.

  Args:
    folder: The output folder.
    config: The model's configuration.
    vocab_file: Its vocabulary, copied as it is; None for none.
  """
  _put(
    os.path.join(folder, portable_model.CONFIG),
    config.to_json_string().encode(),
    lambda path: bert_config.BertConfig.from_json_file(path) == config,
  )
  if vocab_file is not None:
    with files.open_file(vocab_file) as file:
      data = file.read()
    _put(
      os.path.join(folder, portable_model.VOCABULARY),
      data,
      lambda path: _read(path) == data,
    )


def _put(path: str, data: bytes, is_same: Callable[[str], bool]) -> None:
  if not files.exists(path):
    output_files.write_atomically(path, data)
  elif not is_same(path):
    logging.warning(
      "%s is left as it is, but it is not that of this run: give the run's own "
      "to whatever loads a model from this folder, or take another output_dir",
      path,
    )


def _read(path: str) -> bytes:
  with files.open_file(path) as file:
    data: bytes = file.read()
  return data
