"""Sentence vectors from tables of pairs, on a task that can be learned."""

import dataclasses
import json

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

import bert_tf
from bert_tf.export import export_settings, exporter
from bert_tf.tasks.sentence_pairs import loss, metrics, reader, run, settings
from bert_tf.training import (
  device_strategy,
  fine_tuning_settings,
  training_loop,
)
from tests.models import tiny
from tests.tasks.classification import classifying

VOCABULARY = tiny.FOLDER.parent / "vocab.txt"
NOUNS = ("reservoir", "library", "chapels", "dumplings", "glass", "bridge")
VERBS = ("kept", "held", "drew", "counted")


def write(path, count, seed, has_score=True):
  """Pairs whose score is 5 if both are of one noun, 0 if not."""
  rng = np.random.default_rng(seed)
  lines = ["sentence1\tsentence2" + "\tscore" * has_score]
  for _ in range(count):
    same = rng.random() < 0.5
    first, other = rng.permutation(NOUNS)[:2]
    texts = [
      f"they {rng.choice(VERBS)} the {noun}"
      for noun in (first, first if same else other)
    ]
    lines.append("\t".join([*texts, *(["5" if same else "0"] * has_score)]))
  path.write_text("\n".join(lines) + "\n")


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
  folder = tmp_path_factory.mktemp("pairs")
  write(folder / "train.tsv", 160, 1)
  write(folder / "dev.tsv", 40, 2)
  write(folder / "test.tsv", 5, 3, has_score=False)
  return folder


def compare(output_dir, data_dir, layers=1, **changes):
  told = {
    "data_dir": str(data_dir),
    "vocab_file": str(VOCABULARY),
    "max_seq_length": 12,
  }
  tuning = {
    "init_checkpoint": str(tiny.FOLDER / "bert_model.ckpt"),
    "num_train_epochs": 3.0,
    "learning_rate": 2e-3,
  }
  training = {"batch_size": 8, "log_steps": 100}
  classifying.distribute(changes, told, tuning, training)
  return run.run(
    dataclasses.replace(tiny.CONFIG, num_hidden_layers=layers),
    settings.SentencePairSettings(**told),
    fine_tuning_settings.FineTuningSettings(str(output_dir), **tuning),
    training_loop.LoopSettings(**training),
    device_strategy.DeviceSettings(),
  )


VECTORS = np.random.default_rng(5).normal(size=(4, 2, 6)).astype(np.float32)


def unit(x):
  return x / np.linalg.norm(x, axis=-1, keepdims=True)


def test_losses_are_numpy_s():
  scores = np.array([[0.0], [1.0], [0.4], [0.8]], np.float32)
  batch = {"scores": tf.constant(scores)}

  def model(batch, training):
    del batch, training
    return tf.constant(VECTORS)

  first, second = np.moveaxis(unit(VECTORS.astype(np.float64)), 1, 0)
  cosines = (first * second).sum(-1)
  found = loss.ScoreObjective().sums(model, batch, True)["pair"]
  wanted = ((cosines - scores[:, 0]) ** 2).sum()
  assert float(found) == pytest.approx(wanted, rel=1e-5)

  logits = 20.0 * first @ second.T
  shares = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
  sums = loss.NegativesObjective(20.0).sums(model, batch, True)
  wanted = -np.log(np.diag(shares)).sum()
  assert float(sums["pair"]) == pytest.approx(wanted, rel=1e-4)
  right = (logits.argmax(-1) == np.arange(4)).sum()
  assert float(sums["pair_right"]) == right
  assert float(loss.NegativesObjective(1.0).weights(batch)["pair"]) == 4


def test_metrics():
  vectors = unit(VECTORS)
  scores = [0.1, 0.9, 0.3, 0.2]
  found = metrics.score(vectors, scores)
  cosines = (vectors[:, 0] * vectors[:, 1]).sum(-1)
  wanted = scipy.stats.spearmanr(cosines, scores)[0]
  assert found["eval_spearman"] == pytest.approx(wanted)
  assert sorted(found) == metrics.names(True)
  nearest = (vectors[:, 0] @ vectors[:, 1].T).argmax(-1) == np.arange(4)
  assert found["eval_nearest"] == pytest.approx(nearest.mean())
  assert list(metrics.score(vectors, [None] * 4)) == metrics.names(False)


def test_spearman_rises_and_vectors_are_served(data_dir, tmp_path):
  """Pre-trained weights alone are evaluated, too: there is no head."""
  before = compare(tmp_path / "before", data_dir, do_eval=True)
  folder = tmp_path / "after"
  after = compare(
    folder, data_dir, do_train=True, do_eval=True, do_predict=True
  )
  # With two scores alone, and as many of each, the most is 0.866.
  assert after["eval_spearman"] > max(0.8, before["eval_spearman"] + 0.1)
  lines = (folder / "test_results.tsv").read_text().splitlines()
  rows = [
    line.split("\t")
    for line in (data_dir / "test.tsv").read_text().splitlines()[1:]
  ]
  vectors = bert_tf.FeatureExtractor.from_checkpoint(folder, pooling="mean")
  for (first, second), line in zip(rows, lines, strict=True):
    a, b = (np.asarray(x.values).reshape(-1) for x in vectors([first, second]))
    assert float(unit(a) @ unit(b)) == pytest.approx(float(line), abs=1e-5)
  told = json.loads((folder / "task.json").read_text())
  assert told["pooling"] == "mean"
  with pytest.raises(ValueError, match="was trained with 'mean'"):
    exporter.export(
      dataclasses.replace(tiny.CONFIG, num_hidden_layers=1),
      str(folder),
      str(folder / "vocab.txt"),
      export_settings.ExportSettings("sentence", pooling="cls"),
      str(tmp_path / "export"),
    )


def test_in_batch_negatives_need_no_scores(tmp_path):
  for name, count in (("train", 64), ("dev", 16)):
    write(tmp_path / f"{name}.tsv", count, 4, has_score=False)
  scores = compare(
    tmp_path / "out",
    tmp_path,
    objective="in_batch_negatives",
    do_train=True,
    do_eval=True,
    num_train_epochs=1.0,
  )
  assert list(scores) == ["eval_nearest"]
  again = compare(tmp_path / "out", tmp_path, do_eval=True)
  assert again == pytest.approx(scores, abs=1e-6)


@pytest.mark.parametrize(
  "text, message",
  [
    ("sentence1\tsentence2\n", "no column named 'score'.*--label_column"),
    ("sentence1\tsentence2\tscore\na\tb\t7\n", "tsv:2: the score is 7, expect"),
    ("sentence1\tsentence2\tscore\na\tb\tx\n", r"tsv:2: .*'x'"),
    ("sentence1\tsentence2\tscore\n", "found no pair in it"),
  ],
)
def test_what_is_wrong_is_named(tmp_path, text, message):
  (tmp_path / "train.tsv").write_text(text)
  options = settings.SentencePairSettings(str(tmp_path), "v", do_train=True)
  with pytest.raises(ValueError, match=message):
    reader.read(options, "train")
