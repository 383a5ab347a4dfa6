"""keras-nlp fine-tuned beside run_classifier."""

import re

import keras
import numpy as np
import pytest
import tensorflow as tf

import bert_tf
from benchmarks import keras_nlp_classifier
from bert_tf.training import adam_weight_decay, learning_rate_schedule
from tests.commands import running
from tests.tasks.classification import classifying


def flags(tmp_path):
  tiny = classifying.TESTDATA / "tiny"
  return running.as_flags(
    {
      "task_name": "cola",
      "data_dir": classifying.GOLDENS / "cola" / "data",
      "bert_config_file": tiny / "bert_config.json",
      "vocab_file": classifying.TESTDATA / "vocab.txt",
      "init_checkpoint": tiny / "bert_model.ckpt",
      "output_dir": tmp_path / "out",
      "max_seq_length": 48,
      "train_batch_size": 8,
      "num_train_epochs": 0.5,
    }
  )


def test_trained_from_the_same_weights(tmp_path):
  done = running.run("compare_keras_nlp", *flags(tmp_path), by_path=True)
  assert done.returncode == 0, done.stderr
  found = done.stderr.split("pooled vectors differ by at most ")[1].split()[0]
  assert float(found) < 1e-5
  scores = dict(re.findall(r"(eval_\w+) = (\S+)", done.stderr))
  assert "eval_matthews" in scores and 0 < float(scores["eval_loss"]) < 1
  golden = classifying.GOLDENS / "cola" / "train.tf_record.gz"
  made = classifying.records(tmp_path / "out" / "train.tf_record")
  assert made == classifying.records(golden)


def test_another_dropout_of_the_attention(tmp_path):
  config = bert_tf.BertConfig(vocab_size=9, attention_probs_dropout_prob=0.2)
  settings = keras_nlp_classifier.Settings("no", "no", "no", str(tmp_path))
  with pytest.raises(ValueError, match="keras-nlp knows one dropout for all"):
    keras_nlp_classifier.write_preset(config, settings)


def test_without_bias_correction_it_is_the_original_s_optimizer():
  """Against ours, for a few steps on one variable."""
  settings = keras_nlp_classifier.Settings(
    "no", "no", "no", "no", learning_rate=0.1, bias_correction=False
  )
  ours, theirs = tf.Variable([1.0, -2.0]), keras.Variable([1.0, -2.0])
  opt = adam_weight_decay.AdamWeightDecay(
    learning_rate_schedule.WarmupLinearDecay(0.1, 20, 2),
    weight_decay_rate=0.0,
    epsilon=1e-6,
  )
  other = keras.optimizers.Adam(
    keras_nlp_classifier.Schedule(20, settings), epsilon=1e-6
  )
  opt.build([ours])
  other.build([theirs])
  for step in range(8):
    gradient = tf.constant([0.3 + step, -0.01 * step])
    opt.apply_gradients([(gradient, ours)])
    other.apply([gradient], [theirs])
  np.testing.assert_allclose(theirs.numpy(), ours.numpy(), rtol=1e-4)
  assert abs(ours.numpy()[0] - 1.0) > 0.1
