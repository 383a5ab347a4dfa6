"""The configuration of a BERT model: reads and writes bert_config.json."""

import dataclasses
import json
import os
from collections.abc import Mapping
from typing import Any

from bert_tf.system import files

HIDDEN_ACTS = ("gelu", "gelu_erf", "relu", "tanh", "linear")
# Hugging Face's names of what goes by another name here: their "gelu" is the
# exact form, by the error function; Google's is the tanh form.
HUGGINGFACE_ACTS = {
  "gelu": "gelu_erf",
  "gelu_python": "gelu_erf",
  "gelu_new": "gelu",
  "gelu_fast": "gelu",
  "gelu_pytorch_tanh": "gelu",
}

_LARGEST = 2**31 - 1  # of an index of TensorFlow's
_POSITIVE = (
  "vocab_size",
  "hidden_size",
  "num_attention_heads",
  "intermediate_size",
  "max_position_embeddings",
  "type_vocab_size",
)
# What their models may have otherwise, and these have not.
_HUGGINGFACE_SETTINGS = {
  "model_type": "bert",
  "position_embedding_type": "absolute",
  "is_decoder": False,
  "add_cross_attention": False,
  "layer_norm_eps": 1e-12,
}
_PROBABILITIES = ("hidden_dropout_prob", "attention_probs_dropout_prob")


