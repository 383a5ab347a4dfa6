"""BertClassifier: one label, several labels, or a number for a text."""

from collections.abc import Mapping
from typing import Any

from bert_tf import bert_config, keras
from bert_tf.kernels import modes
from bert_tf.layers import heads
from bert_tf.models import encoder_inputs, model_with_heads

_DROPOUT = 0.1  # the original's, whatever the configuration says


@keras.serializable
class BertClassifier(model_with_heads.OutputsModel):
  """The pooled vector through one layer. Source: run_classifier.py.

  Variables `bert/...`, `output_weights` [C, H] and `output_bias` [C].

  Args:
    config: Sizes and settings.
    outputs: C: classes, labels, or 1 for regression.
    use_one_hot_embeddings: As of `BertModel`.
    dtype: As of `BertModel`.
    name: Of the model.
  """

  task = "tsv"

  def __init__(
    self,
    config: bert_config.BertConfig,
    outputs: int,
    use_one_hot_embeddings: bool = False,
    dtype: Any = None,
    name: str = "classifier",
  ):
    super().__init__(config, name, use_one_hot_embeddings, dtype)
    self.head = heads.LinearHead(
      config, outputs, name="head", dtype=self.dtype_policy
    )
    self.build(None)

  def call(
    self,
    inputs: Mapping[str, Any],
    training: bool = False,
    mode: modes.Mode | modes.Kernels | None = None,
  ) -> Any:
    """Scores texts.

    Args:
      inputs: `input_ids`, `input_mask`, `segment_ids`, int32 [B, S].
      training: Whether dropout is applied.
      mode: As of `BertModel`.

    Returns:
      Logits, float32 [B, C].
    """
    kernels = modes.select(mode, training, self.compute_dtype)
    output = self.bert(
      inputs,
      training=training,
      mode=kernels,
      positions=encoder_inputs.no_positions(inputs),
    )
    return self.head(kernels.dropout(output.pooled_output, _DROPOUT))
