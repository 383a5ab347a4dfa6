"""What the shapes of variables say of a configuration, and the other way."""

import re
from collections.abc import Mapping

from bert_tf import bert_config


def shapes(config: bert_config.BertConfig) -> dict[str, tuple[int, ...]]:
  """The shapes of a model's variables and of both heads of pre-training."""
  hidden, inner = config.hidden_size, config.intermediate_size
  found: dict[str, tuple[int, ...]] = {
    "bert/embeddings/word_embeddings": (config.vocab_size, hidden),
    "bert/embeddings/position_embeddings": (
      config.max_position_embeddings,
      hidden,
    ),
    "bert/embeddings/token_type_embeddings": (config.type_vocab_size, hidden),
    **_norm("bert/embeddings", hidden),
  }
  for index in range(config.num_hidden_layers):
    layer = f"bert/encoder/layer_{index}"
    for name in ("query", "key", "value"):
      found |= _dense(f"{layer}/attention/self/{name}", hidden, hidden)
    found |= _dense(f"{layer}/attention/output/dense", hidden, hidden)
    found |= _norm(f"{layer}/attention/output", hidden)
    found |= _dense(f"{layer}/intermediate/dense", hidden, inner)
    found |= _dense(f"{layer}/output/dense", inner, hidden)
    found |= _norm(f"{layer}/output", hidden)
  found |= _dense("bert/pooler/dense", hidden, hidden)
  found |= _dense("cls/predictions/transform/dense", hidden, hidden)
  found |= _norm("cls/predictions/transform", hidden)
  found["cls/predictions/output_bias"] = (config.vocab_size,)
  found["cls/seq_relationship/output_weights"] = (2, hidden)
  found["cls/seq_relationship/output_bias"] = (2,)
  return found


def _dense(scope: str, inputs: int, outputs: int) -> dict[str, tuple[int, ...]]:
  return {f"{scope}/kernel": (inputs, outputs), f"{scope}/bias": (outputs,)}


def _norm(scope: str, size: int) -> dict[str, tuple[int, ...]]:
  return {f"{scope}/LayerNorm/{name}": (size,) for name in ("gamma", "beta")}


def settings(found: Mapping[str, tuple[int, ...]], path: str) -> dict[str, int]:
  """What the shapes of variables tell of their configuration.

  The number of attention heads they do not.

  Raises:
    ValueError: There is no encoder.
  """
  numbers = [
    int(match[1])
    for name in found
    if (match := re.match(r"bert/encoder/layer_(\d+)/", name))
  ]
  # A setting, the variable that tells it, and the axis.
  told = (
    ("vocab_size", "bert/embeddings/word_embeddings", 0),
    ("hidden_size", "bert/embeddings/word_embeddings", 1),
    ("max_position_embeddings", "bert/embeddings/position_embeddings", 0),
    ("type_vocab_size", "bert/embeddings/token_type_embeddings", 0),
    ("intermediate_size", "bert/encoder/layer_0/intermediate/dense/bias", 0),
  )
  missing = [name for _, name, axis in told if len(found.get(name, ())) <= axis]
  if missing:
    raise ValueError(f"{path}: not a BERT: no variable {missing[0]}")
  known = {setting: found[name][axis] for setting, name, axis in told}
  return known | {"num_hidden_layers": max(numbers) + 1}
