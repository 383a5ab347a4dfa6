"""Multiple choice from tables to answers, on a task that can be learned."""

import csv
import dataclasses
import json

import numpy as np
import pytest
import tensorflow as tf

import bert_tf
from bert_tf.export import saved_model_predictor
from bert_tf.models import multiple_choice
from bert_tf.tasks.multiple_choice import (
  examples,
  loss,
  metrics,
  questions,
  run,
  settings,
)
from bert_tf.training import (
  device_strategy,
  fine_tuning_settings,
  training_loop,
)
from tests.models import tiny
from tests.tasks.classification import classifying

VOCABULARY = tiny.FOLDER.parent / "vocab.txt"
# The right ending is of what the text is of. To like one noun more than another
# is right as often as chance.
NOUNS = ("reservoir", "library", "dumplings", "glass")
VERBS = ("kept", "held", "drew", "counted", "burnt", "sold")
LENGTH = 16


def write(path, count, seed, has_label=True, vary=True):
  rng = np.random.default_rng(seed)
  with open(path, "w", newline="") as file:
    writer = csv.writer(file, lineterminator="\n")
    endings = [f"ending_{i}" for i in range(4)]
    writer.writerow(["context", *endings, *(["label"] if has_label else [])])
    for _ in range(count):
      choices = int(rng.integers(3, 5)) if vary else 4
      nouns = rng.permutation(NOUNS)[:choices]
      label = int(rng.integers(choices))
      cells = [f"the {noun}" for noun in nouns] + [""] * (4 - choices)
      row = [f"they {rng.choice(VERBS)} the {nouns[label]}", *cells]
      writer.writerow([*row, *([label] if has_label else [])])


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
  folder = tmp_path_factory.mktemp("choices")
  write(folder / "train.csv", 24, 1)
  write(folder / "dev.csv", 10, 2)
  write(folder / "test.csv", 5, 3, has_label=False)
  return folder


def choose(output_dir, data_dir, layers=1, has_dropout=True, **changes):
  told = {
    "task_name": "tsv",
    "vocab_file": str(VOCABULARY),
    "data_dir": str(data_dir),
    "max_seq_length": LENGTH,
  }
  tuning = {
    "init_checkpoint": str(tiny.FOLDER / "bert_model.ckpt"),
    "num_train_epochs": 2.0,
  }
  training = {"batch_size": 4, "log_steps": 50}
  devices = device_strategy.DeviceSettings(pack=changes.pop("pack", None))
  classifying.distribute(changes, told, tuning, training)
  config = dataclasses.replace(tiny.CONFIG, num_hidden_layers=layers)
  return run.run(
    config if has_dropout else config.without_dropout(),
    settings.MultipleChoiceSettings(**told),
    fine_tuning_settings.FineTuningSettings(str(output_dir), **tuning),
    training_loop.LoopSettings(**training),
    devices,
  )


@pytest.fixture(scope="module")
def trained(data_dir, tmp_path_factory):
  folder = tmp_path_factory.mktemp("trained")
  scores = choose(
    folder, data_dir, do_train=True, do_eval=True, do_predict=True
  )
  return folder, scores


def test_loss_is_numpy_s_over_the_choices_that_are_there():
  logits = np.array([[1.0, -0.5, 2.0, -1e9], [0.3, 0.1, 0.2, 0.4]], np.float32)
  labels = np.array([[2], [1]], np.int32)
  wanted = []
  for row, label, count in zip(logits, labels[:, 0], (3, 4), strict=True):
    powers = np.exp(row[:count].astype(np.float64))
    wanted.append(-np.log(powers[label] / powers.sum()))
  np.testing.assert_allclose(loss.losses(logits, labels), wanted, rtol=1e-6)
  scores = metrics.score([logits[0, :3], logits[1]], [2, 1])
  assert scores["eval_loss"] == pytest.approx(np.mean(wanted), rel=1e-6)
  assert scores["eval_accuracy"] == 0.5
  sums = loss.MultipleChoiceObjective().sums(
    lambda batch, training: tf.constant(logits), {"label_ids": labels}, True
  )
  assert float(sums["choice"]) == pytest.approx(np.sum(wanted), rel=1e-6)
  assert float(sums["choice_right"]) == 1.0


def test_what_is_written(trained, data_dir):
  folder, scores = trained
  assert set(scores) == set(metrics.NAMES)
  text = (folder / "eval_results.txt").read_text()
  assert "global_step = 12" in text
  with open(data_dir / "test.csv") as file:
    counts = [sum(map(bool, row[1:])) for row in list(csv.reader(file))[1:]]
  rows = classifying.numbers(folder / "test_results.tsv")
  assert list(map(len, rows)) == counts
  np.testing.assert_allclose([sum(row) for row in rows], 1.0, rtol=1e-5)
  told = json.loads((folder / "task.json").read_text())
  assert told["task"] == "multiple_choice"


