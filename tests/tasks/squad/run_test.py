"""Training, answering and scoring, from files to files."""

import json
import shutil

import numpy as np
import pytest
import tensorflow as tf

from bert_tf.checkpoints import checkpoint_reader
from bert_tf.models import span_labeler
from bert_tf.tasks.squad import examples, loss, settings
from tests.tasks.squad import goldens


def load(path):
  return json.loads(path.read_text())


def results_of(folder):
  lines = (folder / "eval_results.txt").read_text().splitlines()
  return dict(line.split(" = ") for line in lines)


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_answers_of_the_original_s_checkpoint(tmp_path, version):
  """Every answer equal, probabilities and odds within 1e-4."""
  goldens.run_squad(tmp_path, version)
  got = load(tmp_path / "predictions.json")
  want = json.loads(goldens.text_of(f"{version}/predictions.json"))
  assert got == want and list(got) == list(want)
  got = load(tmp_path / "nbest_predictions.json")
  want = json.loads(goldens.text_of(f"{version}/nbest_predictions.json"))
  assert list(got) == list(want)
  for key in want:
    assert [x["text"] for x in got[key]] == [x["text"] for x in want[key]]
    for name in ("probability", "start_logit", "end_logit"):
      np.testing.assert_allclose(
        [x[name] for x in got[key]], [x[name] for x in want[key]], atol=1e-4
      )
  assert (tmp_path / "null_odds.json").exists() == (version == "v2")
  if version == "v2":
    got = load(tmp_path / "null_odds.json")
    want = json.loads(goldens.text_of("v2/null_odds.json"))
    assert list(got) == list(want)
    np.testing.assert_allclose(
      list(got.values()), list(want.values()), atol=1e-4
    )
  records = goldens.records_of((tmp_path / "eval.tf_record").read_bytes())
  assert records == goldens.golden_records(f"{version}/eval.tf_record")


def test_eval_results_v2(tmp_path):
  scores = goldens.run_squad(tmp_path, "v2")
  found = results_of(tmp_path)
  assert list(found) == sorted(found)
  assert set(found) == {"global_step", *scores}
  assert (found["global_step"], found["total"]) == ("18", "150")
  assert float(found["exact"]) == pytest.approx(scores["exact"])
  # The threshold has all its digits, and gives what it promises.
  threshold = float(found["best_f1_thresh"])
  assert threshold == scores["best_f1_thresh"]
  decoding = settings.DecodingSettings(
    version_2_with_negative=True, null_score_diff_threshold=threshold
  )
  again = goldens.run_squad(tmp_path, "v2", decoding=decoding)
  assert again["f1"] == pytest.approx(scores["best_f1"])
  assert again["f1"] > scores["f1"]


def test_batch_by_length_differs_only_by_padding(tmp_path):
  """The same token scores; padding no longer takes places of the best."""
  goldens.run_squad(tmp_path, "v1", batch_by_length=True)
  got = load(tmp_path / "predictions.json")
  want = json.loads(goldens.text_of("v1/predictions.json"))
  different = [key for key in want if got[key] != want[key]]
  assert 0 < len(different) < 15


def test_a_file_without_answers_is_not_scored(tmp_path):
  content = load(goldens.SQUAD / "v1.json")
  content["data"] = content["data"][:2]
  for paragraph in content["data"][1]["paragraphs"]:
    del paragraph["qas"][0]["answers"]
  path = tmp_path / "test.json"
  path.write_text(json.dumps(content))
  out = tmp_path / "out"
  assert goldens.run_squad(out, predict_file=str(path)) == {}
  assert len(load(out / "predictions.json")) == 6
  assert not (out / "eval_results.txt").exists()


def test_what_an_earlier_run_left_is_set_aside(tmp_path):
  """Scores and odds of answers that are no longer there do not mislead.

  They are not lost either, and what the runner does not write stays.
  """
  content = load(goldens.SQUAD / "v2.json")
  content["data"] = content["data"][:2]
  for name in ("scored", "not_scored"):
    (tmp_path / f"{name}.json").write_text(json.dumps(content))
    for paragraph in content["data"][1]["paragraphs"]:
      paragraph["qas"][0].pop("answers", None)
  out = tmp_path / "out"
  scored = str(tmp_path / "scored.json")
  goldens.run_squad(out, "v2", predict_file=scored)
  (out / "notes.txt").write_text("mine")
  left = {
    name: (out / name).read_bytes()
    for name in ("eval_results.txt", "null_odds.json")
  }
  with pytest.raises(FileNotFoundError, match="no model to apply"):
    goldens.run_squad(
      out, tuning={"init_checkpoint": None}, predict_file=scored
    )
  assert (out / "eval_results.txt").exists()  # nothing was answered
  goldens.run_squad(out, "v1", predict_file=str(tmp_path / "not_scored.json"))
  assert {path.name for path in out.iterdir()} == {
    *("task.json", "eval.tf_record", "notes.txt"),
    *("bert_config.json", "vocab.txt"),
    *("predictions.json", "nbest_predictions.json"),
    *(f"{name}.old" for name in left),
  }
  for name, data in left.items():
    assert (out / f"{name}.old").read_bytes() == data


