"""What the fine-tuning runners share, on a tiny classifier."""

import functools
import math
import shutil
from types import MappingProxyType

import numpy as np
import pytest
import tensorflow as tf

import bert_tf
from bert_tf.checkpoints import checkpoint_reader, loader, saver
from bert_tf.models import classifier
from bert_tf.records import example_encoder, record_writer
from bert_tf.training import (
  batch_predictor,
  best_checkpoint,
  device_strategy,
  fine_tuning_session,
  fine_tuning_settings,
  optimizers,
  step_functions,
  training_loop,
)

LENGTH = 12
SCHEMA = {
  name: tf.io.FixedLenFeature([LENGTH], tf.int64)
  for name in ("input_ids", "input_mask", "segment_ids")
} | {"label_ids": tf.io.FixedLenFeature([], tf.int64)}


class Objective:
  """Cross entropy of a label."""

  epsilons = MappingProxyType({"label": 0.0})
  sum_names = ("label",)
  uses_padding = False

  def weights(self, batch):
    return {"label": tf.cast(tf.size(batch["label_ids"]), tf.float32)}

  def sums(self, model, batch, training):
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(
      batch["label_ids"], model(batch, training=training)
    )
    return {"label": tf.reduce_sum(losses)}

  def results(self, sums):
    return {}


@pytest.fixture(scope="module")
def config(testdata):
  return bert_tf.BertConfig.from_json_file(
    testdata / "tiny" / "bert_config.json"
  )


@pytest.fixture(scope="module")
def examples():
  """Label 1 where the first word is above the middle of the vocabulary."""
  rng = np.random.default_rng(2)
  lengths = rng.integers(3, LENGTH + 1, 64)
  mask = (np.arange(LENGTH) < lengths[:, None]).astype(np.int32)
  ids = rng.integers(5, 686, [64, LENGTH]).astype(np.int32) * mask
  return {
    "input_ids": ids,
    "input_mask": mask,
    "segment_ids": np.zeros_like(ids),
    "label_ids": (ids[:, 0] > 345).astype(np.int32),
  }


@pytest.fixture(scope="module")
def records(examples, tmp_path_factory):
  path = str(tmp_path_factory.mktemp("records") / "train.tf_record")
  with record_writer.RecordWriter(path) as writer:
    for index in range(64):
      one = {name: np.atleast_1d(x[index]) for name, x in examples.items()}
      writer.write(example_encoder.encode_example(one))
  return path


def make_session(config, output_dir, testdata, **settings):
  settings = {
    "init_checkpoint": str(testdata / "tiny" / "bert_model.ckpt"),
    "learning_rate": 1e-3,
    "num_train_epochs": 3.0,
  } | settings
  return fine_tuning_session.Session(
    functools.partial(classifier.BertClassifier, config, 2),
    fine_tuning_settings.FineTuningSettings(str(output_dir), **settings),
    training_loop.LoopSettings(8, log_steps=8),
    device_strategy.DeviceSettings(),
  )


def train(session, records, evaluate=None):
  training = fine_tuning_session.TrainingRecords(records, SCHEMA, {}, 64)
  session.train(training, Objective(), evaluate)


def test_trains_then_applies_what_was_trained(
  config, testdata, records, examples, tmp_path
):
  session = make_session(config, tmp_path, testdata, num_train_epochs=20.0)
  train(session, records)
  assert session.global_step == 160
  inputs = {name: examples[name] for name in list(SCHEMA)[:3]}

  def predict(one):
    model = one.model()
    return batch_predictor.predict(
      one.strategy, model, lambda m, x: {"logits": m(x)}, inputs, 16
    )["logits"]

  logits = predict(session)
  right = (logits.argmax(1) == examples["label_ids"]).mean()
  assert right > 0.9
  later = make_session(config, tmp_path, testdata)
  np.testing.assert_allclose(predict(later), logits, atol=1e-6)
  assert later.global_step == 160


def test_prediction_by_length_changes_nothing(
  config, testdata, examples, tmp_path
):
  session = make_session(config, tmp_path, testdata)
  model = session.model()  # init_checkpoint: nothing was trained
  inputs = {name: examples[name] for name in list(SCHEMA)[:3]}

  def call(model, batch):
    output = model.func.bert(batch, **model.keywords)
    return {
      "pooled": output.pooled_output,
      "tokens": output.sequence_output,
    }

  results = [
    batch_predictor.predict(
      session.strategy, model, call, inputs, 5, ["tokens"], by_length
    )
    for by_length in (True, False)
  ]
  np.testing.assert_allclose(
    results[0]["pooled"], results[1]["pooled"], atol=1e-5
  )
  real = examples["input_mask"] == 1
  np.testing.assert_allclose(
    results[0]["tokens"][real], results[1]["tokens"][real], atol=1e-5
  )


