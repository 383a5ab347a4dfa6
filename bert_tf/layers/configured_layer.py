"""Layers that Keras saves and makes again."""

from typing import Any, Self

from bert_tf import bert_config, keras


class ConfiguredLayer(keras.layers.Layer):
  """A layer made of a `BertConfig`, under the argument `config`.

  Further arguments are to be added by the subclass's `get_config`.
  """

  # A SavedModel makes these layers again by their class. Keras would otherwise
  # trace each of them as a function of its own, apart from its model.
  _must_restore_from_config = True

  def __init__(self, config: bert_config.BertConfig, **kwargs: Any):
    super().__init__(**kwargs)
    self.config = config

  @property
  def output_shape(self) -> Any:
    """As of any layer; known before the first call, too, for `summary()`."""
    if self._inbound_nodes:
      return super().output_shape
    return self.known_output_shape()

  def known_output_shape(self) -> tuple[Any, ...]:
    """The shape of the output; None for batch and length."""
    return None, None, self.config.hidden_size

  def get_config(self) -> dict[str, Any]:
    """The arguments, for saving by Keras."""
    return {**super().get_config(), "config": self.config.to_dict()}

  @classmethod
  def from_config(cls, config: dict[str, Any]) -> Self:
    """Makes a layer of what `get_config` gave."""
    values = bert_config.BertConfig.from_dict(config["config"])
    return cls(**{**config, "config": values})
