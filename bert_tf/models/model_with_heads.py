"""What the models with a head have in common."""

from collections.abc import Iterable, Mapping
from typing import Any

from bert_tf import bert_config
from bert_tf.kernels import modes
from bert_tf.layers import named_variables
from bert_tf.models import bert_model, configured_model


class HeadedModel(configured_model.ConfiguredModel):
  """The encoder with heads; a subclass makes them and calls `build(None)`.

  `from_checkpoint` takes pre-trained checkpoints too, in which the heads of a
  task are missing: they are new then, to be trained.

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
    super().__init__(config, use_one_hot_embeddings, dtype, name)
    self.bert = bert_model.BertModel(
      config, use_one_hot_embeddings, self.dtype_policy
    )

  def heads(self) -> Mapping[str, Any]:
    """The heads by the scope of their variables; "" is the root."""
    raise TypeError(f"{type(self).__name__} must override heads()")

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
    self.declare_inputs()

  def compute_metrics(
    self, x: Any, y: Any, y_pred: Any, sample_weight: Any
  ) -> dict[str, Any]:
    """For `fit`: labels are a plain pair, and Keras wants predictions alike."""
    if isinstance(y_pred, tuple):
      y_pred = tuple(y_pred)
    return super().compute_metrics(x, y, y_pred, sample_weight)

  def attention_probabilities(
    self,
    inputs: Any,
    training: bool = False,
    mode: modes.Mode | modes.Kernels | None = None,
  ) -> tuple[Any, ...]:
    """Those of the encoder, see `BertModel`: one [B, N, S, S] a block."""
    found: tuple[Any, ...] = self.bert.attention_probabilities(
      inputs, training=training, mode=mode
    )
    return found

  def unused_variables(self) -> list[Any]:
    """The variables that no head uses: of the pooler, perhaps."""
    pooler = self.bert.pooler
    return [] if pooler.trainable else list(pooler.variables)

  def optional_variables(self) -> Iterable[Any]:
    """The unused ones, and the heads unless `needs_heads`."""
    yield from self.unused_variables()
    if not self.needs_heads:
      encoder = {id(variable) for variable in self.bert.variables}
      yield from (v for v in self.variables if id(v) not in encoder)


class OutputsModel(HeadedModel):
  """A model with one head of `outputs` outputs, at the root of the names."""

  head: Any

  def heads(self) -> Mapping[str, Any]:
    """The one head."""
    return {"": self.head}

  @classmethod
  def arguments(cls, reader: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """A fine-tuned checkpoint tells the number of its outputs.

    Raises:
      ValueError: It is pre-trained only, and `outputs` is not given.
    """
    if given.get("outputs") is not None:
      return dict(given)
    shape = reader.shapes.get("output_weights")
    if shape is None:
      raise ValueError(
        f"{reader.prefix} has no head (no variable output_weights): it is "
        "pre-trained only, so say how many `outputs` the new head has"
      )
    return dict(given) | {"outputs": shape[0]}

  def get_config(self) -> dict[str, Any]:
    """The arguments, for saving by Keras."""
    return {**super().get_config(), "outputs": self.head.outputs}
