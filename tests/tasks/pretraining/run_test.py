"""Pre-training ends where the original ends; resumes; says what is wrong."""

import json
import re
import shutil

import numpy as np
import pytest
import tensorflow as tf

import bert_tf
from bert_tf.checkpoints import checkpoint_reader, loader, saver, variable_names
from bert_tf.models import pretrainer
from bert_tf.tasks.pretraining import loss, reader, settings
from bert_tf.training import objectives, training_loop
from tests import needs
from tests.tasks.pretraining import training

TESTDATA = training.TESTDATA
PARITY = TESTDATA / "train_parity"


def assert_near(got, want, atol):
  assert set(got) == set(want)
  for name, value in want.items():
    np.testing.assert_allclose(got[name], value, atol=atol, err_msg=name)


def eval_results(folder):
  lines = (folder / "eval_results.txt").read_text().splitlines()
  return {
    name: float(value)
    for name, _, value in (line.partition(" = ") for line in lines)
  }


def test_train_parity(tmp_path):
  """The original's own training loop, 25 steps from the same weights."""
  training.pretrain(
    tmp_path,
    input_file=PARITY / "data.tfrecord",
    config=PARITY / "bert_config.json",
    steps=25,
    do_eval=True,
    max_eval_steps=1,
  )
  reader = checkpoint_reader.Reader(PARITY / "model.ckpt-25")
  want = {name: reader.read(name) for name in reader.shapes}
  assert_near(training.read(tmp_path, 25), want, atol=1e-4)
  got, want = eval_results(tmp_path), eval_results(PARITY)
  assert list(got) == list(want)
  assert_near(got, want, atol=1e-4)


def test_evaluation_is_the_original_s(tmp_path):
  """Evaluates a checkpoint of the original: the same numbers, in its form."""
  for path in training.EVAL.glob("model.ckpt-30*"):
    shutil.copy(path, tmp_path)
  (tmp_path / "checkpoint").write_text('model_checkpoint_path: "model.ckpt-30"')
  training.pretrain(tmp_path, changes={"do_train": False, "do_eval": True})
  assert_near(eval_results(tmp_path), eval_results(training.EVAL), atol=1e-5)


def test_evaluation_of_init_checkpoint(tmp_path):
  changes = {"do_train": False, "do_eval": True}
  prefix = training.EVAL / "model.ckpt-30"
  training.pretrain(tmp_path, init_checkpoint=prefix, changes=changes)
  assert_near(eval_results(tmp_path), eval_results(training.EVAL), atol=1e-5)


def test_resumes_the_original_s_training(tmp_path):
  """Its checkpoint goes on here: step 20, recomputed from it in NumPy."""
  for path in (TESTDATA / "tiny").glob("resume_model*"):
    shutil.copy(path, tmp_path)
  (tmp_path / "checkpoint").write_text(
    'model_checkpoint_path: "resume_model.ckpt-20"'
  )
  before = checkpoint_reader.Reader(tmp_path)
  gradients = clipped_gradients(before)
  training.pretrain(
    tmp_path,
    input_file=PARITY / "data.tfrecord",  # equal records: any order
    steps=25,
    warmup=0,
    rate=1e-4,
    dropout=False,
    save_checkpoints_steps=1,
  )
  after = training.read(tmp_path, 21)
  assert set(after) == set(before.shapes)
  assert after["global_step"] == 21
  rate = 1e-4 * (1 - 20 / 25)
  for name, g in gradients.items():
    w = before.read(name)
    m = 0.9 * before.read(f"{name}/adam_m") + 0.1 * g
    v = 0.999 * before.read(f"{name}/adam_v") + 0.001 * g * g
    decay = 0.01 if variable_names.is_decayed(name) else 0.0
    w = w - rate * (m / (np.sqrt(v) + 1e-6) + decay * w)
    for got, want in (
      (after[name], w),
      (after[f"{name}/adam_m"], m),
      (after[f"{name}/adam_v"], v),
    ):
      np.testing.assert_allclose(got, want, atol=2e-6, err_msg=name)