@pytest.fixture(scope="module")
def source(tmp_path_factory):
  return goldens.small_file(tmp_path_factory.mktemp("data") / "train.json")


def tensors(folder):
  reader = checkpoint_reader.Reader(folder)
  return {name: reader.read(name) for name in reader.shapes}


def test_trains_resumes_and_answers(tmp_path, source):
  """24 questions, 4 epochs in batches of 8: 12 steps, as the original counts.

  Killed after step 5, the same command ends bit for bit the same.
  """
  scores = goldens.train(
    tmp_path / "a",
    source,
    do_predict=True,
    predict_file=source,
    steps={"save_checkpoints_steps": 5},
  )
  whole = tensors(tmp_path / "a")
  assert whole["global_step"] == 12
  assert results_of(tmp_path / "a")["global_step"] == "12"
  assert scores.keys() == {"exact_match", "f1"}
  # As in the original the pooler, which has no gradient, has no slots.
  assert "bert/pooler/dense/kernel" in whole
  assert "bert/pooler/dense/kernel/adam_m" not in whole
  assert "cls/squad/output_weights/adam_m" in whole

  shutil.copytree(tmp_path / "a", tmp_path / "b")
  for path in (tmp_path / "b").glob("model.ckpt-1*"):
    path.unlink()
  (tmp_path / "b" / "checkpoint").write_text(
    'model_checkpoint_path: "model.ckpt-5"'
  )
  goldens.train(tmp_path / "b", source)
  resumed = tensors(tmp_path / "b")
  assert whole.keys() == resumed.keys()
  for name, value in whole.items():
    np.testing.assert_array_equal(resumed[name], value, err_msg=name)


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_train_records_are_in_the_original_s_order(tmp_path, version):
  goldens.run_squad(
    tmp_path,
    version,
    do_train=True,
    do_predict=False,
    train_file=str(goldens.SQUAD / f"{version}.json"),
    tuning={"num_train_epochs": 0.07},  # one step
  )
  records = goldens.records_of((tmp_path / "train.tf_record").read_bytes())
  assert records == goldens.golden_records(f"{version}/train.tf_record")


def test_learns_by_heart(tmp_path, source):
  """A new model learns the training set; so do the scores while training."""
  scores = goldens.train(
    tmp_path,
    source,
    do_predict=True,
    predict_file=source,
    tuning={
      "num_train_epochs": 60.0,
      "eval_steps": 90,
      "best_metric": "f1",
    },
  )
  assert scores["f1"] > 50


def test_the_objective_by_hand():
  """The mean over starts and ends of -log softmax, summed over windows."""
  rng = np.random.default_rng(0)
  start, end = rng.normal(size=(2, 3, 5)).astype(np.float32)
  starts, ends = np.array([[0], [4], [2]]), np.array([[1], [4], [3]])
  batch = {
    "start_positions": tf.constant(starts, tf.int32),
    "end_positions": tf.constant(ends, tf.int32),
  }

  def model(batch, training):
    return span_labeler.SpanLogits(tf.constant(start), tf.constant(end))

  def losses(logits, positions):
    exp = np.exp(logits)
    share = np.take_along_axis(exp, positions, 1)[:, 0] / exp.sum(1)
    return -np.log(share).sum()

  task = loss.SpanObjective()
  sums = task.sums(model, batch, training=True)
  want = (losses(start, starts) + losses(end, ends)) / 2
  assert float(sums["total"]) == pytest.approx(want, rel=1e-5)
  assert float(task.weights(batch)["total"]) == 3.0
  right = np.sum(start.argmax(1) == starts[:, 0])
  values = {name: float(value) for name, value in sums.items()}
  results = task.results(values | {"total_weight": 3.0})
  assert results["start_accuracy"] == pytest.approx(right / 3)


def test_schema_of_the_records():
  schema = examples.schema(64)
  assert schema["input_ids"].shape == [64]
  assert schema["start_positions"].shape == [1]
  assert set(schema) == {
    *("input_ids", "input_mask", "segment_ids"),
    *("start_positions", "end_positions", "is_impossible"),
  }
