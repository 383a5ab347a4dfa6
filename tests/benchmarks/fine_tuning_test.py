"""Whole fine-tunings: what is run and checked, told by made-up runs."""

import pathlib

import numpy as np
import pytest

from benchmarks import fine_tuning, record_making
from bert_tf import bert_config
from bert_tf.system import cpu_features
from tests.commands import running


class Processes:
  """Stands for the processes: notes their flags, writes what they would.

  Args:
    packed_loss: Of a packed run; of a padded one it is 0.5.
    pooled: Added to the vectors that the other model computes.
  """

  def __init__(self, packed_loss=0.5):
    self.packed_loss = packed_loss
    self.seen = []

  def __call__(self, *arguments):
    flags = dict(x.split("=", 1) for x in arguments if "=" in x)
    self.seen.append((arguments, flags))
    packed = "--pack" in arguments
    if arguments[1] == "tools.run_classifier":
      loss = self.packed_loss if packed else 0.5
      folder = pathlib.Path(flags["--output_dir"])
      (folder / "eval_results.txt").write_text(f"eval_loss = {loss}\n")
    return lambda: record_making.Run(2.0 - packed, 1.0, 9.0)


@pytest.fixture
def config(testdata):
  return bert_config.BertConfig.from_json_file(
    testdata / "tiny" / "bert_config.json"
  )


@pytest.fixture
def run(testdata, config, monkeypatch):
  """Runs the benchmark, on a CPU that has bfloat16 or not."""

  def measured(processes, data, has_bfloat16=False, names=(), rounds=1):
    monkeypatch.setattr(record_making, "process", processes)
    features = frozenset({"avx512_bf16"} if has_bfloat16 else ())
    monkeypatch.setattr(cpu_features, "names", lambda: features)
    vocab = str(testdata / "vocab.txt")
    return fine_tuning.run(data, vocab, True, config, rounds, 48, names)

  return measured


@pytest.fixture
def mrpc(testdata):
  return f"mrpc:{testdata / 'classifier' / 'mrpc' / 'data'}"


def test_ours(run, mrpc):
  processes = Processes()
  names = ("padded", "packed", "packed bfloat16")
  rows = run(processes, mrpc, True, names, rounds=2)
  assert [row["contender"] for row in rows] == [f"mrpc, {x}" for x in names]
  assert rows[1]["seconds_ratio"] == 2.0
  packed = ["--pack" in arguments for arguments, _ in processes.seen]
  assert packed == [False, True] + [False, True, True] * 2
  assert all(flags["--max_seq_length"] == "48" for _, flags in processes.seen)
  folders = [flags["--output_dir"] for _, flags in processes.seen]
  assert len(set(folders)) == len(folders)
  checkpoints = {flags["--init_checkpoint"] for _, flags in processes.seen}
  assert len(checkpoints) == 1


def test_bfloat16_only_where_the_cpu_has_it(run, mrpc):
  with pytest.raises(ValueError, match=r"contenders .* cannot run here"):
    run(Processes(), mrpc, False, ["packed bfloat16"])


def test_another_loss(run, mrpc):
  with pytest.raises(RuntimeError, match="runs end with other losses"):
    run(Processes(packed_loss=0.6), mrpc)


def test_keras_nlp(run, mrpc):
  """Its vectors are compared once, before and not while it is timed."""
  processes = Processes()
  rows = run(processes, mrpc, names=["padded", "keras-nlp"])
  assert [row["contender"] for row in rows][1] == "mrpc, keras-nlp"
  theirs = [
    arguments
    for arguments, _ in processes.seen
    if arguments[1] == "benchmarks.compare_keras_nlp"
  ]
  assert ["--check_weights" in x for x in theirs] == [True, False]
  assert "--nocheck_weights" in theirs[1]


def test_a_process_that_prints():
  measured = record_making.process("-c", "print('loss: 0.5')")
  assert measured().megabytes > 0


def test_questions(run, tmp_path):
  processes = Processes()
  rows = run(processes, f"squad:{tmp_path / 'xquad.en.json'}")
  assert [row["contender"] for row in rows] == [
    "squad, padded",
    "squad, packed",
  ]
  for _, flags in processes.seen:
    assert flags["--train_file"] == flags["--predict_file"]


def test_pytorch(testdata):
  """Needs PyTorch, which is none of our requirements."""
  pytest.importorskip("torch")
  data = f"mrpc:{testdata / 'classifier' / 'mrpc' / 'data'}"
  done = running.run(
    "benchmark",
    "--what=fine_tuning",
    f"--input={data}",
    f"--vocab_file={testdata / 'vocab.txt'}",
    f"--bert_config_file={testdata / 'tiny' / 'bert_config.json'}",
    *("--max_seq_length=48", "--rounds=1", "--contenders=packed,PyTorch"),
  )
  assert done.returncode == 0, done.stderr
  assert "mrpc, PyTorch" in done.stdout


def test_pytorch_s_vectors_are_compared(run, mrpc, monkeypatch, tmp_path):
  """Wrong vectors of the other process are an error."""
  monkeypatch.setattr(
    fine_tuning, "_PACKAGES", {"keras-nlp": ["no"], "PyTorch": ["json"]}
  )
  processes = Processes()

  def process(*arguments):
    measured = processes(*arguments)
    if path := processes.seen[-1][1].get("--pooled_file"):
      np.save(path, np.zeros([4, 32], np.float32))
    return measured

  with pytest.raises(RuntimeError, match="PyTorch's pooled vectors differ"):
    run(process, mrpc)
