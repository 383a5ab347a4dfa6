"""What the models with a head have in common."""

import os
from collections.abc import Mapping
from typing import Any, Self

import tf_keras

from bert_tf import bert_config
from bert_tf.checkpoints import formats, google_format, variable_names
from bert_tf.layers import named_variables
from bert_tf.models import bert_model


class HeadedModel(tf_keras.Model):
  """The encoder with heads; a subclass makes them and calls `build(None)`.

  Args:
    config: Sizes and settings.
    name: Of the model.
    use_one_hot_embeddings: As of `BertModel`.
    dtype: As of `BertModel`.
  """

  built: bool
  # Whether a checkpoint must hold the heads, or they may be new.
  needs_heads = False

  def __init__(
    self,
    config: bert_config.BertConfig,
    name: str,
    use_one_hot_embeddings: bool,
    dtype: Any,
  ):
    super().__init__(name=name, dtype=dtype)
    self.config = config
    self.bert = bert_model.BertModel(
      config, use_one_hot_embeddings, self.dtype_policy
    )

  def heads(self) -> Mapping[str, Any]:
    """The heads by the scope of their variables; "" is the root."""
    raise TypeError(f"{type(self).__name__} has to say what its heads are")

  def build(self, input_shape: Any) -> None:
    """Makes the variables of the heads."""
    if self.built:
      return
    for scope, layer in self.heads().items():
      if scope:
        named_variables.build_under(
          scope, layer, [None, self.config.hidden_size]
        )
      else:
        layer.build(None)
    self.built = True

  def compute_metrics(
    self, x: Any, y: Any, y_pred: Any, sample_weight: Any
  ) -> dict[str, Any]:
    """For `fit`: labels are a plain pair, and Keras wants predictions alike."""
    if isinstance(y_pred, tuple):
      y_pred = tuple(y_pred)
    return super().compute_metrics(x, y, y_pred, sample_weight)

  @classmethod
  def from_checkpoint(cls, path: str | os.PathLike[str], **kwargs: Any) -> Self:
    """Loads a checkpoint, fine-tuned or pre-trained.

    A pre-trained one has no head for a task: it is new then, to be trained.

    Args:
      path: As of `BertModel.from_checkpoint`.
      **kwargs: Further arguments of the class; `config` where no
        bert_config.json is beside the checkpoint; `outputs` of a new head.

    Raises:
      FileNotFoundError: No checkpoint or no configuration there.
      ValueError: A variable of the encoder is missing, one is of another
        shape, or `outputs` is wanted.
    """
    config = kwargs.pop("config", None)
    reader = formats.reader(path, config)
    config = config or reader.config()
    model = cls(config, **cls.complete(reader, kwargs))
    optional = model.unused_names()
    if not cls.needs_heads:
      encoder_names = set(variable_names.by_name(model.bert.variables))
      optional |= set(variable_names.by_name(model.variables)) - encoder_names
    google_format.load(
      model.variables, reader, require_all=True, optional=optional
    )
    return model

  def unused_names(self) -> set[str]:
    """Variables that no head uses: of the pooler, perhaps."""
    pooler = self.bert.pooler
    return (
      set()
      if pooler.trainable
      else set(variable_names.by_name(pooler.variables))
    )

  @classmethod
  def complete(cls, reader: Any, kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments of the class, completed by what a checkpoint tells."""
    del reader
    return kwargs


class OutputsModel(HeadedModel):
  """A model with one head of `outputs` outputs, at the root of the names."""

  head: Any

  def heads(self) -> Mapping[str, Any]:
    """The one head."""
    return {"": self.head}

  @classmethod
  def complete(cls, reader: Any, kwargs: dict[str, Any]) -> dict[str, Any]:
    """A fine-tuned checkpoint knows the number of its outputs.

    Raises:
      ValueError: It is pre-trained only, and `outputs` is not given.
    """
    if kwargs.get("outputs") is not None:
      return kwargs
    shape = reader.shapes.get("output_weights")
    if shape is None:
      raise ValueError(
        f"{reader.prefix} has no head (no variable output_weights): it is "
        "pre-trained only, so say how many `outputs` the new head has"
      )
    return kwargs | {"outputs": shape[0]}
