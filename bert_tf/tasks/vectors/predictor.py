"""Feature extraction: vectors of tokens, of words or of whole texts."""

import dataclasses
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from bert_tf.checkpoints import model_folder, run_metadata, variable_names
from bert_tf.inputs import model_inputs
from bert_tf.layers import token_pooling
from bert_tf.models import bert_model
from bert_tf.tasks.vectors import examples, line_vectors, settings
from bert_tf.text import full_tokenizer, text_lines
from bert_tf.training import batch_predictor, text_predictor

Text = str | tuple[str, str | None]


class FeatureExtractor(
  text_predictor.TextPredictor[Text, line_vectors.LineVectors]
):
  """Computes vectors.

  A text is a string, a pair of strings, or a pair written as "a ||| b".

  Args:
    model: A `BertModel`.
    tokenizer: The model's tokenizer.
    layers: Encoder layers whose outputs are returned: 0 the first, -1 the last.
    pooling: One of `token_pooling.POOLINGS`; "none" returns a vector for each
      token, all others return one vector for the text.
    word_vectors: Whether to average the pieces of each word.
    max_seq_length: Maximum sequence length in tokens; longer texts are
      truncated.
    batch_size: Number of texts computed at once; texts of similar length are
      batched together.
    strategy: The strategy the model was created under; None for the current
      one.
    window_bytes: Approximate memory for vectors that are computed ahead.
  """

  def __init__(
    self,
    model: Any,
    tokenizer: full_tokenizer.FullTokenizer,
    layers: Sequence[int] = (-1,),
    pooling: str = "none",
    word_vectors: bool = False,
    max_seq_length: int | None = 128,
    batch_size: int = 32,
    strategy: Any = None,
    window_bytes: int = 1 << 28,
  ):
    super().__init__(model, tokenizer, max_seq_length, batch_size, strategy)
    settings.check_layers(layers, model.config.num_hidden_layers)
    settings.check_pooling(pooling, word_vectors)
    self.layers = tuple(layers)
    self.pooling = pooling
    self.word_vectors = word_vectors
    self.window_bytes = window_bytes

  @classmethod
  def _make_model(
    cls, folder: model_folder.ModelFolder, **kwargs: Any
  ) -> bert_model.BertModel:
    return bert_model.BertModel(folder.config, **kwargs)

  @classmethod
  def _arguments(
    cls, folder: model_folder.ModelFolder, given: Mapping[str, Any]
  ) -> dict[str, Any]:
    run_metadata.check_pooling(folder.path, given.get("pooling", "none"))
    return {}

  @classmethod
  def _optional(cls, model: Any) -> Collection[str]:
    return set(variable_names.by_name(model.pooler.variables))

  def _answer(self, texts: Sequence[Text]) -> list[line_vectors.LineVectors]:
    lines = [
      text_lines.parse(text)
      if isinstance(text, str)
      else text_lines.Line(*text)
      for text in texts
    ]
    return list(self.extract(self.encode(lines)))

  def encode(self, lines: Sequence[text_lines.Line]) -> list[examples.Encoded]:
    """Makes sequences of lines."""
    return [
      examples.encode(
        line, self.tokenizer, self.max_seq_length, self.word_vectors
      )
      for line in lines
    ]

  def extract(
    self, encoded: Sequence[examples.Encoded]
  ) -> Iterator[line_vectors.LineVectors]:
    """The vectors of each sequence, in order.

    So many are computed at once as fit into memory; among them batches are made
    by length.
    """
    vector = 4 * len(self.layers) * self.model.config.hidden_size
    at_once = self.window_bytes // (vector * self.max_seq_length)
    window = max(at_once, self.batch_size)
    for start in range(0, len(encoded), window):
      chosen = encoded[start : start + window]
      inputs = model_inputs.stack(
        [self.tokenizer.convert_tokens_to_ids(x.tokens) for x in chosen],
        [x.segment_ids for x in chosen],
        self._padded_length(),
      )
      values = batch_predictor.predict(
        self.strategy,
        self.model,
        _Call(self.layers, self.pooling),
        inputs,
        self.batch_size,
        ["values"] if self.pooling == "none" else (),
        first=start,
      )["values"]
      for offset, one in enumerate(chosen):
        yield self._of_line(start + offset, one, values[offset])

  def _padded_length(self) -> int | None:
    """To what sequences are padded; None is to the longest of a window."""
    is_tpu = isinstance(self.strategy, tf.distribute.TPUStrategy)
    return self.max_seq_length if is_tpu else None

  def _of_line(
    self,
    index: int,
    encoded: examples.Encoded,
    values: npt.NDArray[np.float32],
  ) -> line_vectors.LineVectors:
    if self.pooling != "none":
      return line_vectors.LineVectors(index, values)
    values = values[: len(encoded.tokens)]
    if not self.word_vectors:
      return line_vectors.LineVectors(index, values, encoded.tokens)
    averages = line_vectors.average_words(values, encoded.words)
    return line_vectors.LineVectors(index, averages, (), encoded.words)


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
