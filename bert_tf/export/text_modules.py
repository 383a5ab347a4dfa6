"""What an export computes: texts or ids to answers."""

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf

from bert_tf.export import export_settings
from bert_tf.inputs import model_inputs
from bert_tf.kernels import modes
from bert_tf.layers import token_pooling
from bert_tf.text import in_graph_tokenizer

Tensors = dict[str, Any]
MULTILABEL_THRESHOLD = 0.5


class Served(tf.Module):
  """A model with its tokenizer; subclasses say what is answered.

  Only variables are tracked, neither the Keras model they belong to nor the
  tokenizer: a SavedModel needs no Keras, and of the tokenizer's functions only
  those that are called.

  Args:
    model: The model, with its weights.
    tokenizer: The tokenizer in the graph.
    settings: Of the export.
    pieces: The vocabulary, by id.
    mode: How it is computed; by default as is fastest on a CPU.
  """

  text_inputs: tuple[str, ...] = ("text", "text_pair")
  id_inputs: tuple[str, ...] = model_inputs.NAMES
  # Axes of inputs beyond the usual: a text's [B], ids' [B, S].
  axes: Mapping[str, int] = {}

  def __init__(
    self,
    model: Any,
    tokenizer: in_graph_tokenizer.InGraphTokenizer,
    settings: export_settings.ExportSettings,
    pieces: Sequence[str],
    mode: modes.Mode | modes.Kernels | None = None,
  ):
    super().__init__()
    self.pieces = tf.constant(pieces)
    self.weights = list(model.variables)
    # A function, so that what it gives is not tracked.
    kept = model, tokenizer, settings
    self._kept: Callable[[], Any] = lambda: kept
    usual = modes.Mode(packed=not settings.pad_windows)
    self._mode: Callable[[], Any] = lambda: mode or usual

  @property
  def model(self) -> Any:
    """The model."""
    return self._kept()[0]

  @property
  def tokenizer(self) -> in_graph_tokenizer.InGraphTokenizer:
    """The tokenizer."""
    return self._kept()[1]

  @property
  def settings(self) -> export_settings.ExportSettings:
    """The settings."""
    return self._kept()[2]

  def computed_by(self, mode: modes.Mode | modes.Kernels) -> "Served":
    """The same module with the same weights, computed in another way."""
    other = copy.copy(self)
    other._mode = lambda: mode
    return other

  def apply(self, features: Mapping[str, Any]) -> Any:
    """What the model computes; of padding only if it is looked at."""
    return self.model(features, mode=self._mode())

  def from_ids(self, features: Mapping[str, Any]) -> Tensors:
    """Answers by name of `id_inputs`, int32 [B, S] each."""
    raise TypeError(f"{type(self).__name__} has to say what it answers")

  def from_text(self, text: Any, text_pair: Any = None) -> Tensors:
    """Answers by name of texts and second texts, "" for none; string [B]."""
    return self.from_ids(self.encode(text, text_pair))

  def encode(self, text: Any, text_pair: Any) -> Tensors:
    """Model inputs [B, S] of texts, S the longest."""
    return self.tokenizer.pack(text, text_pair, self.settings.max_seq_length)

  def signatures(self) -> dict[str, Any]:
    """The functions of the SavedModel by name."""

    @tf.function(
      input_signature=self._specs(self.text_inputs, tf.string, 1),
      autograph=False,
    )
    def serving_default(*texts: Any) -> Tensors:
      return self.from_text(*texts)

    @tf.function(input_signature=self._specs(self.id_inputs, tf.int32, 2))
    def ids(*features: Any) -> Tensors:
      return self.from_ids(dict(zip(self.id_inputs, features, strict=True)))

    return {"serving_default": serving_default, "ids": ids}

  def _specs(self, names: tuple[str, ...], dtype: Any, rank: int) -> list[Any]:
    return [
      tf.TensorSpec([None] * (rank + self.axes.get(name, 0)), dtype, name)
      for name in names
    ]


def valid_utf8(texts: Any) -> Any:
  """Strings without broken bytes, as `bytes.decode("utf-8", "ignore")`."""
  return tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8", errors="ignore")


class Encoder(Served):
  """Vectors of all tokens, and of [CLS] through the pooler."""

  def from_ids(self, features: Mapping[str, Any]) -> Tensors:
    """`sequence_output` [B, S, H], `pooled_output` [B, H]; inputs as well."""
    output = self.apply(features)
    return {
      "sequence_output": tf.cast(output.sequence_output, tf.float32),
      "pooled_output": tf.cast(output.pooled_output, tf.float32),
      **{name: tf.identity(features[name]) for name in self.id_inputs},
    }


class Sentence(Served):
  """One vector a text."""

  def from_ids(self, features: Mapping[str, Any]) -> Tensors:
    """`vector`, float32 [B, H]."""
    sequence = self.apply(features).sequence_output
    vector = token_pooling.pool(
      tf.cast(sequence, tf.float32)[:, :, None],  # [B, S, 1, H]
      features["input_mask"],
      self.settings.pooling,
    )[:, 0]
    if self.settings.normalize:
      vector = tf.math.l2_normalize(vector, axis=-1, epsilon=1e-24)
    return {"vector": vector}


class Classifier(Served):
  """One label of several."""

  def from_ids(self, features: Mapping[str, Any]) -> Tensors:
    """`label`, string [B]; `probabilities` and `logits`, float32 [B, C]."""
    logits = self.apply(features)
    best = tf.argmax(logits, axis=-1)
    return {
      "label": tf.gather(tf.constant(self.settings.labels), best),
      "probabilities": tf.nn.softmax(logits),
      "logits": logits,
    }


class MultilabelClassifier(Served):
  """Any number of labels."""

  def from_ids(self, features: Mapping[str, Any]) -> Tensors:
    """`label`: those that are likely, with commas between them; [B]."""
    logits = self.apply(features)
    probabilities = tf.sigmoid(logits)  # [B, C]
    likely = probabilities > MULTILABEL_THRESHOLD
    names = tf.tile(
      tf.constant(self.settings.labels)[None], [tf.shape(logits)[0], 1]
    )
    chosen = tf.ragged.boolean_mask(names, likely)
    return {
      "label": tf.strings.reduce_join(chosen, axis=-1, separator=","),
      "probabilities": probabilities,
      "logits": logits,
    }


class Regressor(Served):
  """A number."""

  def from_ids(self, features: Mapping[str, Any]) -> Tensors:
    """`value`, float32 [B]."""
    return {"value": self.apply(features)[:, 0]}
