"""The encoder as TensorFlow Model Garden names and calls it, to be saved.

Its interface is that of TF-Hub's BERT encoders: called with a dictionary of
`input_word_ids`, `input_mask` and `input_type_ids`, it returns one of
`pooled_output`, `sequence_output`, `encoder_outputs` and `default`. Source:
official/nlp/tools/export_tfhub_lib.py and modeling/networks/bert_encoder.py of
tensorflow/models.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from bert_tf import bert_config
from bert_tf.kernels import modes, plain_kernels
from bert_tf.layers import activations, attention_mask

INPUTS = ("input_word_ids", "input_mask", "input_type_ids")
_POSITIONS = "masked_lm_positions"
_MASKED_LM = "bert/cls/predictions"


def variable_names(config: bert_config.BertConfig) -> list[str]:
  """Their names of the encoder's variables, in their order."""
  found = [
    "word_embeddings/embeddings",
    "position_embedding/embeddings",
    "type_embeddings/embeddings",
    *_pair("embeddings/layer_norm", "gamma", "beta"),
  ]
  for index in range(config.num_hidden_layers):
    layer = f"transformer/layer_{index}"
    for name in ("query", "key", "value", "attention_output"):
      found += _pair(f"{layer}/self_attention/{name}", "kernel", "bias")
    found += _pair(f"{layer}/self_attention_layer_norm", "gamma", "beta")
    found += _pair(f"{layer}/intermediate", "kernel", "bias")
    found += _pair(f"{layer}/output", "kernel", "bias")
    found += _pair(f"{layer}/output_layer_norm", "gamma", "beta")
  return found + _pair("pooler_transform", "kernel", "bias")


def masked_lm_names() -> list[str]:
  """Their names of the masked-LM head's variables, without the tied table."""
  return [
    f"{_MASKED_LM}/output_bias/bias",
    *_pair(f"{_MASKED_LM}/transform/dense", "kernel", "bias"),
    *_pair(f"{_MASKED_LM}/transform/LayerNorm", "gamma", "beta"),
  ]


def _pair(scope: str, *names: str) -> list[str]:
  return [f"{scope}/{name}" for name in names]


def _dropout(x: Any, rate: float, training: bool) -> Any:
  return modes.select(None, training, x.dtype).dropout(x, rate)


