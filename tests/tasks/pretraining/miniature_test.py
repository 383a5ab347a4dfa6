"""Pre-training pays in miniature: two minutes on the text of the package."""

import numpy as np
import pytest

from bert_tf.tasks.pretraining import miniature
from tests.conftest import ROOT
from tests.tasks.classification import classifying


@pytest.mark.slow
def test_held_out_words_are_not_only_the_most_frequent_one(tmp_path):
  """No constant guess is right as often as the model, on text it never saw."""
  corpus = ROOT / "bert_tf" / "commands" / "sample_text.txt"
  sizes = miniature.QuickstartSettings(
    str(corpus), str(tmp_path), num_train_steps=800, dupe_factor=20
  )
  miniature.split_corpus(sizes)
  config = miniature.make_vocab(sizes)
  for part in ("train", "held_out"):
    miniature.make_records(sizes, part)
  miniature.evaluate_new_model(config, sizes)
  found = miniature.pretrain(config, sizes)
  words = [
    word
    for record in classifying.records(tmp_path / "held_out.tfrecord")
    for word, weight in zip(
      record["masked_lm_ids"][1], record["masked_lm_weights"][1], strict=True
    )
    if weight
  ]
  most_frequent = np.bincount(words).max() / len(words)
  assert 0.03 < most_frequent < 0.1
  assert found["masked_lm_accuracy"] > 1.2 * most_frequent