def clipped_gradients(checkpoint):
  """Of one batch of the parity records, at a checkpoint's weights."""
  config = bert_tf.BertConfig.from_json_file(PARITY / "bert_config.json")
  model = pretrainer.BertPretrainer(config)
  loader.load(model.variables, checkpoint.prefix)
  options = settings.PretrainingSettings("x", "y", 48, 6, do_train=True)
  schema = reader.schema(options.lengths())
  rows = tf.data.TFRecordDataset(str(PARITY / "data.tfrecord")).batch(8)
  parsed = tf.io.parse_example(next(iter(rows)), schema)
  batch = {
    name: tf.cast(x, tf.int32) if x.dtype == tf.int64 else x
    for name, x in parsed.items()
  }
  goal = loss.PretrainingObjective()
  with tf.GradientTape() as tape:
    sums = goal.sums(model, batch, training=False)
    total = objectives.combine(goal, sums, goal.weights(batch))
  variables = variable_names.by_name(model.trainable_variables)
  found = tape.gradient(total, list(variables.values()))
  arrays = [tf.convert_to_tensor(g).numpy() for g in found]
  norm = np.sqrt(sum(np.sum(np.square(g)) for g in arrays))
  arrays = [g / max(norm, 1.0) for g in arrays]
  return dict(zip(variables, arrays, strict=True))


def test_two_runs_are_bit_identical_and_resuming_too(tmp_path):
  """With dropout; the second is stopped at a step that no log line ends."""
  training.pretrain(tmp_path / "a", save_checkpoints_steps=5, layers=1)
  training.pretrain(tmp_path / "b", save_checkpoints_steps=5, layers=1)
  shutil.copytree(tmp_path / "a", tmp_path / "c")
  (tmp_path / "c" / "checkpoint").write_text(
    'model_checkpoint_path: "model.ckpt-5"'
  )
  training.pretrain(tmp_path / "c", iterations_per_loop=3, layers=1)
  want = training.read(tmp_path / "a", 12)
  for other in ("b", "c"):
    assert_near(training.read(tmp_path / other, 12), want, atol=0)


def test_seed_and_dropout_matter(tmp_path):
  results = []
  for name, seed in (("a", 1), ("b", 2)):
    training.pretrain(tmp_path / name, steps=3, warmup=0, seed=seed, layers=1)
    results.append(training.read(tmp_path / name, 3))
  kernel = "bert/pooler/dense/kernel"
  assert np.abs(results[0][kernel] - results[1][kernel]).max() > 1e-5


def test_new_weights_come_from_the_seed(tmp_path):
  found = []
  for name, seed in (("a", 1), ("b", 1), ("c", 2)):
    training.pretrain(
      tmp_path / name, init_checkpoint=None, steps=1, seed=seed, layers=1
    )
    found.append(training.read(tmp_path / name, 1)["bert/pooler/dense/kernel"])
  np.testing.assert_array_equal(found[0], found[1])
  assert np.abs(found[0] - found[2]).max() > 0.01


def test_gradient_accumulation(tmp_path):
  """4 x 2 examples are 8 examples."""
  training.pretrain(tmp_path / "whole", dropout=False, layers=1)
  training.pretrain(
    tmp_path / "parts", dropout=False, gradient_accumulation_steps=4, layers=1
  )
  assert_near(
    training.read(tmp_path / "parts", 12),
    training.read(tmp_path / "whole", 12),
    atol=1e-5,
  )


def test_seed_zero(tmp_path):
  training.pretrain(tmp_path, steps=2, seed=0, layers=1)
  assert (tmp_path / "model.ckpt-2.index").exists()


