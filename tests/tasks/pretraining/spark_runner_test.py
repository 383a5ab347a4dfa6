"""What is sent to Spark's executors, and what they answer; without Spark."""

import pickle
import subprocess
import sys
import zipfile

import pytest

from bert_tf.tasks.pretraining import (
  corpus_shards,
  sent_package,
  settings,
  spark_runner,
)
from bert_tf.text import tokenizer_rules


@pytest.fixture(scope="module")
def unpacked(testdata, tmp_path_factory):
  folder = tmp_path_factory.mktemp("sent")
  archive = folder / "sent.zip"
  sent_package.pack(str(archive), str(testdata / "vocab.txt"))
  with zipfile.ZipFile(archive) as file:
    file.extractall(folder)
  return folder


def shard(testdata, tmp_path, text, rules=None):
  tmp_path.joinpath("text").write_text(text)
  config = settings.PretrainingDataConfig(
    (str(tmp_path / "text"),), (str(tmp_path / "out"),), "not/here/vocab.txt"
  )
  (found,) = corpus_shards.plan(config, config.input_file)
  return pickle.dumps(corpus_shards.Shard(config, found.text, rules))


def test_the_package_runs_from_where_it_is_unpacked(unpacked, tmp_path):
  code = (
    f"import sys; sys.path.insert(0, {str(unpacked)!r}); import bert_tf; "
    "from bert_tf.tasks.pretraining import record_generator; "
    "print(bert_tf.__file__); sys.exit('tensorflow' in sys.modules)"
  )
  done = subprocess.run(
    [sys.executable, "-c", code],
    cwd=tmp_path,
    capture_output=True,
    text=True,
    check=True,
  )
  assert done.stdout.startswith(str(unpacked))


def test_a_remote_vocabulary_stays_where_it_is(unpacked, testdata):
  assert sent_package.vocabulary("folder", "gs://b/v.txt") == "gs://b/v.txt"
  sent = sent_package.vocabulary(str(unpacked), "vocab.txt")
  with open(sent, "rb") as file:
    assert file.read() == (testdata / "vocab.txt").read_bytes()


def test_a_task(unpacked, testdata, tmp_path):
  rules = tokenizer_rules.TokenizerRules()
  task = shard(testdata, tmp_path, "a line\n" * 20 + "\nanother\n", rules)
  made = pickle.loads(spark_runner.run_task(str(unpacked), task))
  assert made.summary.documents == 2
  assert made.summary.files == (
    (
      str(tmp_path / "out"),
      made.summary.instances,
      (tmp_path / "out").stat().st_size,
    ),
  )


def test_an_error_of_the_text_is_an_answer(unpacked, testdata, tmp_path):
  """So that Spark does not try again."""
  task = shard(testdata, tmp_path, "\x00\n" * 20)
  answer = pickle.loads(spark_runner.run_task(str(unpacked), task))
  assert isinstance(answer, ValueError)
  assert "found no sentence in" in str(answer)


def test_what_spark_says_in_the_end():
  error = RuntimeError(
    "An error occurred.\n: SparkException: Job aborted due to stage failure\n"
    "PermissionError: /shared/out: cannot be written: not permitted\n\tat x\n"
  )
  assert str(spark_runner._failed(error)).startswith(
    "Spark gave up: PermissionError: /shared/out: cannot be written"
  )
