"""Class weights and label smoothing of tagging, against NumPy."""

import logging

import numpy as np
import pytest
import tensorflow as tf

from bert_tf.tasks.tagging import loss, run, settings
from bert_tf.text import full_tokenizer
from bert_tf.training import objectives
from tests.models import tiny

RNG = np.random.default_rng(6)
LOGITS = RNG.normal(size=[4, 5, 3]).astype(np.float32)
WORDS = RNG.integers(0, 2, [4, 5])
LABELS = RNG.integers(0, 3, [4, 5]) * WORDS
WEIGHTS = (0.5, 2.0, 3.0)


@pytest.mark.parametrize("weights", [(), WEIGHTS])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_against_numpy(weights, smoothing):
  objective = loss.TaggingObjective(weights, smoothing)
  batch = {
    "label_ids": tf.constant(LABELS, tf.int32),
    "label_weights": tf.constant(WORDS, tf.int32),
  }
  logits = tf.constant(LOGITS)
  sums = objective.sums(lambda *_, **__: logits, batch, training=True)
  assert set(sums) == set(objective.sum_names)
  found = float(objectives.combine(objective, sums, objective.weights(batch)))
  target = np.eye(3)[LABELS] * (1 - smoothing) + smoothing / 3
  wide = LOGITS.astype(np.float64)
  each = -(target * (wide - np.log(np.exp(wide).sum(-1, keepdims=True)))).sum(
    -1
  )
  scale = WORDS * (np.array(weights)[LABELS] if weights else 1.0)
  want = (each * scale).sum() / (scale.sum() + 1e-5)
  assert found == pytest.approx(want, rel=1e-6)
  right = ((LOGITS.argmax(-1) == LABELS) * WORDS).sum() / WORDS.sum()
  sums = {name: float(value) for name, value in sums.items()}
  assert objective.results(sums)["accuracy"] == pytest.approx(right)


def test_balanced_counts_words(tmp_path, caplog):
  (tmp_path / "train.txt").write_text("a O\nb O\n\nc O\nd B-x\n")
  task = run.TaggingTask(
    settings.TaggingSettings(
      "vocab.txt",
      str(tmp_path),
      do_train=True,
      class_weights="balanced",
      label_smoothing=0.1,
    )
  ).with_labels(None)
  tokenizer = full_tokenizer.FullTokenizer(tiny.FOLDER.parent / "vocab.txt")
  with caplog.at_level(logging.INFO, logger="absl"):
    found = task.read(tiny.CONFIG, tokenizer, evaluates=False)
  assert found.objective.class_weights == (4 / 6, 4 / 2)
  assert found.objective.label_smoothing == 0.1
  assert "train.txt: 4 labels: O 3, B-x 1" in caplog.text