def test_evaluation_takes_what_output_dir_lists_or_nothing(tmp_path):
  changes = {"do_train": False, "do_eval": True}
  (tmp_path / "checkpoint").write_text('model_checkpoint_path: "model.ckpt-7"')
  with pytest.raises(FileNotFoundError, match=r"names .*model.ckpt-7, which"):
    training.pretrain(tmp_path, changes=changes)
  config = bert_tf.BertConfig.from_json_file(
    TESTDATA / "tiny" / "bert_config.json"
  )
  encoder = variable_names.by_name(bert_tf.BertModel(config).variables)
  saver.save(encoder, str(tmp_path / "model.ckpt-7"))
  with pytest.raises(ValueError, match=r"not in the checkpoint: cls/pred"):
    training.pretrain(tmp_path, changes=changes)


def test_finished_training_is_left_alone(tmp_path):
  training.pretrain(tmp_path, steps=2, layers=1)
  before = sorted(path.stat().st_mtime_ns for path in tmp_path.iterdir())
  training.pretrain(tmp_path, steps=2, layers=1)
  after = sorted(path.stat().st_mtime_ns for path in tmp_path.iterdir())
  assert before == after


@pytest.mark.parametrize(
  "precision, optimizer_name",
  [
    ("mixed_bfloat16", "adamw"),
    ("mixed_float16", "adamw"),
    ("float32", "lamb"),
  ],
)
def test_learns(tmp_path, precision, optimizer_name):
  """One batch by heart: the loss falls in each precision and optimizer."""
  needs.optimizer(optimizer_name)
  result = training.pretrain(
    tmp_path,
    input_file=PARITY / "data.tfrecord",
    steps=60,
    rate={"adamw": 1e-3, "lamb": 2e-2}[optimizer_name],
    optimizer_name=optimizer_name,
    devices={"precision": precision},
    do_eval=True,
    max_eval_steps=1,
  )
  assert result["loss"] < 4.0  # 7.6 at the start
  assert result["global_step"] == 60


def test_float16_resumes_with_its_loss_scale(tmp_path):
  devices = {"precision": "mixed_float16"}
  training.pretrain(
    tmp_path / "a", devices=devices, save_checkpoints_steps=5, layers=1
  )
  shutil.copytree(tmp_path / "a", tmp_path / "b")
  (tmp_path / "b" / "checkpoint").write_text(
    'model_checkpoint_path: "model.ckpt-5"'
  )
  training.pretrain(tmp_path / "b", devices=devices, layers=1)
  want = training.read(tmp_path / "a", 12)
  assert want["bert_tf/loss_scale_good_steps"] == 12
  assert_near(training.read(tmp_path / "b", 12), want, atol=0)


def test_tensorboard_scalars(tmp_path):
  training.pretrain(tmp_path, do_eval=True, max_eval_steps=2, layers=1)

  def scalars(folder):
    found = {}
    for path in folder.glob("events.*"):
      for event in tf.compat.v1.train.summary_iterator(str(path)):
        for value in event.summary.value:
          found.setdefault(value.tag, []).append(event.step)
    return found

  train = scalars(tmp_path)
  assert {
    "loss",
    "masked_lm_accuracy",
    "masked_lm_loss",
    "next_sentence_accuracy",
    "next_sentence_loss",
    "learning_rate",
    "examples/s",
    "tokens/s",
  } == set(train)
  assert train["loss"] == [4, 8, 12]
  assert scalars(tmp_path / "eval")["masked_lm_accuracy"] == [12]


def test_nan_stops_the_run_and_keeps_the_last_good_checkpoint(tmp_path):
  with pytest.raises(
    training_loop.NanLossError, match=r"not a number at step \d+"
  ) as e:
    training.pretrain(
      tmp_path,
      rate=1e30,
      warmup=0,
      save_checkpoints_steps=1,
      steps=50,
      layers=1,
    )
  step = int(re.search(r"at step (\d+)", str(e.value))[1])
  # The step itself changed nothing that was saved: its update would be bad.
  assert str(tmp_path / f"model.ckpt-{step}") in str(e.value)
  for value in training.read(tmp_path, step).values():
    assert np.isfinite(value).all()


def test_nan_before_anything_was_saved(tmp_path):
  with pytest.raises(
    training_loop.NanLossError, match="none, nothing was saved"
  ):
    training.pretrain(tmp_path, rate=1e30, warmup=0, steps=50, layers=1)


