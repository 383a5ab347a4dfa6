"""The tagger from columns to answers, on a task that can be learned."""

import dataclasses
import pathlib

import numpy as np
import pytest
import tensorflow as tf

import bert_tf
from bert_tf.checkpoints import checkpoint_reader
from bert_tf.models import token_classifier
from bert_tf.tasks.tagging import examples, predictor, reader, run, settings
from bert_tf.training import (
  device_strategy,
  fine_tuning_settings,
  training_loop,
)

TESTDATA = pathlib.Path(__file__).resolve().parents[2] / "testdata"
TINY = TESTDATA / "tiny"
# Each word has its label, so that it can be learned in seconds.
WORDS = {
  "reservoir": "B-place",
  "library": "B-place",
  "Sunita": "B-person",
  "Yuna": "B-person",
  "Castellane": "I-person",
  "the": "O",
  "walked": "O",
  "naïve": "O",
}


def sentences(count, seed, longest=6):
  rng = np.random.default_rng(seed)
  return [
    rng.choice(list(WORDS), rng.integers(1, longest + 1)).tolist()
    for _ in range(count)
  ]


def as_columns(rows):
  return "\n".join(
    "".join(f"{word}\t{WORDS[word]}\n" for word in row) for row in rows
  )


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
  folder = tmp_path_factory.mktemp("data")
  (folder / "train.txt").write_text(as_columns(sentences(96, 1)))
  (folder / "valid.conll").write_text(as_columns(sentences(12, 2)))
  test = [" ".join(row).split() for row in sentences(7, 3, 60)]
  (folder / "test.tsv").write_text(
    "\n".join("".join(f"{word}\n" for word in row) for row in test)
  )
  return folder


def tag(output_dir, data_dir, tuning=None, loop_changes=None, **changes):
  told = {
    "vocab_file": str(TESTDATA / "vocab.txt"),
    "data_dir": data_dir and str(data_dir),
    "max_seq_length": 32,
  } | changes
  tuned = {
    "init_checkpoint": str(TINY / "bert_model.ckpt"),
    "learning_rate": 2e-3,
    "num_train_epochs": 8.0,
  } | (tuning or {})
  config = bert_tf.BertConfig.from_json_file(TINY / "bert_config.json")
  return run.run(
    config,
    settings.TaggingSettings(**told),
    fine_tuning_settings.FineTuningSettings(str(output_dir), **tuned),
    training_loop.LoopSettings(8, log_steps=50, **(loop_changes or {})),
    device_strategy.DeviceSettings(),
  )


@pytest.fixture(scope="module")
def trained(data_dir, tmp_path_factory):
  """A folder with a trained tagger, and its scores."""
  folder = tmp_path_factory.mktemp("trained")
  scores = tag(folder, data_dir, do_train=True, do_eval=True, do_predict=True)
  return folder, scores


def test_learns(trained):
  folder, scores = trained
  assert scores["eval_accuracy"] > 0.95
  assert scores["eval_f1"] > 0.9
  assert set(scores) == {
    "eval_accuracy",
    "eval_loss",
    *(
      f"eval_{name}{kind}"
      for name in ("precision", "recall", "f1")
      for kind in ("", "_person", "_place")
    ),
  }
  lines = (folder / "eval_results.txt").read_text().splitlines()
  assert lines[0].startswith("eval_accuracy = ")
  assert "global_step = 96" in lines


def test_labels_are_those_of_the_training_file(trained):
  folder, _ = trained
  assert (folder / "labels.txt").read_text().split() == [
    "O",
    "B-person",
    "B-place",
    "I-person",
  ]


def test_predictions_are_one_line_a_word_in_order(trained, data_dir):
  folder, _ = trained
  given = (data_dir / "test.tsv").read_text().splitlines()
  lines = (folder / "test_predictions.txt").read_text().splitlines()
  assert len(lines) == len(given)
  right = 0
  for before, line in zip(given, lines, strict=True):
    if not before:
      assert not line
      continue
    word, label = line.split("\t")
    assert word == before
    right += label == WORDS[word]
  assert right / sum(map(bool, given)) > 0.9  # windows of long sentences too


def test_evaluates_what_was_trained_before(trained, data_dir):
  folder, scores = trained
  again = tag(folder, data_dir, do_eval=True, eval_batch_size=3)
  assert again == pytest.approx(scores, abs=1e-5)
  # Elsewhere labels have to be named; the head then has to fit them.
  checkpoint = str(folder / "model.ckpt-96")
  with pytest.raises(ValueError, match=r"'output_weights' of shape \[2, 32\]"):
    tag(
      folder / "new",
      data_dir,
      {"init_checkpoint": checkpoint},
      do_predict=True,
      labels="O,X",
    )
  assert not (folder / "new").exists()