def test_the_best_is_kept_and_used_and_training_stops(
  config, testdata, records, tmp_path
):
  scores = {4: 0.5, 8: 0.9, 12: 0.7, 16: 0.8, 20: 0.99}
  asked = []

  def evaluate(model):
    asked.append(4 * (len(asked) + 1))
    return {"accuracy": scores[asked[-1]]}

  settings = {
    "eval_steps": 4,
    "best_metric": "accuracy",
    "early_stopping_patience": 2,
  }
  session = make_session(config, tmp_path, testdata, **settings)
  train(session, records, evaluate)
  assert asked == [4, 8, 12, 16]
  assert session.global_step == 8  # what is used from now on
  assert tf.train.latest_checkpoint(str(tmp_path)).endswith("-16")
  kept = checkpoint_reader.Reader(tmp_path / "best" / "model.ckpt-8")
  assert kept.read("global_step").dtype == np.int64
  assert not any(name.endswith("adam_m") for name in kept.shapes)
  model = session.model()
  np.testing.assert_array_equal(
    model.head.output_weights, kept.read("output_weights")
  )
  again = make_session(config, tmp_path, testdata, **settings)
  train(again, records, evaluate)  # it had stopped: nothing more is done
  assert asked == [4, 8, 12, 16]
  assert again.global_step == 8


def test_unknown_best_metric(config, testdata, records, tmp_path):
  session = make_session(
    config, tmp_path, testdata, eval_steps=4, best_metric="f2"
  )
  with pytest.raises(ValueError, match=r"best_metric='f2'.*has accuracy"):
    train(session, records, lambda model: {"accuracy": 1.0})


@pytest.mark.parametrize(
  "metric, values, kept",
  [
    ("loss", [3, 1, 2], 2),
    ("f1", [3, 1, 2], 1),
    ("f1", [math.nan, 0.5, math.nan], 2),
  ],
)
def test_a_loss_is_better_smaller(tmp_path, metric, values, kept):
  model = _OneVariable()
  one = best_checkpoint.Best(str(tmp_path), metric)
  for index, value in enumerate(values, 1):
    one.offer(index, {metric: value}, model)
  assert best_checkpoint.Best(str(tmp_path), metric).path().endswith(f"-{kept}")
  assert len(list(tmp_path.glob("model*"))) == 2
  with pytest.raises(ValueError, match="is of best_metric="):
    best_checkpoint.Best(str(tmp_path), "other").path()


def test_processes_that_do_not_write_stop_at_the_same_step(tmp_path):
  chief, worker = (best_checkpoint.Best(str(tmp_path), "f1") for _ in range(2))
  for at, value in ((10, 0.5), (20, 0.6), (30, 0.7), (40, 0.1), (50, 0.1)):
    for one, writes in ((chief, True), (worker, False)):
      one.offer(at, {"f1": value}, _OneVariable(), writes)
    assert chief.is_stale(at, 20) == worker.is_stale(at, 20) == (at == 50)


def test_what_a_kill_left_beside_the_best_goes(tmp_path):
  for name in ("model.ckpt-1.tmp-9.index", "model.ckpt-1.index"):
    (tmp_path / name).write_bytes(b"half")
  best_checkpoint.Best(str(tmp_path), "f1").offer(
    2, {"f1": 0.5}, _OneVariable()
  )
  assert sorted(path.name for path in tmp_path.iterdir()) == [
    "best.json",
    "model.ckpt-2.data-00000-of-00001",
    "model.ckpt-2.index",
  ]


@pytest.mark.parametrize(
  "text, message",
  [
    ("{", "not a JSON file"),
    ('{"step": 1}', "found metric=None"),
    (
      '{"step": 1, "metric": "f1", "value": "0.5", "checkpoint": "x"}',
      "found value='0.5'",
    ),
  ],
)
def test_damaged_note_of_the_best(tmp_path, text, message):
  (tmp_path / "best.json").write_text(text)
  with pytest.raises(ValueError, match=rf"best\.json: .*{message}"):
    best_checkpoint.Best(str(tmp_path), "f1").path()


class _OneVariable:
  def __init__(self):
    self.variables = [tf.Variable([1.0], name="a")]


def test_frozen_layers_keep_their_weights(config, testdata, records, tmp_path):
  session = make_session(
    config, tmp_path, testdata, freeze_layers=2, num_train_epochs=1.0
  )
  train(session, records)
  before = checkpoint_reader.Reader(testdata / "tiny" / "bert_model.ckpt")
  after = checkpoint_reader.Reader(tmp_path)
  for name in before.shapes:
    if not name.startswith("bert/"):
      continue
    same = np.array_equal(before.read(name), after.read(name))
    frozen = name.startswith(
      ("bert/embeddings", "bert/encoder/layer_0", "bert/encoder/layer_1")
    )
    assert same == frozen, name
    assert (f"{name}/adam_m" in after.shapes) != frozen


