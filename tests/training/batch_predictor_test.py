"""Applying a model to arrays."""

import numpy as np
import pytest
import tensorflow as tf

import bert_tf
from bert_tf.training import batch_predictor

CONFIG = bert_tf.BertConfig(
  vocab_size=20,
  hidden_size=8,
  num_hidden_layers=1,
  num_attention_heads=2,
  intermediate_size=16,
  max_position_embeddings=8,
)
LENGTHS = np.array([3, 8, 1, 5])


def arrays():
  mask = (np.arange(8) < LENGTHS[:, None]).astype(np.int32)
  ids = np.arange(32, dtype=np.int32).reshape(4, 8) % 20
  return {"input_ids": ids * mask, "input_mask": mask}


class Call:
  """Counts how often it is made to a graph."""

  def __init__(self):
    self.traces = 0

  def __call__(self, model, batch):
    self.traces += 1
    self.skips = model.keywords["mode"].packed
    return {"sequence": model(batch).sequence_output}


def test_a_graph_is_made_once_for_a_model_and_a_call():
  strategy = tf.distribute.get_strategy()
  model, call = bert_tf.BertModel(CONFIG), Call()
  results = [
    batch_predictor.predict(strategy, model, call, arrays(), 2, ["sequence"])
    for _ in range(2)
  ]
  assert call.traces == 1
  np.testing.assert_array_equal(results[0]["sequence"], results[1]["sequence"])
  batch_predictor.predict(
    strategy, bert_tf.BertModel(CONFIG), call, arrays(), 2, ["sequence"]
  )
  assert call.traces == 2
  assert not any("_prediction" in v.name for v in model.variables)


@pytest.mark.parametrize("by_length", [False, True])
def test_padding_is_computed_only_where_it_is_looked_at(by_length):
  strategy = tf.distribute.get_strategy()
  model, call = bert_tf.BertModel(CONFIG), Call()
  found = batch_predictor.predict(
    strategy, model, call, arrays(), 2, ["sequence"], by_length=by_length
  )["sequence"]
  assert call.skips == by_length
  want = model(arrays()).sequence_output.numpy()
  real = arrays()["input_mask"] == 1
  np.testing.assert_allclose(found[real], want[real], atol=5e-6)
  assert found[~real].any() != by_length


def test_results_that_are_no_numbers_name_the_example():
  strategy = tf.distribute.get_strategy()
  model = bert_tf.BertModel(CONFIG)
  broken = model.embeddings.word_embeddings
  inputs = arrays()
  only_in_second = int(inputs["input_ids"][1, 7])
  assert not (inputs["input_ids"][[0, 2]] == only_in_second).any()
  value = broken.numpy()
  value[only_in_second] = np.nan
  broken.assign(value)
  with pytest.raises(
    ValueError, match="example 12: the model computes sequenc"
  ):
    batch_predictor.predict(
      strategy, model, Call(), inputs, 2, ["sequence"], first=10
    )