def test_loss_is_the_mean_over_words(trained, data_dir):
  folder, scores = trained
  config = bert_tf.BertConfig.from_json_file(TINY / "bert_config.json")
  model = token_classifier.BertTokenClassifier.from_checkpoint(
    folder, config=config
  )
  labels = (folder / "labels.txt").read_text().split()
  tokenizer = bert_tf.FullTokenizer(TESTDATA / "vocab.txt")
  file = reader.read(data_dir / "valid.conll")
  made = examples.make(file.texts(), tokenizer, 32)
  logits = model(examples.inputs(made, tokenizer, 32)).numpy().astype(float)
  odds = np.exp(logits - logits.max(-1, keepdims=True))
  odds /= odds.sum(-1, keepdims=True)
  losses, right = [], []
  for row, window in enumerate(made):
    for word, at in zip(window.words, window.positions, strict=True):
      label = labels.index(file.sentences[window.sentence][word].label)
      losses.append(-np.log(odds[row, at, label]))
      right.append(odds[row, at].argmax() == label)
  assert len(losses) == sum(map(len, file.sentences))
  assert scores["eval_loss"] == pytest.approx(np.mean(losses), abs=1e-5)
  assert scores["eval_accuracy"] == np.mean(right)


def test_tags_lists_of_strings(trained):
  folder, _ = trained
  config = bert_tf.BertConfig.from_json_file(TINY / "bert_config.json")
  model = token_classifier.BertTokenClassifier.from_checkpoint(
    folder, config=config
  )
  tokenizer = bert_tf.FullTokenizer(TESTDATA / "vocab.txt")
  labels = (folder / "labels.txt").read_text().split()
  texts = ["Yuna walked the library", [], ["Sunita", "Castellane"], ""]
  tagger = predictor.WordTagger(model, tokenizer, labels)
  found = tagger(texts)
  assert [one.words for one in found] == [
    ("Yuna", "walked", "the", "library"),
    (),
    ("Sunita", "Castellane"),
    (),
  ]
  pairs = [
    pair for one in found for pair in zip(one.words, one.labels, strict=True)
  ]
  assert sum(WORDS[word] == label for word, label in pairs) >= 5
  assert tagger([]) == []
  with pytest.raises(TypeError, match="texts is one string"):
    tagger("Yuna walked")
  with pytest.raises(ValueError, match="found 1 labels, expected 4"):
    predictor.WordTagger(model, tokenizer, ["O"])
  # The folder tells the labels itself.
  loaded = predictor.WordTagger.from_checkpoint(
    folder, config=config, vocab_file=TESTDATA / "vocab.txt"
  )
  assert loaded(texts) == found


def test_evaluates_while_training_and_keeps_the_best(data_dir, tmp_path):
  tag(
    tmp_path,
    data_dir,
    {"num_train_epochs": 1.0, "eval_steps": 6, "best_metric": "f1"},
    do_train=True,
  )
  assert (tmp_path / "best" / "best.json").exists()
  assert "eval_f1" in (tmp_path / "best" / "best.json").read_text()


def test_a_stopped_training_ends_where_an_undisturbed_one_does(
  data_dir, tmp_path
):
  tuning = {"num_train_epochs": 1.0}
  often = {"save_checkpoints_steps": 4}
  tag(tmp_path / "whole", data_dir, tuning, often, do_train=True)
  tag(tmp_path / "cut", data_dir, tuning, often, do_train=True)
  for path in (tmp_path / "cut").glob("model.ckpt-12*"):
    path.unlink()
  state = tmp_path / "cut" / "checkpoint"
  state.write_text('model_checkpoint_path: "model.ckpt-8"\n')
  tag(tmp_path / "cut", data_dir, tuning, often, do_train=True)
  one, two = (
    checkpoint_reader.Reader(tmp_path / name / "model.ckpt-12")
    for name in ("whole", "cut")
  )
  assert one.shapes == two.shapes
  for name in one.shapes:
    np.testing.assert_array_equal(one.read(name), two.read(name))


