"""Feature extraction from a file of lines to a file of vectors."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from absl import logging

from bert_tf import bert_config, files
from bert_tf.checkpoints import formats, loader
from bert_tf.inputs import model_inputs
from bert_tf.layers import token_pooling
from bert_tf.models import bert_model
from bert_tf.tasks import model_tokenizer
from bert_tf.tasks.vectors import examples, vector_writers, word_averages
from bert_tf.text import checkpoint_case, full_tokenizer, text_lines
from bert_tf.training import batch_predictor, device_strategy, dtype_policies

_WINDOW_BYTES = 1 << 28  # of values held at once
_MIN_LENGTH = 3
_NOT_NEEDED = "bert/pooler/"


@dataclasses.dataclass(frozen=True)
class FeatureSettings:
  """What extract_features is told, device flags apart.

  Attributes:
    input_file: One text or pair ("a ||| b") a line.
    output_file: Where the features go.
    vocab_file: Of the model.
    init_checkpoint: The model.
    layers: Which blocks' outputs, -1 the last, 0 the first.
    max_seq_length: Longer sequences are cut.
    do_lower_case: True for uncased models.
    batch_size: Lines of a batch.
    use_one_hot_embeddings: As of `BertModel`.
    output_format: One of `vector_writers.FORMATS`.
    pooling: One of `layers.pooling.POOLINGS`.
    word_vectors: Whether pieces are averaged to words.
  """

  input_file: str
  output_file: str
  vocab_file: str
  init_checkpoint: str
  layers: tuple[int, ...] = (-1, -2, -3, -4)
  max_seq_length: int = 128
  do_lower_case: bool = True
  batch_size: int = 32
  use_one_hot_embeddings: bool = False
  output_format: str = "json"
  pooling: str = "none"
  word_vectors: bool = False

  def __post_init__(self) -> None:
    for name, value, known in (
      ("output_format", self.output_format, tuple(vector_writers.FORMATS)),
      ("pooling", self.pooling, token_pooling.POOLINGS),
    ):
      if value not in known:
        raise ValueError(
          f"{name}={value!r} is not known; it is one of {', '.join(known)}"
        )
    if self.word_vectors and self.pooling != "none":
      raise ValueError(
        f"word_vectors and pooling={self.pooling} exclude each other: a line "
        "has vectors of its words or one of its own"
      )
    if self.batch_size < 1:
      raise ValueError(f"batch_size={self.batch_size} is below 1")
    if self.max_seq_length < _MIN_LENGTH:
      raise ValueError(
        f"max_seq_length={self.max_seq_length} is below {_MIN_LENGTH}, which "
        "[CLS] and two [SEP] take"
      )
    if not self.layers:
      raise ValueError("layers is empty; give indices such as -1,-2")


def parse_layers(text: str) -> tuple[int, ...]:
  """The flag `layers`, "-1,-2", as numbers.

  Raises:
    ValueError: It is anything else.
  """
  try:
    return tuple(int(part) for part in text.split(","))
  except ValueError:
    raise ValueError(
      f"layers={text!r} is not a list of numbers such as -1,-2,-3,-4"
    ) from None


def run(
  config: bert_config.BertConfig,
  settings: FeatureSettings,
  devices: device_strategy.DeviceSettings,
) -> int:
  """Extracts features.

  Returns:
    The number of lines.

  Raises:
    OSError: A file is missing or cannot be written.
    ValueError: A setting, file or checkpoint does not fit; see the message.
  """
  _check(config, settings)
  _warn_of_case(settings)
  tokenizer = model_tokenizer.load(
    config, settings.vocab_file, settings.do_lower_case
  )
  encoded = [
    examples.encode(
      line, tokenizer, settings.max_seq_length, settings.word_vectors
    )
    for line in text_lines.read(settings.input_file)
  ]
  logging.info("%d lines in %s", len(encoded), settings.input_file)
  strategy = device_strategy.create(devices)
  with strategy.scope():
    model = bert_model.BertModel(
      config,
      settings.use_one_hot_embeddings or devices.kind == "tpu",
      dtype_policies.policy(devices.precision),
    )
  load(model, settings.init_checkpoint)
  layout = _layout(encoded, config, settings)
  open_writer = vector_writers.FORMATS[settings.output_format]
  with open_writer(settings.output_file, layout) as write:
    for features in extract(strategy, model, encoded, tokenizer, settings):
      write(features)
      if (features.index + 1) % 1000 == 0:
        logging.info("%d of %d lines", features.index + 1, len(encoded))
  logging.info("wrote %s", settings.output_file)
  return len(encoded)


def load(model: Any, init_checkpoint: str) -> None:
  """Loads an encoder; the pooler may be missing, nothing else.

  Raises:
    ValueError: A variable is missing. The original went on with random ones.
  """
  reader = formats.reader(init_checkpoint, model.config)
  report = loader.load(model.variables, reader)
  missing = [n for n in report.missing if not n.startswith(_NOT_NEEDED)]
  if missing:
    raise ValueError(
      f"{init_checkpoint}: {len(missing)} variables of the model are not in "
      f"the checkpoint, {', '.join(missing[:3])} ...; does bert_config.json "
      "belong to it?"
    )
  for line in report.lines():
    logging.info("init_checkpoint: %s", line)


def _check(config: bert_config.BertConfig, settings: FeatureSettings) -> None:
  blocks = config.num_hidden_layers
  wrong = [i for i in settings.layers if not -blocks <= i < blocks]
  if wrong:
    raise ValueError(
      f"layers: the model has no layer {wrong[0]}; with {blocks} layers they "
      f"are numbered 0 to {blocks - 1}, or -1 to {-blocks} from the last"
    )
  config.check_length(settings.max_seq_length)
  files.check_output(settings.output_file, [settings.input_file], "output_file")


def _warn_of_case(settings: FeatureSettings) -> None:
  """The original does not compare the two here: so no error, but a word."""
  try:
    checkpoint_case.validate_case_matches_checkpoint(
      settings.do_lower_case, settings.init_checkpoint
    )
  except ValueError as error:
    logging.warning("%s", error)


def _layout(
  encoded: Sequence[examples.Encoded],
  config: bert_config.BertConfig,
  settings: FeatureSettings,
) -> vector_writers.Layout:
  pooled = settings.pooling != "none"
  rows = tuple(
    1 if pooled else len(x.words if settings.word_vectors else x.tokens)
    for x in encoded
  )
  width = config.hidden_size * (2 if settings.pooling == "mean_max" else 1)
  return vector_writers.Layout(settings.layers, rows, width, pooled)


def extract(
  strategy: Any,
  model: Any,
  encoded: Sequence[examples.Encoded],
  tokenizer: full_tokenizer.FullTokenizer,
  settings: FeatureSettings,
) -> Iterator[vector_writers.LineFeatures]:
  """The features of each line, in order.

  So many lines are computed at once as fit into memory; among them batches are
  made by length.
  """
  vector = 4 * len(settings.layers) * model.config.hidden_size
  lines_at_once = _WINDOW_BYTES // (vector * settings.max_seq_length)
  window = max(lines_at_once, settings.batch_size)
  for start in range(0, len(encoded), window):
    chosen = encoded[start : start + window]
    inputs = model_inputs.stack(
      [tokenizer.convert_tokens_to_ids(x.tokens) for x in chosen],
      [x.segment_ids for x in chosen],
      _length(strategy, settings),
    )
    values = batch_predictor.predict(
      strategy,
      model,
      _Call(settings.layers, settings.pooling),
      inputs,
      settings.batch_size,
      ["values"] if settings.pooling == "none" else (),
    )["values"]
    for offset, one in enumerate(chosen):
      yield _of_line(start + offset, one, values[offset], settings)


def _length(strategy: Any, settings: FeatureSettings) -> int | None:
  """To what sequences are padded; None is to the longest of a window."""
  is_tpu = isinstance(strategy, tf.distribute.TPUStrategy)
  return settings.max_seq_length if is_tpu else None


@dataclasses.dataclass(frozen=True)
class _Call:
  """What is computed of a batch."""

  layers: tuple[int, ...]
  pooling: str

  def __call__(self, model: Any, batch: Mapping[str, Any]) -> dict[str, Any]:
    outputs = model(batch).all_encoder_layers
    layers = tf.stack([outputs[i] for i in self.layers], axis=2)
    layers = tf.cast(layers, tf.float32)  # [B, S, L, H]
    mask = batch["input_mask"]
    return {"values": token_pooling.pool(layers, mask, self.pooling)}


def _of_line(
  index: int,
  encoded: examples.Encoded,
  values: npt.NDArray[np.float32],
  settings: FeatureSettings,
) -> vector_writers.LineFeatures:
  if settings.pooling != "none":
    return vector_writers.LineFeatures(index, values)
  values = values[: len(encoded.tokens)]
  if not settings.word_vectors:
    return vector_writers.LineFeatures(index, values, encoded.tokens)
  averages = word_averages.average_words(values, encoded.words)
  return vector_writers.LineFeatures(index, averages, (), encoded.words)
