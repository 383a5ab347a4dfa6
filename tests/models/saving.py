"""Small models of all kinds, for what Keras does with them."""

import numpy as np
import tensorflow as tf

import bert_tf
from bert_tf import keras

CONFIG = bert_tf.BertConfig(
  vocab_size=20,
  hidden_size=8,
  num_hidden_layers=1,
  num_attention_heads=2,
  intermediate_size=12,
  max_position_embeddings=10,
  type_vocab_size=2,
  hidden_dropout_prob=0.0,
  attention_probs_dropout_prob=0.0,
)
MODELS = {
  "encoder": lambda **kwargs: bert_tf.BertModel(CONFIG, **kwargs),
  "one_hot": lambda **kwargs: bert_tf.BertModel(
    CONFIG, use_one_hot_embeddings=True, **kwargs
  ),
  "classifier": lambda **kwargs: bert_tf.BertClassifier(CONFIG, 3, **kwargs),
  "token_classifier": lambda **kwargs: bert_tf.BertTokenClassifier(
    CONFIG, 3, **kwargs
  ),
  "span_labeler": lambda **kwargs: bert_tf.BertSpanLabeler(CONFIG, **kwargs),
  "pretrainer": lambda **kwargs: bert_tf.BertPretrainer(CONFIG, **kwargs),
  "masked_lm": lambda **kwargs: bert_tf.BertPretrainer(
    CONFIG, has_next_sentence=False, **kwargs
  ),
}


def batch(size=4, length=6):
  """Inputs of all models, with padding."""
  generator = np.random.default_rng(3)
  lengths = generator.integers(2, length + 1, size)
  lengths[0] = length
  shape = size, length
  return {
    "input_ids": generator.integers(1, CONFIG.vocab_size, shape, np.int32),
    "input_mask": (np.arange(length) < lengths[:, None]).astype(np.int32),
    "segment_ids": generator.integers(0, 2, shape, np.int32),
    "masked_lm_positions": generator.integers(0, length, (size, 2), np.int32),
  }


def inputs_of(model):
  """The inputs that a model takes, out of `batch()`."""
  found = batch()
  if not isinstance(model, bert_tf.BertPretrainer):
    del found["masked_lm_positions"]
  return found


def randomize(model):
  """New values for all weights: none is what it is initialized to."""
  generator = np.random.default_rng(7)
  for variable in model.variables:
    variable.assign(generator.normal(0, 0.3, variable.shape))
  return model


def symbolic(batch):
  """Keras's inputs, any number of examples of any length."""
  return {
    name: keras.Input([None], dtype=tf.int32, name=name) for name in batch
  }


def outputs(model, inputs):
  """All outputs of a model as arrays."""
  flat = tf.nest.flatten(model(inputs))
  return [np.asarray(value) for value in flat if value is not None]


def assert_equal(model, other, inputs):
  """Two models compute the same, to the last bit."""
  got, want = outputs(other, inputs), outputs(model, inputs)
  assert len(got) == len(want) > 0
  for one, another in zip(got, want, strict=True):
    np.testing.assert_array_equal(one, another)
