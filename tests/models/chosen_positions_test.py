"""The last block computed where its output is wanted, and nowhere else."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

import bert_tf
from bert_tf.kernels import modes
from tests.models import tiny

B, S = 3, 16
LENGTHS = [16, 5, 9]
POSITIONS = np.array([[15, 3, 3], [4, 0, 1], [8, 2, 7]], np.int32)
CONFIG = bert_tf.BertConfig(
  vocab_size=50,
  hidden_size=32,
  num_hidden_layers=2,
  num_attention_heads=2,
  intermediate_size=48,
  max_position_embeddings=S,
  hidden_dropout_prob=0.0,
  attention_probs_dropout_prob=0.0,
)
MODES = {
  "padded": (modes.Mode("plain"), False),
  "packed": (modes.Mode("plain", packed=True), False),
  "onednn": (modes.Mode("onednn"), False),
  "onednn packed": (modes.Mode("onednn", packed=True), False),
  "training": (modes.Mode("plain"), True),
  "training packed": (modes.Mode("plain", packed=True), True),
  "training in groups": (modes.Mode("xla", packed=True), True),
}


def inputs():
  mask = (np.arange(S) < np.array(LENGTHS)[:, None]).astype(np.int32)
  ids = np.random.default_rng(1).integers(1, 50, [B, S]) * mask
  return {
    "input_ids": tf.constant(ids, tf.int32),
    "input_mask": tf.constant(mask),
    "segment_ids": tf.constant((np.arange(S) > 3) * mask),
  }


def new_model(config=CONFIG):
  tf.keras.utils.set_random_seed(2)
  return bert_tf.BertModel(config)


def outputs_and_gradients(model, name, positions):
  """Of all positions and the gathered ones, or of the chosen ones."""
  mode, training = MODES[name]

  @tf.function
  def run(batch):
    with tf.GradientTape() as tape:
      output = model(batch, training=training, mode=mode, positions=positions)
      sequence = output.sequence_output
      if positions is None:
        sequence = tf.gather(sequence, POSITIONS, batch_dims=1)
      loss = tf.reduce_sum(sequence**3) + tf.reduce_sum(output.pooled_output)
    gradients = tape.gradient(loss, model.trainable_variables)
    return sequence, output.pooled_output, gradients

  sequence, pooled, gradients = run(inputs())
  dense = [tf.convert_to_tensor(gradient) for gradient in gradients]
  return [sequence, pooled, *dense]


@pytest.mark.parametrize("name", MODES)
def test_equal_to_all_positions(name):
  model = new_model()
  wanted = outputs_and_gradients(model, name, None)
  found = outputs_and_gradients(model, name, POSITIONS)
  assert found[0].shape == [*POSITIONS.shape, CONFIG.hidden_size]
  for want, got in zip(wanted, found, strict=True):
    scale = max(1.0, float(tf.reduce_max(tf.abs(want))))
    np.testing.assert_allclose(got, want, atol=3e-6 * scale)


def rows_of_wide_layers(model, batch):
  """How many rows each block's wide layer has in the graph of a model."""

  @tf.function
  def run(given):
    return model(given)

  graph = run.get_concrete_function(batch).graph
  return [
    op.outputs[0].shape[0]
    for op in graph.get_operations()
    if op.type == "MatMul"
    and op.outputs[0].shape[-1] == CONFIG.intermediate_size
  ]


def test_only_the_wanted_rows_are_computed():
  batch = inputs()
  model = bert_tf.BertClassifier(CONFIG, 2)
  assert rows_of_wide_layers(model, batch) == [B * S, B]
  batch["masked_lm_positions"] = tf.zeros([B, 2], tf.int32)
  model = bert_tf.BertPretrainer(CONFIG)
  assert rows_of_wide_layers(model, batch) == [B * S, B * (1 + 2)]
  choices = {
    name: tf.stack([x, x], axis=1)
    for name, x in batch.items()
    if name != "masked_lm_positions"
  }
  model = bert_tf.BertMultipleChoice(CONFIG)
  assert rows_of_wide_layers(model, choices) == [2 * B * S, 2 * B]


def test_attention_probabilities_of_chosen_positions():
  model = new_model()
  whole = model(inputs(), output_attentions=True).attention_probabilities
  found = model(inputs(), output_attentions=True, positions=POSITIONS)
  first, last = found.attention_probabilities
  np.testing.assert_allclose(first, whole[0], atol=1e-6)
  want = tf.gather(
    tf.transpose(whole[1], [0, 2, 1, 3]), POSITIONS, batch_dims=1
  )
  np.testing.assert_allclose(last, tf.transpose(want, [0, 2, 1, 3]), atol=1e-6)


@pytest.mark.parametrize("name", ["padded", "packed", "training packed"])
@pytest.mark.skipif(
  bool(tf.config.list_physical_devices("GPU")), reason="a GPU checks nothing"
)
def test_a_position_beyond_the_sequence(name):
  """An error, and not the first token of the next sequence."""
  wrong = POSITIONS.copy()
  wrong[0, 1] = S
  mode, training = MODES[name]
  model, batch = new_model(), inputs()
  with pytest.raises(ValueError, match=r"positions hold 16; .* 16 long, so"):
    model(batch, training=training, mode=mode, positions=wrong)
  run = tf.function(model)
  with pytest.raises(tf.errors.InvalidArgumentError, match="16 is not in"):
    run(batch, training=training, mode=mode, positions=tf.constant(wrong))


def test_a_negative_position():
  with pytest.raises(ValueError, match=r"positions hold -1; .* 0 to 15"):
    new_model()(inputs(), positions=POSITIONS - 1)


def test_a_misspelt_input_of_a_classifier():
  model = bert_tf.BertClassifier(CONFIG, 2)
  with pytest.raises(ValueError, match="unknown key inputs_ids; expected"):
    model({"inputs_ids": inputs()["input_ids"]})


def test_a_classifier_of_ids_alone():
  model, ids = bert_tf.BertClassifier(CONFIG, 2), inputs()["input_ids"]
  np.testing.assert_array_equal(model(ids), model({"input_ids": ids}))


def test_of_no_block():
  model = new_model(dataclasses.replace(CONFIG, num_hidden_layers=0))
  whole = model(inputs()).sequence_output
  found = model(inputs(), positions=POSITIONS)
  want = tf.gather(whole, POSITIONS, batch_dims=1)
  np.testing.assert_array_equal(found.sequence_output, want)


def test_the_original_s_outputs_at_some_places():
  golden = tiny.golden()
  model = bert_tf.BertModel.from_checkpoint(tiny.FOLDER)
  places = golden["in/masked_lm_positions"]
  found = model(tiny.encoder_batch(), positions=places).sequence_output
  want = np.take_along_axis(
    golden["out/all_encoder_layers"][-1], places[:, :, None], axis=1
  )
  np.testing.assert_allclose(found, want, atol=1e-5)