@dataclasses.dataclass(frozen=True)
class BertConfig:
  """Sizes and settings of one model, with the original's defaults.

  Source: modeling.py, `BertConfig`.

  Attributes:
    vocab_size: Entries of the vocabulary.
    hidden_size: Width of the encoder, a multiple of `num_attention_heads`.
    num_hidden_layers: Encoder blocks.
    num_attention_heads: Heads of each attention layer.
    intermediate_size: Width of the feed-forward layer.
    hidden_act: One of `HIDDEN_ACTS`; empty or None is "linear". The original
      does not know "gelu_erf".
    hidden_dropout_prob: Dropout of embeddings and of each sublayer's output.
    attention_probs_dropout_prob: Dropout of the attention probabilities.
    max_position_embeddings: The longest sequence the model can take.
    type_vocab_size: Number of segments.
    initializer_range: Standard deviation of the truncated normal.
    extra: Further keys of the file (Google's Chinese model has `pooler_*`);
      unused, kept and written back.

  Raises:
    ValueError: A setting is out of its range; the message names it.
  """

  vocab_size: int
  hidden_size: int = 768
  num_hidden_layers: int = 12
  num_attention_heads: int = 12
  intermediate_size: int = 3072
  hidden_act: str | None = "gelu"
  hidden_dropout_prob: float = 0.1
  attention_probs_dropout_prob: float = 0.1
  max_position_embeddings: int = 512
  type_vocab_size: int = 16
  initializer_range: float = 0.02
  extra: Mapping[str, Any] = dataclasses.field(default_factory=dict)

  def __post_init__(self) -> None:
    for name in _POSITIVE:
      _check_integer(name, getattr(self, name), 1)
    _check_integer("num_hidden_layers", self.num_hidden_layers, 0)
    for name in _PROBABILITIES:
      _check_probability(name, getattr(self, name))
    if self.hidden_size % self.num_attention_heads:
      raise ValueError(
        f"hidden_size={self.hidden_size} is not a multiple of "
        f"num_attention_heads={self.num_attention_heads}"
      )
    if self.hidden_act and str(self.hidden_act).lower() not in HIDDEN_ACTS:
      raise ValueError(
        f"hidden_act={self.hidden_act!r} is not known; it is one of "
        f"{', '.join(HIDDEN_ACTS)}"
      )
    deviation = self.initializer_range
    if not isinstance(deviation, int | float) or not 0 < deviation < 1e30:
      raise ValueError(
        f"initializer_range={self.initializer_range!r} is not above 0, or is "
        "infinite"
      )

  @property
  def head_size(self) -> int:
    """Width of one attention head."""
    return self.hidden_size // self.num_attention_heads

  def check_length(self, max_seq_length: int) -> None:
    """Checks that the model has as many positions as sequences have tokens.

    Raises:
      ValueError: It has fewer.
    """
    if max_seq_length > self.max_position_embeddings:
      raise ValueError(
        f"max_seq_length={max_seq_length} is above the model's "
        f"max_position_embeddings={self.max_position_embeddings}; take a "
        "smaller one, or a model with more positions"
      )

  def without_dropout(self) -> "BertConfig":
    """The same model with both dropout probabilities 0."""
    return dataclasses.replace(
      self, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0
    )

  @classmethod
  def from_dict(cls, values: Mapping[str, Any]) -> "BertConfig":
    """Makes a configuration; unknown keys are kept in `extra`."""
    known = {field.name for field in dataclasses.fields(cls)} - {"extra"}
    if values.get("vocab_size") is None:
      raise ValueError("vocab_size is missing; it has no default")
    settings = {key: values[key] for key in values if key in known}
    extra = {key: values[key] for key in values if key not in known}
    for name in _PROBABILITIES:  # the original reads null as no dropout
      if name in settings and settings[name] is None:
        settings[name] = 0.0
    return cls(**settings, extra=extra)

  @classmethod
  def from_huggingface(cls, values: Mapping[str, Any]) -> "BertConfig":
    """Makes a configuration of Hugging Face's config.json.

    Their keys that say nothing here are left out.

    Raises:
      ValueError: It is not that of a BERT encoder, or of one that is computed
        in another way.
    """
    for key, expected in _HUGGINGFACE_SETTINGS.items():
      if values.get(key, expected) != expected:
        raise ValueError(
          f"{key} is {values[key]!r}, expected {expected!r}; this "
          "architecture is not supported"
        )
    known = set(cls(vocab_size=1).to_dict())
    settings = {key: values[key] for key in values if key in known}
    act = settings.get("hidden_act", "gelu")
    settings["hidden_act"] = HUGGINGFACE_ACTS.get(str(act), act)
    return cls.from_dict({"type_vocab_size": 2} | settings)

  @classmethod
  def from_json_file(cls, path: str | os.PathLike[str]) -> "BertConfig":
    """Reads a bert_config.json, or Hugging Face's config.json of a BERT.

    The latter is known by its `model_type`.

    Raises:
      FileNotFoundError: There is no such file.
      ValueError: The file is not a JSON object or a setting is wrong; the
        message names the file.
    """
    path = os.fspath(path)
    values = files.read_json(path)
    try:
      if "model_type" in values:
        return cls.from_huggingface(values)
      return cls.from_dict(values)
    except ValueError as error:
      raise ValueError(f"{path}: {error}") from error

  def to_dict(self) -> dict[str, Any]:
    """The settings as in bert_config.json, extra keys included."""
    values = {
      field.name: getattr(self, field.name)
      for field in dataclasses.fields(self)
      if field.name != "extra"
    }
    return values | dict(self.extra)

  def to_json_string(self) -> str:
    """The text of bert_config.json: sorted keys, two spaces."""
    return json.dumps(self.to_dict(), indent=2, sort_keys=True) + "\n"


def _check_integer(name: str, value: Any, least: int) -> None:
  is_integer = isinstance(value, int) and not isinstance(value, bool)
  if not is_integer or value < least:
    raise ValueError(f"{name}={value!r} is not a whole number from {least} up")
  if value > _LARGEST:
    raise ValueError(f"{name}={value!r} is above {_LARGEST}: no model has that")


def _check_probability(name: str, value: Any) -> None:
  is_number = isinstance(value, int | float) and not isinstance(value, bool)
  if not is_number or not 0 <= value < 1:
    raise ValueError(f"{name}={value!r} is not a probability from 0 to below 1")
