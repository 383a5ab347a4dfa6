"""BertModel and BertPretrainer against what the original computes."""

import numpy as np
import pytest
import tensorflow as tf

import bert_tf
from bert_tf.checkpoints import checkpoint_reader, variable_names
from bert_tf.tasks.pretraining import loss
from bert_tf.training import objectives
from tests.models import tiny


@pytest.fixture(scope="module")
def golden():
  return tiny.golden()


@pytest.fixture(scope="module")
def batch():
  return tiny.batch()


@pytest.mark.parametrize("one_hot", [False, True])
def test_forward_is_the_original_s(golden, batch, one_hot):
  model = bert_tf.BertModel.from_checkpoint(
    tiny.FOLDER, use_one_hot_embeddings=one_hot
  )
  output = model(batch)
  tiny.assert_original(output, golden)
  np.testing.assert_array_equal(
    output.sequence_output, output.all_encoder_layers[-1]
  )


def test_heads_are_the_original_s(golden, batch):
  output = tiny.pretrainer()(batch)
  for logits, name in zip(output, ("mlm", "nsp"), strict=True):
    np.testing.assert_allclose(
      tf.nn.log_softmax(logits), golden[f"out/{name}_log_probs"], atol=1e-5
    )


def test_losses_and_gradients_are_the_original_s(golden, batch):
  model = tiny.pretrainer()
  objective = loss.PretrainingObjective()
  weights = objective.weights(batch)
  with tf.GradientTape() as tape:
    sums = objective.sums(model, batch, training=False)
    total = objectives.combine(objective, sums, weights)
  np.testing.assert_allclose(
    total, golden["out/mlm_loss"] + golden["out/nsp_loss"], atol=1e-5
  )
  variables = variable_names.by_name(model.trainable_variables)
  gradients = tape.gradient(total, list(variables.values()))
  wanted = [name for name in golden if name.startswith("grad/")]
  assert {name.removeprefix("grad/") for name in wanted} == set(variables)
  for name, gradient in zip(variables, gradients, strict=True):
    want = golden[f"grad/{name}"]
    got = tf.convert_to_tensor(gradient).numpy()
    # A key's bias moves all scores of a query alike: its gradient is 0 but
    # for rounding, so there is no largest entry to measure by.
    largest = max(np.abs(want).max(), 1e-3)
    np.testing.assert_allclose(got, want, atol=1e-4 * largest, err_msg=name)


def test_names_are_google_s():
  model = tiny.pretrainer()
  reader = checkpoint_reader.Reader(tiny.FOLDER)
  found = {
    name: tuple(variable.shape)
    for name, variable in variable_names.by_name(model.variables).items()
  }
  assert found == reader.shapes


def test_mask_and_segments_have_defaults():
  model = bert_tf.BertModel.from_checkpoint(tiny.FOLDER)
  ids = tf.constant([[5, 6, 7]])
  with_all = model(ids, tf.ones_like(ids), tf.zeros_like(ids))
  np.testing.assert_array_equal(
    model(ids).pooled_output, with_all.pooled_output
  )


def test_bfloat16_is_near(golden, batch):
  model = tiny.pretrainer(dtype="mixed_bfloat16")
  assert {v.dtype for v in model.variables} == {tf.float32}
  output = model(batch)
  assert output.masked_lm_logits.dtype == tf.float32
  got = model.bert(batch).pooled_output
  assert got.dtype == tf.bfloat16
  got = tf.cast(got, tf.float32).numpy()
  assert np.abs(got - golden["out/pooled_output"]).mean() < 0.03


def test_dynamic_batch_and_length(golden, batch):
  model = bert_tf.BertModel.from_checkpoint(tiny.FOLDER)
  spec = tf.TensorSpec([None, None], tf.int32)
  function = tf.function(
    lambda *args: model(*args).pooled_output, input_signature=[spec] * 3
  )
  keys = ("input_ids", "input_mask", "segment_ids")
  got = function(*(batch[key] for key in keys))
  np.testing.assert_allclose(got, golden["out/pooled_output"], atol=1e-5)


def test_no_layers():
  config = bert_tf.BertConfig(
    vocab_size=5, hidden_size=4, num_hidden_layers=0, num_attention_heads=2
  )
  output = bert_tf.BertModel(config)(tf.constant([[1, 2]]))
  assert output.all_encoder_layers == ()
  assert output.pooled_output.shape == (1, 4)


@pytest.mark.parametrize(
  "ids, segments, message",
  [
    ([[1, 686]], [[0, 0]], "input_ids holds 686; with vocab_size=686"),
    ([[1, -1]], [[0, 0]], "input_ids holds -1"),
    ([[1, 2]], [[0, 2]], "segment_ids holds 2; with type_vocab_size=2"),
    ([[1] * 65], [[0] * 65], "65 long.*max_position_embeddings is 64"),
  ],
)
def test_wrong_inputs(ids, segments, message):
  model = bert_tf.BertModel.from_checkpoint(tiny.FOLDER)
  ids = tf.constant(ids)
  with pytest.raises(ValueError, match=message):
    model(ids, tf.ones_like(ids), tf.constant(segments))
