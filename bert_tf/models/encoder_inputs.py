"""The inputs of an encoder, out of a mapping and by the names of others."""

import difflib
from collections.abc import Mapping
from typing import Any, NamedTuple

import tensorflow as tf

# Our names, and what Hugging Face and keras-hub call the same.
_NAMES = {
  "input_ids": ("token_ids",),
  "input_mask": ("attention_mask", "padding_mask"),
  "segment_ids": ("token_type_ids",),
}
NAMES = tuple(_NAMES)
# What others take, and no model here does.
_NOT_TAKEN = ("position_ids", "inputs_embeds", "head_mask", "mask", "masks")
_NEAR = 0.8


class EncoderInputs(NamedTuple):
  """The inputs; None where one is not given."""

  input_ids: Any
  input_mask: Any = None
  segment_ids: Any = None


# It compares names alone, which AutoGraph would warn that it cannot convert.
@tf.autograph.experimental.do_not_convert
def of(features: Mapping[str, Any]) -> EncoderInputs:
  """The inputs among the features of a batch.

  A batch may hold labels, too, of any names. So an unknown key is an error if
  it looks like an input's, or is the name of an input that no model here takes.

  Args:
    features: Tensors by our names, or by those of Hugging Face or keras-hub.

  Raises:
    ValueError: A key looks like an input's, or two stand for the same.
  """
  known = _known()
  wrong = {
    key
    for key in set(features) - known
    if key in _NOT_TAKEN
    or difflib.get_close_matches(key, known, n=1, cutoff=_NEAR)
  }
  if wrong:
    raise ValueError(_message(wrong))
  return _pick(features)


def no_positions(features: Any) -> Any:
  """The positions of a model that reads the pooled output alone, [B, 0].

  Args:
    features: As of `of`, with sequences [B, S]; or the ids alone.

  Raises:
    ValueError: As of `of`.
  """
  ids = of(features).input_ids if isinstance(features, Mapping) else features
  ids = tf.convert_to_tensor(ids)
  return tf.cast(ids[:, :0], tf.int32)


def _known() -> set[str]:
  return {*_NAMES, *(other for others in _NAMES.values() for other in others)}


def _message(keys: set[str]) -> str:
  expected = "; ".join(
    f"{name} (or {' or '.join(others)})" for name, others in _NAMES.items()
  )
  return (
    f"the model's inputs have the unknown key {', '.join(sorted(keys))}; "
    f"expected {expected}: rename it, or leave it out"
  )


def _pick(features: Mapping[str, Any]) -> EncoderInputs:
  found = {}
  for name, others in _NAMES.items():
    given = [key for key in (name, *others) if key in features]
    if len(given) > 1:
      raise ValueError(
        f"the model's inputs have both {given[0]} and {given[1]}, which stand "
        "for the same: leave one out"
      )
    if given:
      found[name] = features[given[0]]
  if "input_ids" not in found:
    raise ValueError(
      f"the model's inputs have no input_ids, found "
      f"{', '.join(sorted(features)) or 'nothing'}"
    )
  return EncoderInputs(**found)
