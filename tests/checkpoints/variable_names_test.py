"""Names in Google's checkpoints: state, decay, duplicates."""

import pytest
import tensorflow as tf

from bert_tf.checkpoints import (
  variable_names,
)


def variables(**values):
  return [tf.Variable(value, name=name) for name, value in values.items()]


@pytest.mark.parametrize(
  "name, is_state, is_decayed",
  [
    ("bert/encoder/layer_0/output/dense/kernel", False, True),
    ("bert/encoder/layer_0/output/dense/bias", False, False),
    ("bert/embeddings/LayerNorm/gamma", False, False),
    ("cls/seq_relationship/output_weights", False, True),
    ("cls/seq_relationship/output_bias", False, False),
    ("bert/pooler/dense/kernel/adam_v", True, True),
    ("global_step", True, True),
  ],
)
def test_names(name, is_state, is_decayed):
  assert variable_names.is_training_state(name) is is_state
  assert variable_names.is_decayed(name) is is_decayed


def test_two_variables_of_one_name():
  with pytest.raises(ValueError, match=r"two variables .* 'a'"):
    variable_names.by_name([*variables(a=[1.0]), *variables(a=[2.0])])


def test_what_stands_below_a_variable_is_training_state():
  names = [
    "a/kernel",
    "a/kernel/m",
    "a/kernels/m",
    "b/adam_v",
    "bert_tf/x",
    "m",
  ]
  assert variable_names.training_state(names) == {
    *("a/kernel/m", "b/adam_v", "bert_tf/x")
  }