@pytest.mark.parametrize(
  "change, message",
  [
    ({"max_seq_length": 64}, "feature 'input_ids' has 48 values, expected 64"),
    ({"max_predictions_per_seq": 5}, "'masked_lm_positions' has 6 values"),
    ({"max_seq_length": 128}, "128 is above the model's max_position_emb"),
    ({"max_seq_length": 0}, "max_seq_length=0 is below 1"),
    ({"input_file": "/nowhere/*.tfrecord"}, "no file matches"),
    ({"init_checkpoint": "/nowhere/bert_model.ckpt"}, "no checkpoint at"),
    ({"do_train": False}, "nothing to do: set do_train or do_eval"),
    (
      {"do_train": False, "do_eval": True, "init_checkpoint": None},
      "nothing to evaluate: no checkpoint in output_dir",
    ),
  ],
)
def test_wrong_settings(tmp_path, change, message):
  with pytest.raises((ValueError, FileNotFoundError), match=message):
    training.pretrain(tmp_path, changes=change)
  assert not list(tmp_path.glob("model.ckpt*"))


@pytest.mark.parametrize(
  "arguments, message",
  [
    ({"batch_size": 9, "gradient_accumulation_steps": 2}, "9 examples cannot"),
    ({"batch_size": 0}, "batch_size=0 is below 1"),
    ({"steps": 0}, "num_train_steps=0 is below 1"),
    ({"rate": -1.0}, "learning_rate=-1.0 is below 0"),
  ],
)
def test_wrong_loop_settings(tmp_path, arguments, message):
  with pytest.raises(ValueError, match=message):
    training.pretrain(tmp_path, **arguments)


@pytest.mark.parametrize(
  "name, entries, message",
  [
    ("vocab_size", 400, "_ids of a record lies outside 0 to 399"),
    ("type_vocab_size", 1, "segment_ids of a record lies outside 0 to 0"),
  ],
)
def test_records_that_do_not_fit_the_model(tmp_path, name, entries, message):
  values = json.loads((TESTDATA / "tiny" / "bert_config.json").read_text())
  path = tmp_path / "bert_config.json"
  path.write_text(json.dumps(values | {name: entries}))
  with pytest.raises(ValueError, match=message):
    training.pretrain(tmp_path / "out", config=path, init_checkpoint=None)


def test_wrong_shape_names_the_variables(tmp_path):
  values = json.loads((TESTDATA / "tiny" / "bert_config.json").read_text())
  path = tmp_path / "bert_config.json"
  path.write_text(json.dumps(values | {"intermediate_size": 65}))
  with pytest.raises(
    ValueError, match=r"layer_0/intermediate/dense/kernel: the checkpoint has"
  ):
    training.pretrain(tmp_path / "out", config=path)
  assert not (tmp_path / "out").exists()


def test_a_deeper_model_is_refused_before_anything_is_written(tmp_path):
  with pytest.raises(
    ValueError, match=r"has 3 layers, bert_config\.json says 6"
  ):
    training.pretrain(tmp_path / "out", layers=6)
  assert not (tmp_path / "out").exists()


def test_record_damaged_in_the_middle(tmp_path):
  path = tmp_path / "data.tfrecord"
  shutil.copy(training.EVAL / "data.tfrecord", path)
  with open(path, "r+b") as file:
    file.seek(50_000)
    file.write(b"\xff" * 64)
  with pytest.raises(ValueError, match=r"data.tfrecord: record \d+ is damaged"):
    training.pretrain(tmp_path / "out", input_file=path, steps=40)


def test_features_of_the_records():
  options = settings.PretrainingSettings("x", "y", 128, 20, do_train=True)
  schema = reader.schema(options.lengths())
  assert schema["input_ids"].shape == [128]
  assert schema["masked_lm_weights"].dtype == tf.float32
  assert schema["next_sentence_labels"].shape == [1]
