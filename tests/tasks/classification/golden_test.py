"""Classification equals the original program on its own output."""

import numpy as np
import pytest

from bert_tf.tasks.classification import examples, known_tasks, reader
from bert_tf.text import full_tokenizer
from tests.tasks.classification import classifying

TASKS = ("cola", "mrpc")
GOLDENS = classifying.GOLDENS


@pytest.fixture(scope="module", params=TASKS)
def done(request, tmp_path_factory):
  """A task evaluated and applied with the original's checkpoint."""
  folder = tmp_path_factory.mktemp(request.param) / "out"
  classifying.put_golden_checkpoint(request.param, folder)
  classifying.classify(folder, request.param, do_eval=True, do_predict=True)
  return request.param, folder


@pytest.mark.parametrize("name", ["eval", "predict"])
def test_records_are_the_original_s(done, name):
  task, folder = done
  golden = classifying.records(GOLDENS / task / f"{name}.tf_record.gz")
  found = classifying.records(folder / f"{name}.tf_record")
  assert len(golden) == {"eval": 50, "predict": 60}[name]
  assert found == golden


@pytest.mark.parametrize("task", TASKS)
def test_train_records_are_the_original_s(task, tmp_path):
  known = known_tasks.find(task)
  path = tmp_path / "train.tf_record"
  tokenizer = full_tokenizer.FullTokenizer(classifying.TESTDATA / "vocab.txt")
  found = reader.read(known, known.train, str(GOLDENS / task / "data"))
  nothing = examples.write(str(path), known, found.examples, tokenizer, 48)
  assert nothing == {}
  golden = classifying.records(GOLDENS / task / "train.tf_record.gz")
  assert len(golden) == 80
  assert classifying.records(path) == golden


def test_eval_results(done):
  task, folder = done
  golden = classifying.scores(GOLDENS / task / "eval_results.txt")
  found = classifying.scores(folder / "eval_results.txt")
  assert list(found) == list(golden)
  assert found == pytest.approx(golden, abs=1e-5)


def test_test_results(done):
  task, folder = done
  golden = classifying.numbers(GOLDENS / task / "test_results.tsv")
  found = classifying.numbers(folder / "test_results.tsv")
  assert np.shape(found) == (60, 2)
  np.testing.assert_allclose(found, golden, rtol=0, atol=1e-5)


def test_further_metrics_are_in_a_file_of_their_own(done):
  task, folder = done
  found = classifying.scores(folder / "eval_metrics.txt")
  golden = classifying.scores(GOLDENS / task / "eval_results.txt")
  assert {name: found[name] for name in golden} == pytest.approx(golden)
  assert {"eval_f1", "eval_matthews", "eval_precision_0"} <= set(found)


def test_nothing_else_is_written(done):
  _, folder = done
  assert sorted(path.name for path in folder.iterdir()) == [
    "bert_config.json",
    "checkpoint",
    "eval.tf_record",
    "eval_metrics.txt",
    "eval_results.txt",
    "model.ckpt-40.data-00000-of-00001",
    "model.ckpt-40.index",
    "predict.tf_record",
    "task.json",
    "test_results.tsv",
    "vocab.txt",
  ]
