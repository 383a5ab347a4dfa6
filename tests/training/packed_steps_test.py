"""Training on real tokens alone is training on padded batches, sooner.

Without dropout losses, gradient norms and weights are the same; lengths are
those of GLUE's sentences: a few long ones among many short ones.
"""

import numpy as np
import pytest
import tensorflow as tf

import bert_tf
from bert_tf.models import (
  classifier,
  pretrainer,
  span_labeler,
  token_classifier,
)
from bert_tf.tasks.classification import loss as classification_loss
from bert_tf.tasks.classification import task_definition
from bert_tf.tasks.pretraining import loss as pretraining_loss
from bert_tf.tasks.squad import loss as squad_loss
from bert_tf.tasks.tagging import loss as tagging_loss
from bert_tf.training import optimizers, step_compilation, step_functions

B, S, STEPS = 8, 64, 20
CONFIG = bert_tf.BertConfig(
  vocab_size=100,
  hidden_size=32,
  num_hidden_layers=2,
  num_attention_heads=2,
  intermediate_size=64,
  max_position_embeddings=S,
  hidden_dropout_prob=0.0,
  attention_probs_dropout_prob=0.0,
)


def batches():
  """Batches that every task finds what it needs in."""
  rng = np.random.default_rng(5)
  for _ in range(STEPS):
    lengths = np.minimum(rng.geometric(0.07, B) + 4, S)
    mask = (np.arange(S) < lengths[:, None]).astype(np.int32)
    first_words = mask * (rng.random([B, S]) < 0.7)
    yield {
      "input_ids": rng.integers(1, 100, [B, S]) * mask,
      "input_mask": mask,
      "segment_ids": (np.arange(S) >= lengths[:, None] // 2) * mask,
      "label_ids": rng.integers(0, 3, [B, 1]),
      "is_real_example": np.ones([B, 1]),
      "word_labels": rng.integers(0, 3, [B, S]) * first_words,
      "word_weights": first_words,
      "masked_lm_positions": rng.integers(0, lengths[:, None], [B, 4]),
      "masked_lm_ids": rng.integers(1, 100, [B, 4]),
      "masked_lm_weights": rng.integers(0, 2, [B, 4]).astype(np.float32),
      "next_sentence_labels": rng.integers(0, 2, [B, 1]),
      "start_positions": rng.integers(0, lengths)[:, None],
      "end_positions": lengths[:, None] - 1,
    }


def tensors(batch, task):
  if task.endswith("tagging"):
    batch = batch | {
      "label_ids": batch["word_labels"],
      "label_weights": batch["word_weights"],
    }
  return {
    name: tf.constant(x, tf.float32 if x.dtype == np.float32 else tf.int32)
    for name, x in batch.items()
  }


TASKS = {
  "classification": (
    lambda dtype: classifier.BertClassifier(CONFIG, 3, dtype=dtype),
    classification_loss.ClassificationObjective(task_definition.SINGLE_LABEL),
  ),
  "weighted classification": (
    lambda dtype: classifier.BertClassifier(CONFIG, 3, dtype=dtype),
    classification_loss.ClassificationObjective(
      task_definition.SINGLE_LABEL, (0.5, 1.0, 4.0), 0.1
    ),
  ),
  "weighted tagging": (
    lambda dtype: token_classifier.BertTokenClassifier(CONFIG, 3, dtype=dtype),
    tagging_loss.TaggingObjective((0.5, 1.0, 4.0), 0.1),
  ),
  "tagging": (
    lambda dtype: token_classifier.BertTokenClassifier(CONFIG, 3, dtype=dtype),
    tagging_loss.TaggingObjective(),
  ),
  "pretraining": (
    lambda dtype: pretrainer.BertPretrainer(CONFIG, dtype=dtype),
    pretraining_loss.PretrainingObjective(),
  ),
  "squad": (
    lambda dtype: span_labeler.BertSpanLabeler(CONFIG, dtype=dtype),
    squad_loss.SpanObjective(uses_padding=False),
  ),
}

# Added to all scores of a softmax these biases change nothing: their gradient
# is rounding, and Adam, which divides by its size, makes steps of it.
WITHOUT_GRADIENT = {task: ("key/bias:0",) for task in TASKS}
# So is what is added to all tokens alike before SQuAD's softmax over them.
WITHOUT_GRADIENT["squad"] += (
  "cls/squad/output_bias:0",
  "layer_1/output/LayerNorm/beta:0",
)


def trained(
  task,
  packed,
  micro_batches=1,
  dtype="float32",
  compilation=step_compilation.GROUPS,
  lengths=(),
):
  """Losses, norms and weights of twenty steps."""
  tf.keras.utils.set_random_seed(3)
  make_model, objective = TASKS[task]
  model = make_model(dtype)
  settings = optimizers.OptimizerSettings("adamw", 1e-3, 100, 5)
  step = tf.function(
    step_functions.TrainStep(
      model,
      objective,
      optimizers.Optimizer(settings, model.trainable_variables),
      micro_batches=micro_batches,
      compilation=compilation,
      packed=packed,
      lengths=lengths,
    )
  )
  sums = [step(tensors(batch, task)) for batch in batches()]
  series = [[float(x[k]) for x in sums] for k in ("loss", "gradient_norm")]
  return series, {v.name: v.numpy() for v in model.trainable_variables}


@pytest.mark.parametrize("micro_batches", [1, 2])
@pytest.mark.parametrize("task", TASKS)
def test_twenty_steps_are_the_same(task, micro_batches):
  want = trained(task, False, micro_batches)
  assert_same(task, trained(task, True, micro_batches), want)


def assert_same(task, found, wanted):
  (got, found_weights), (want, weights) = found, wanted
  np.testing.assert_allclose(got, want, rtol=1e-5)
  assert want[0][0] != pytest.approx(want[0][-1], rel=1e-3), "nothing learnt"
  for name, weight in weights.items():
    if not name.endswith(WITHOUT_GRADIENT[task]):
      np.testing.assert_allclose(
        found_weights[name], weight, atol=2e-6, err_msg=name
      )


@pytest.mark.parametrize(
  "task, micro_batches, compilation",
  [
    ("classification", 1, step_compilation.WHOLE),
    ("tagging", 2, step_compilation.NONE),
    ("pretraining", 1, step_compilation.NONE),
    ("squad", 1, step_compilation.NONE),
  ],
)
def test_length_buckets_are_the_same(task, micro_batches, compilation):
  want = trained(task, False, micro_batches, compilation=step_compilation.NONE)
  got = trained(
    task, False, micro_batches, compilation=compilation, lengths=(32, 48)
  )
  assert_same(task, got, want)


def test_bfloat16_is_the_same_up_to_its_rounding():
  want, _ = trained("classification", False, dtype="mixed_bfloat16")
  got, _ = trained("classification", True, dtype="mixed_bfloat16")
  np.testing.assert_allclose(got[0], want[0], rtol=0.02)