def test_records_hold_all_choices(trained):
  folder, _ = trained
  first = classifying.records(folder / "train.tf_record")[0]
  assert len(first["input_ids"][1]) == 4 * LENGTH
  made = examples.make(
    [questions.Question("", "a", ("b", "c"), 1)],
    bert_tf.FullTokenizer(VOCABULARY),
    LENGTH,
    3,
  )
  assert made["input_ids"].shape == (1, 3, LENGTH)
  assert not made["input_mask"][0, 2].any()


def test_the_loaded_selector_and_the_export_say_what_the_run_said(
  trained, data_dir, tmp_path
):
  folder, _ = trained
  selector = bert_tf.ChoiceSelector.from_checkpoint(folder)
  with open(data_dir / "test.csv") as file:
    rows = [row for row in csv.reader(file)][1:]
  asked = [(row[0], list(filter(None, row[1:]))) for row in rows]
  found = selector(asked)
  wanted = classifying.numbers(folder / "test_results.tsv")
  for one, row, (_, choices) in zip(found, wanted, asked, strict=True):
    assert one.probabilities == pytest.approx(row, abs=1e-5)
    assert one.choice == choices[int(np.argmax(row))] == choices[one.index]
  with pytest.raises(ValueError, match="question 1: expected a list of ch"):
    selector([("text", "one choice")])

  model = bert_tf.BertMultipleChoice.from_checkpoint(folder)
  exported = bert_tf.export_saved_model(
    model, tmp_path / "export", max_seq_length=LENGTH
  )
  predictor = saved_model_predictor.Predictor(exported)
  lines = [" ||| ".join([text, *choices]) for text, choices in asked]
  for answer, one, (text, choices) in zip(
    predictor.answer(lines), found, asked, strict=True
  ):
    assert (answer["text"], answer["choices"]) == (text, choices)
    assert answer["index"] == one.index
    assert answer["choice"] == one.choice
    assert answer["probabilities"] == pytest.approx(one.probabilities, abs=1e-5)
  with pytest.raises(ValueError, match="expected a text and its choices"):
    predictor.answer(["no choice here"])
  again = bert_tf.ChoiceSelector.from_checkpoint(exported)(asked)
  assert [x.index for x in again] == [x.index for x in found]


def test_killed_and_resumed_is_bit_identical(trained, data_dir, tmp_path):
  """Stopped after a half by a smaller number of epochs, dropout on."""
  whole, _ = trained
  half = tmp_path / "half"
  settings_of = {"do_train": True, "save_checkpoints_steps": 6}

  with pytest.MonkeyPatch.context() as patch:
    patch.setattr(training_loop.Trainer, "_check_finite", _stop_at(7))
    with pytest.raises(KeyboardInterrupt):
      choose(half, data_dir, iterations_per_loop=1, **settings_of)
  choose(half, data_dir, **settings_of)
  classifying.assert_same(
    classifying.state(whole, 12), classifying.state(half, 12)
  )


def _stop_at(last):
  def check(self, sums, step):
    sums.pop("bad_step")
    if step >= last:
      raise KeyboardInterrupt

  return check


def test_packed_rows_train_as_padded_ones(data_dir, tmp_path):
  states = []
  for pack in (False, True):
    folder = tmp_path / str(pack)
    choose(folder, data_dir, has_dropout=False, pack=pack, do_train=True)
    states.append(classifying.state(folder, 12))
  for name, value in states[0].items():
    if not name.endswith(("adam_m", "adam_v", "key/bias")):
      np.testing.assert_allclose(
        states[1][name], value, atol=3e-5, err_msg=name
      )


@pytest.mark.slow
def test_learns_four_choices_from_chance(tmp_path):
  """25% before, over 90% after."""
  write(tmp_path / "train.csv", 1000, 5, vary=False)
  write(tmp_path / "dev.csv", 200, 6, vary=False)
  told = {"layers": 2, "do_train": True, "do_eval": True, "eval_batch_size": 64}
  before = choose(
    tmp_path / "before",
    tmp_path,
    learning_rate=1e-9,
    num_train_epochs=0.01,
    **told,
  )
  assert before["eval_accuracy"] < 0.4
  after = choose(
    tmp_path / "after",
    tmp_path,
    has_dropout=False,
    batch_size=32,
    num_train_epochs=20.0,
    learning_rate=2e-3,
    **told,
  )
  assert after["eval_accuracy"] > 0.9


def test_the_model_is_the_task_s():
  task = run.MultipleChoiceTask(
    settings.MultipleChoiceSettings("swag", "v", do_train=True)
  )
  made = task.model(tiny.CONFIG)
  assert isinstance(made, multiple_choice.BertMultipleChoice)
  with pytest.raises(FileNotFoundError, match="no train_file and no data_dir"):
    task.train_files()