def test_resuming_is_bit_identical(config, testdata, records, tmp_path):
  """Dropout on; the second half is trained from the checkpoint alone."""
  whole, half = tmp_path / "whole", tmp_path / "half"
  session = make_session(config, whole, testdata)
  session.loop_settings = training_loop.LoopSettings(
    8, save_checkpoints_steps=10
  )
  train(session, records)
  half.mkdir()
  for path in whole.glob("model.ckpt-10.*"):
    shutil.copy(path, half)
  (half / "checkpoint").write_text('model_checkpoint_path: "model.ckpt-10"')
  train(make_session(config, half, testdata), records)
  one, other = (
    checkpoint_reader.Reader(folder / "model.ckpt-24")
    for folder in (whole, half)
  )
  assert one.shapes == other.shapes
  for name in one.shapes:
    np.testing.assert_array_equal(one.read(name), other.read(name))


@pytest.mark.parametrize("micro_batches", [1, 2])
def test_norm_of_looked_up_rows_is_the_original_s(
  config, testdata, examples, micro_batches
):
  """Rows of a word that comes twice are not added before the norm is taken."""
  model = classifier.BertClassifier(config.without_dropout(), 2)
  loader.load(model.variables, testdata / "tiny" / "bert_model.ckpt")
  batch = {name: tf.constant(x[:4]) for name, x in examples.items()}
  batch["input_ids"] = batch["input_ids"] // 100  # few words, many times
  with tf.GradientTape() as tape:
    loss = Objective().sums(model, batch, training=False)["label"] / 4
  gradients = tape.gradient(loss, model.trainable_variables)
  squares = [
    np.sum(np.square(g.values if isinstance(g, tf.IndexedSlices) else g))
    for g in gradients
  ]
  assert sum(isinstance(g, tf.IndexedSlices) for g in gradients) == 1
  summed = [np.sum(np.square(tf.convert_to_tensor(g))) for g in gradients]
  assert abs(np.sqrt(sum(summed)) - np.sqrt(sum(squares))) > 1e-3
  opt = optimizers.Optimizer(
    optimizers.OptimizerSettings("adamw", 0.0, 10, 0), model.trainable_variables
  )
  train_step = step_functions.TrainStep(
    model, _without_dropout(Objective()), opt, micro_batches=micro_batches
  )
  norm = tf.function(train_step)(batch)["gradient_norm"]
  np.testing.assert_allclose(norm, np.sqrt(sum(squares)), rtol=1e-4)


def _without_dropout(objective):
  sums = objective.sums
  objective.sums = lambda model, batch, training: sums(model, batch, False)
  return objective


@pytest.mark.parametrize(
  "settings, message",
  [
    ({"num_train_epochs": 0.0}, "num_train_epochs=0.0 is not > 0"),
    ({"warmup_proportion": 1.5}, "warmup_proportion=1.5 is not from 0 to 1"),
    ({"freeze_layers": -1}, "freeze_layers=-1 is below 0"),
    ({"best_metric": "f1"}, "best_metric needs eval_steps"),
    ({"early_stopping_patience": 1}, "early_stopping_patience needs best"),
  ],
)
def test_wrong_settings(settings, message):
  with pytest.raises(ValueError, match=message):
    fine_tuning_settings.FineTuningSettings("out", **settings)


def test_more_frozen_layers_than_there_are():
  settings = fine_tuning_settings.FineTuningSettings("out", freeze_layers=3)
  settings.check_layers(3)
  with pytest.raises(ValueError, match=r"freeze_layers=3, .* has 2 \(num_hid"):
    settings.check_layers(2)


def test_too_few_examples(config, testdata, tmp_path):
  session = make_session(config, tmp_path, testdata, num_train_epochs=0.1)
  with pytest.raises(ValueError, match=r"64 examples in batches of 8.*not one"):
    session.num_train_steps(64)


def test_a_model_that_could_not_be_loaded_is_not_kept(
  config, testdata, tmp_path
):
  wrong = str(tmp_path / "wrong.ckpt")
  saver.save({"output_weights": np.zeros([3, 32], np.float32)}, wrong)
  session = make_session(
    config, tmp_path / "out", testdata, init_checkpoint=wrong
  )
  for _ in range(2):
    with pytest.raises(ValueError, match="another shape"):
      session.model()


def test_no_model(config, testdata, tmp_path):
  session = make_session(config, tmp_path, testdata, init_checkpoint=None)
  with pytest.raises(FileNotFoundError, match="no model to apply"):
    session.model()