class Forward:
  """The computation on weights by their names; attention kernels have heads."""

  def __init__(
    self, config: bert_config.BertConfig, weights: Mapping[str, Any]
  ):
    self.config = config
    self.weights = weights
    act = activations.get_activation(config.hidden_act)
    self.activation: Callable[[Any], Any] = act or tf.identity

  def encode(self, inputs: Mapping[str, Any], training: bool) -> dict[str, Any]:
    """Encodes int32 ids [B, S] each.

    Returns:
      `pooled_output` and `default` [B, H], `sequence_output` [B, S, H] and
      `encoder_outputs`, a list of [B, S, H], float32.
    """
    x = self._embed(inputs, training)  # [B, S, H]
    bias = attention_mask.attention_bias(inputs["input_mask"])  # [B, 1, 1, S]
    outputs = []
    for index in range(self.config.num_hidden_layers):
      x = self._block(f"transformer/layer_{index}", x, bias, training)
      outputs.append(x)
    pooled = tf.tanh(self._dense("pooler_transform", x[:, 0]))
    return {
      "default": pooled,
      "pooled_output": pooled,
      "sequence_output": x,
      "encoder_outputs": outputs,
    }

  def masked_lm(
    self, inputs: Mapping[str, Any], training: bool
  ) -> dict[str, Any]:
    """As `encode`, and `mlm_logits` [B, P, V] at `masked_lm_positions`."""
    output = self.encode(inputs, training)
    vectors = tf.gather(
      output["sequence_output"], inputs[_POSITIONS], batch_dims=1
    )  # [B, P, H]
    x = self.activation(self._dense(f"{_MASKED_LM}/transform/dense", vectors))
    x = self._layer_norm(f"{_MASKED_LM}/transform/LayerNorm", x)
    table = self.weights["word_embeddings/embeddings"]
    logits = tf.einsum("bph,vh->bpv", x, table)
    logits += self.weights[f"{_MASKED_LM}/output_bias/bias"]
    return output | {"mlm_logits": logits}

  def _embed(self, inputs: Mapping[str, Any], training: bool) -> Any:
    words = inputs["input_word_ids"]
    x = tf.gather(self.weights["word_embeddings/embeddings"], words)
    segments = self.weights["type_embeddings/embeddings"]
    x += tf.gather(segments, inputs["input_type_ids"])
    x += self.weights["position_embedding/embeddings"][: tf.shape(words)[1]]
    x = self._layer_norm("embeddings/layer_norm", x)
    return _dropout(x, self.config.hidden_dropout_prob, training)

  def _block(self, scope: str, x: Any, bias: Any, training: bool) -> Any:
    attended = self._attend(f"{scope}/self_attention", x, bias, training)
    x = self._add(f"{scope}/self_attention_layer_norm", x, attended, training)
    wide = self.activation(self._dense(f"{scope}/intermediate", x))
    narrow = self._dense(f"{scope}/output", wide)
    return self._add(f"{scope}/output_layer_norm", x, narrow, training)

  def _attend(self, scope: str, x: Any, bias: Any, training: bool) -> Any:
    def heads(name: str) -> Any:
      kernel = self.weights[f"{scope}/{name}/kernel"]  # [H, N, D]
      return (
        tf.einsum("bsh,hnd->bsnd", x, kernel)
        + self.weights[f"{scope}/{name}/bias"]
      )

    scores = tf.einsum("bfnd,btnd->bnft", heads("query"), heads("key"))
    scores = scores / math.sqrt(self.config.head_size) + bias
    probabilities = _dropout(
      tf.nn.softmax(scores), self.config.attention_probs_dropout_prob, training
    )
    context = tf.einsum("bnft,btnd->bfnd", probabilities, heads("value"))
    kernel = self.weights[f"{scope}/attention_output/kernel"]  # [N, D, H]
    return (
      tf.einsum("bsnd,ndh->bsh", context, kernel)
      + self.weights[f"{scope}/attention_output/bias"]
    )

  def _add(self, scope: str, residual: Any, x: Any, training: bool) -> Any:
    x = _dropout(x, self.config.hidden_dropout_prob, training)
    return self._layer_norm(scope, x + residual)

  def _dense(self, scope: str, x: Any) -> Any:
    x = tf.einsum("...i,io->...o", x, self.weights[f"{scope}/kernel"])
    return x + self.weights[f"{scope}/bias"]

  def _layer_norm(self, scope: str, x: Any) -> Any:
    mean, variance = tf.nn.moments(x, axes=[-1], keepdims=True)
    gamma, beta = self.weights[f"{scope}/gamma"], self.weights[f"{scope}/beta"]
    return tf.nn.batch_normalization(
      x, mean, variance, beta, gamma, plain_kernels.EPSILON
    )


def reusable(
  call: Callable[[Mapping[str, Any], bool], dict[str, Any]],
  inputs: tuple[str, ...],
  variables: list[Any],
) -> Any:
  """An object as TF-Hub's KerasLayer takes it, traced for both `training`s."""
  root = tf.train.Checkpoint()
  specs = {name: tf.TensorSpec([None, None], tf.int32, name) for name in inputs}

  def called(inputs: Mapping[str, Any], training: bool = False) -> Any:
    return call(inputs, training)

  function = tf.function(called, autograph=False)
  for training in (False, True):
    function.get_concrete_function(specs, training=training)
  root.__call__ = function
  root.variables = variables
  root.trainable_variables = list(variables)
  root.regularization_losses = []
  return root


def build(
  config: bert_config.BertConfig, tensors: Mapping[str, Any]
) -> tuple[Any, dict[str, Any]]:
  """The object to save, and its signatures.

  Args:
    config: Sizes and settings.
    tensors: By their names; with the masked-LM head, there is `.mlm` too.
  """
  weights = {
    name: tf.Variable(value, name=name) for name, value in tensors.items()
  }
  forward = Forward(config, weights)
  own = [weights[name] for name in variable_names(config)]
  root = reusable(forward.encode, INPUTS, own)
  if len(weights) > len(own):
    root.mlm = reusable(
      forward.masked_lm, (*INPUTS, _POSITIONS), list(weights.values())
    )

  def serve(**inputs: Any) -> dict[str, Any]:
    output = forward.encode(inputs, False)
    del output["encoder_outputs"]  # a list, which signatures cannot return
    return output

  specs = {name: tf.TensorSpec([None, None], tf.int32, name) for name in INPUTS}
  function = tf.function(serve, autograph=False)
  return root, {"serving_default": function.get_concrete_function(**specs)}