BAD = {
  "a missing column": (
    "train",
    "the\tO\n\nlibrary\n",
    "train.*line 3: found 1",
  ),
  "an empty file": ("dev", "", "dev.* holds no word"),
  "an unknown label": (
    "dev",
    "the\tO\n\nYuna\tB-dog\n",
    "dev.*line 3: .*B-dog",
  ),
  "too many columns": ("test", "the\nlibrary O\n", "test.*line 2: found 2"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_told_and_nothing_overwritten(tmp_path, data_dir, name):
  kind, text, message = BAD[name]
  path = tmp_path / f"{kind}.bad"
  path.write_text(text)
  out = tmp_path / "out"
  out.mkdir()
  for file in ("labels.txt", "test_predictions.txt", "eval_results.txt"):
    (out / file).write_text("old")
  with pytest.raises(ValueError, match=message):
    tag(
      out,
      data_dir,
      do_train=True,
      do_eval=True,
      do_predict=True,
      **{f"{kind}_file": str(path)},
    )
  assert {file.read_text() for file in out.iterdir()} == {"old"}


@pytest.mark.parametrize(
  "changes, message",
  [
    ({}, "nothing to do"),
    ({"do_eval": True, "eval_batch_size": 0}, "eval_batch_size=0 is below 1"),
    ({"do_eval": True, "max_seq_length": 2}, "max_seq_length=2 is below 3"),
    ({"do_eval": True, "label_column": 0}, "label_column=0 is the column of"),
    ({"do_train": True, "max_seq_length": 65}, "max_position_embeddings=64"),
    ({"do_train": True, "labels": "O,B-x"}, "not known; the labels are O, B-x"),
    ({"do_train": True, "data_dir": None}, "no train_file and no data_dir"),
    ({"do_train": True, "data_dir": "/no"}, "/no holds no train.txt, train.co"),
    ({"do_predict": True}, "no model to apply"),
  ],
)
def test_settings_that_do_not_fit(tmp_path, data_dir, changes, message):
  tuning = {"init_checkpoint": None}
  with pytest.raises((ValueError, OSError), match=message):
    tag(tmp_path / "out", tuning=tuning, **{"data_dir": data_dir} | changes)
  assert not (tmp_path / "out").exists()


def test_one_label_is_none(tmp_path):
  (tmp_path / "train.txt").write_text("the\tO\n")
  with pytest.raises(ValueError, match="has the only label 'O'; expected two"):
    tag(tmp_path / "out", tmp_path, do_train=True)


@pytest.mark.parametrize(
  "tuning, message",
  [
    ({"num_train_epochs": 0.01}, "0.01 epochs, make not one step"),
    ({"init_checkpoint": "/nowhere/x.ckpt"}, "/nowhere/x.ckpt"),
  ],
)
def test_tuning_that_does_not_fit(tmp_path, data_dir, tuning, message):
  with pytest.raises((ValueError, OSError), match=message):
    tag(tmp_path / "out", data_dir, tuning, do_train=True)
  assert not (tmp_path / "out").exists()


def test_an_unknown_metric(tmp_path, data_dir):
  tuning = {"eval_steps": 4, "best_metric": "matthews"}
  with pytest.raises(ValueError, match="one of eval_accuracy, eval_loss, eval"):
    tag(tmp_path / "out", data_dir, tuning, do_train=True)


def test_a_folder_of_another_task_is_left_alone(tmp_path, data_dir):
  (tmp_path / "task.json").write_text('{"task": "cola"}')
  with pytest.raises(ValueError, match="in use by another task"):
    tag(tmp_path, data_dir, do_train=True)
  assert len(list(tmp_path.iterdir())) == 1


def test_the_wrong_case_is_told(tmp_path, data_dir):
  name = "/x/cased_L-12_H-768_A-12/bert_model.ckpt"
  with pytest.raises(ValueError, match="names the cased model"):
    tag(tmp_path, data_dir, {"init_checkpoint": name}, do_train=True)


def test_fits_with_keras(data_dir):
  from bert_tf import keras

  file = reader.read(data_dir / "train.txt")
  tokenizer = bert_tf.FullTokenizer(TESTDATA / "vocab.txt")
  labels = sorted(set(WORDS.values()))
  made = examples.make(file.texts(), tokenizer, 32)
  ids = [[labels.index(label) for label in row] for row in file.labels()]
  targets = examples.labels(made, ids, 32)
  model = token_classifier.BertTokenClassifier.from_checkpoint(
    TINY, outputs=len(labels)
  )
  dataset = tf.data.Dataset.from_tensor_slices(
    (
      examples.inputs(made, tokenizer, 32),
      targets["label_ids"],
      targets["label_weights"],
    )
  ).batch(16)
  model.compile(
    keras.optimizers.Adam(1e-3),
    keras.losses.SparseCategoricalCrossentropy(from_logits=True),
  )
  losses = model.fit(dataset, epochs=10, verbose=0).history["loss"]
  assert losses[-1] < 0.5 * losses[0]


def test_settings_are_frozen(data_dir):
  told = settings.TaggingSettings("vocab.txt", do_eval=True)
  with pytest.raises(dataclasses.FrozenInstanceError):
    told.do_eval = False


def test_a_vocabulary_of_another_model(tmp_path, data_dir):
  text = (TESTDATA / "vocab.txt").read_text("utf-8")
  (tmp_path / "longer.txt").write_text(f"{text}another\n", "utf-8")
  longer = str(tmp_path / "longer.txt")
  with pytest.raises(ValueError, match=r"longer\.txt: found 687 pieces"):
    tag(tmp_path / "out", data_dir, do_train=True, vocab_file=longer)
  assert not (tmp_path / "out").exists()
