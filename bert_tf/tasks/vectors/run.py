"""Feature extraction from a file of lines to a file of vectors."""

import contextlib
from collections.abc import Sequence

from absl import logging

from bert_tf import bert_config
from bert_tf.checkpoints import (
  encoder_loader,
  model_tokenizer,
  run_metadata,
)
from bert_tf.models import bert_model
from bert_tf.system import files
from bert_tf.tasks.vectors import (
  examples,
  predictor,
  projector_files,
  settings,
  vector_writers,
)
from bert_tf.text import checkpoint_case, text_lines, vocabulary_fit
from bert_tf.training import device_strategy, dtype_policies


def run(
  config: bert_config.BertConfig,
  options: settings.FeatureSettings,
  devices: device_strategy.DeviceSettings,
) -> int:
  """Extracts features.

  Returns:
    The number of lines.

  Raises:
    OSError: A file is missing or cannot be written.
    ValueError: A setting, file or checkpoint does not fit; see the message.
  """
  settings.check_layers(options.layers, config.num_hidden_layers)
  config.check_length(options.max_seq_length)
  files.check_output(options.output_file, [options.input_file], "output_file")
  _warn_of_case(options)
  tokenizer = model_tokenizer.load(
    config,
    options.vocab_file,
    options.do_lower_case,
    checkpoint=options.init_checkpoint,
  )
  lines = text_lines.read(options.input_file)
  vocabulary_fit.warn_of_unknown(
    tokenizer, (line.text_a for line in lines), options.input_file
  )
  logging.info("%d lines in %s", len(lines), options.input_file)
  strategy = device_strategy.create(devices)
  with strategy.scope():
    model = bert_model.BertModel(
      config,
      options.use_one_hot_embeddings or devices.kind == "tpu",
      dtype_policies.policy(devices.precision),
    )
  extractor = predictor.FeatureExtractor(
    model,
    tokenizer,
    options.layers,
    options.pooling,
    options.word_vectors,
    options.max_seq_length,
    options.batch_size,
    strategy,
  )
  encoded = extractor.encode(lines)
  run_metadata.check_pooling(options.init_checkpoint, options.pooling)
  encoder_loader.load(model, options.init_checkpoint)
  layout = _layout(encoded, config, options)
  open_writer = vector_writers.FORMATS[options.output_format]
  texts = [f"{line.text_a} {line.text_b or ''}" for line in lines]
  with (
    open_writer(options.output_file, layout) as write,
    projector_files.writing(options.projector_dir, options.layers, texts)
    if options.projector_dir
    else contextlib.nullcontext(lambda vectors: None) as project,
  ):
    for vectors in extractor.extract(encoded):
      write(vectors)
      project(vectors)
      if (vectors.index + 1) % 1000 == 0:
        logging.info("%d of %d lines", vectors.index + 1, len(encoded))
  logging.info("wrote %s", options.output_file)
  return len(encoded)


def _warn_of_case(options: settings.FeatureSettings) -> None:
  """The original does not compare the two here: so no error, but a word."""
  try:
    checkpoint_case.validate_case_matches_checkpoint(
      options.do_lower_case, options.init_checkpoint
    )
  except ValueError as error:
    logging.warning("%s", error)


def _layout(
  encoded: Sequence[examples.Encoded],
  config: bert_config.BertConfig,
  options: settings.FeatureSettings,
) -> vector_writers.Layout:
  pooled = options.pooling != "none"
  rows = tuple(
    1 if pooled else len(x.words if options.word_vectors else x.tokens)
    for x in encoded
  )
  width = config.hidden_size * (2 if options.pooling == "mean_max" else 1)
  return vector_writers.Layout(options.layers, rows, width, pooled)
