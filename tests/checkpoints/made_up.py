"""Small models with made-up weights, for several tests."""

import dataclasses

import numpy as np

from bert_tf import bert_config
from bert_tf.checkpoints import portable_model, variable_shapes
from bert_tf.text import tokenizer_rules

CONFIG = bert_config.BertConfig(
  vocab_size=20,
  hidden_size=8,
  num_hidden_layers=2,
  num_attention_heads=2,
  intermediate_size=12,
  max_position_embeddings=9,
  type_vocab_size=2,
  attention_probs_dropout_prob=0.2,
)
VOCABULARY = (
  *("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[unused0]", "[unused1]"),
  *("the", "cat", "##s", "sat", "on", "a", "mat", ".", ",", "e", "##e", "é"),
  "日",
)
HEADS = {
  "output_weights": (3, 8),
  "output_bias": (3,),
  "cls/squad/output_weights": (2, 8),
  "cls/squad/output_bias": (2,),
}
ALL_HEADS = ("masked_lm", "next_sentence", "span", "classifier")


def model(heads=(), seed=1, **changes):
  """A model with these of `portable_model.HEADS`, none by default."""
  rng = np.random.default_rng(seed)
  prefixes = ("bert/", *(portable_model.HEADS[head] for head in heads))
  shapes = variable_shapes.shapes(CONFIG) | HEADS
  made = portable_model.Portable(
    path="made up",
    config=CONFIG,
    tensors={
      name: rng.normal(size=shape).astype(np.float32)
      for name, shape in shapes.items()
      if name.startswith(prefixes)
    },
    vocabulary=VOCABULARY,
    rules=tokenizer_rules.TokenizerRules(),
  )
  return dataclasses.replace(made, **changes)


def with_act(made, hidden_act):
  config = dataclasses.replace(made.config, hidden_act=hidden_act)
  return dataclasses.replace(made, config=config)


def batch(rows=2, length=7, vocabulary=20, seed=2):
  """Ids, mask (the last row has padding) and segments, int32."""
  rng = np.random.default_rng(seed)
  ids = rng.integers(0, vocabulary, [rows, length]).astype(np.int32)
  mask = np.ones_like(ids)
  mask[-1, length - 2 :] = 0
  return ids, mask, rng.integers(0, 2, ids.shape).astype(np.int32)


def assert_same_vectors(found, theirs, mask, atol=1e-5):
  """What an encoder of ours and a backbone of keras-nlp's compute."""
  real = mask == 1
  np.testing.assert_allclose(
    found.sequence_output.numpy()[real],
    np.asarray(theirs["sequence_output"])[real],
    atol=atol,
  )
  np.testing.assert_allclose(
    found.pooled_output, theirs["pooled_output"], atol=atol
  )


def assert_same_tensors(found, wanted):
  """Bit for bit, names too."""
  assert sorted(found.tensors) == sorted(wanted.tensors)
  for name, value in wanted.tensors.items():
    assert found.tensors[name].dtype == value.dtype, name
    np.testing.assert_array_equal(found.tensors[name], value, err_msg=name)
