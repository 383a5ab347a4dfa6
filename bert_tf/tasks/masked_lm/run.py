"""Lines in, answers of a pre-trained model out."""

import json
import sys
from collections.abc import Iterator
from typing import Any

from absl import logging

from bert_tf import bert_config
from bert_tf.checkpoints import (
  formats,
  loader,
  model_tokenizer,
  variable_names,
)
from bert_tf.models import pretrainer
from bert_tf.system import files, output_files
from bert_tf.tasks.masked_lm import (
  answer_lines,
  examples,
  predictor,
  reader,
  settings,
)
from bert_tf.text import checkpoint_case, vocabulary_fit
from bert_tf.training import device_strategy, dtype_policies

_OF_PAIRS = ("bert/pooler/", "cls/seq_relationship/")


def run(
  config: bert_config.BertConfig,
  options: settings.FillMaskSettings,
  devices: device_strategy.DeviceSettings,
) -> int:
  """Answers all lines.

  Returns:
    How many there were.

  Raises:
    OSError: A file is missing or cannot be written.
    ValueError: A setting, line or checkpoint does not fit; see the message.
  """
  checkpoint_case.validate_case_matches_checkpoint(
    options.do_lower_case, options.init_checkpoint
  )
  if options.max_seq_length is not None:
    config.check_length(options.max_seq_length)
  if options.output_file is not None:
    inputs = [options.input_file] if options.input_file else []
    files.check_output(options.output_file, inputs, "output_file")
  tokenizer = model_tokenizer.load(
    config,
    options.vocab_file,
    options.do_lower_case,
    [examples.MASK],
    options.init_checkpoint,
  )
  name = options.input_file or reader.STANDARD_INPUT
  texts = reader.read(options.input_file)
  vocabulary_fit.warn_of_unknown(tokenizer, texts, name)
  strategy = device_strategy.create(devices)
  with strategy.scope():
    model = pretrainer.BertPretrainer(
      config, devices.kind == "tpu", dtype_policies.policy(devices.precision)
    )
  filler = predictor.MaskFiller(
    model,
    tokenizer,
    options.top_k,
    options.max_seq_length,
    options.batch_size,
    strategy,
  )
  encoded = filler.encode(texts, options.mode == "next_sentence", name)
  reader.check(encoded, options.mode, name)
  load(model, options.init_checkpoint, options.mode)
  rows = answer_lines.BY_MODE[options.mode](filler, texts, encoded)
  _write(rows, options)
  return len(texts)


def load(model: Any, init_checkpoint: str, mode: str) -> None:
  """Loads the model; what is for pairs only is needed for pairs only.

  Raises:
    ValueError: A variable is missing.
  """
  names = variable_names.by_name(model.variables)
  try:
    loader.load(
      model.variables,
      formats.reader(init_checkpoint, model.config),
      require_all=True,
      optional=[
        name
        for name in names
        if mode != "next_sentence" and name.startswith(_OF_PAIRS)
      ],
    )
  except loader.MissingVariablesError as error:
    raise ValueError(
      f"{error}; mode={mode} needs a checkpoint of a pre-training, with its "
      "heads"
    ) from error


def _write(
  rows: Iterator[answer_lines.Row], options: settings.FillMaskSettings
) -> None:
  """Writes answers as they come; a file appears whole or not at all."""

  def shown() -> Iterator[str]:
    for index, (row, text) in enumerate(rows):
      if options.output_format == "json":
        text = json.dumps({"line_index": index, **row}, ensure_ascii=False)
      yield f"{text}\n"

  if options.output_file is None:
    for text in shown():
      sys.stdout.write(text)
    sys.stdout.flush()
    return
  with output_files.writing(options.output_file) as writer:
    for text in shown():
      writer.write(text.encode())
  logging.info("wrote %s", options.output_file)
