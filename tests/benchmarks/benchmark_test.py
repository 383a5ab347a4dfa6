"""That the benchmarks run. What they say depends on the machine."""

import json

import pytest

from benchmarks import forward, workers
from tests.commands import running


@pytest.mark.parametrize("what", ["tokenizer", "in_graph_tokenizer"])
def test_tokenizers(tmp_path, uncased_vocab_file, what):
  text = tmp_path / "text.txt"
  text.write_text("Straße, said the kraken.\nPlain text\n", encoding="utf-8")
  done = running.run(
    "benchmark",
    f"--what={what}",
    f"--input={text}",
    f"--vocab_file={uncased_vocab_file}",
    "--rounds=2",
  )
  assert done.returncode == 0, done.stderr
  assert done.stdout.count(" MB/s ") == 5 + (what == "tokenizer")
  if what == "in_graph_tokenizer":
    assert "InGraphTokenizer: 0 of 3 lines differ" in done.stdout
    assert "FastBertTokenizer: 1 of 3 lines differ" in done.stdout


def run_rows(tmp_path, *flags):
  path = tmp_path / "rows.json"
  done = running.run("benchmark", f"--json={path}", "--rounds=1", *flags)
  assert done.returncode == 0, done.stderr
  # They stop if records differ.
  assert "write the same" in done.stdout
  return json.loads(path.read_text())


def test_pretraining_data(tmp_path, testdata):
  rows = run_rows(
    tmp_path,
    "--what=pretraining_data",
    f"--input={testdata / 'text' / 'stories_b.txt'}",
    f"--vocab_file={testdata / 'vocab.txt'}",
    "--dupe_factor=2",
  )
  assert [row["contender"] for row in rows] == [
    *("plain", "create_data", "plain, process", "command", "libraries alone")
  ]
  assert all(row["seconds"] > 0 and row["cpu_seconds"] > 0 for row in rows)
  assert [name for name in rows[1] if name.endswith("_ratio")] == [
    *("seconds_ratio", "cpu_seconds_ratio")
  ]
  plain, command, libraries = (row["megabytes"] for row in rows[2:])
  assert libraries < command < plain


def test_featurizing(tmp_path, testdata):
  (tmp_path / "train.tsv").write_text(
    "sentence\tlabel\nthe heron stood\t1\nit went\t0\n"
  )
  rows = run_rows(
    tmp_path,
    "--what=featurizing",
    f"--input=sst-2:{tmp_path}",
    f"--vocab_file={testdata / 'vocab.txt'}",
  )
  assert len(rows) == 2 and "seconds_ratio" in rows[1]


@pytest.mark.parametrize(
  "what, given, missing",
  [
    ("tokenizer", "--input=a.txt", "vocab_file"),
    ("featurizing", "--vocab_file=a.txt", "input"),
    ("input_pipeline", "--vocab_file=a.txt", "input"),
    ("input_pipeline", "--input=a.txt", "vocab_file"),
  ],
)
def test_what_is_needed(what, given, missing):
  done = running.run("benchmark", f"--what={what}", given)
  running.assert_plain_error(done, f"--what={what} needs --{missing}")


def model_rows(tmp_path, testdata, *flags):
  path = tmp_path / "rows.json"
  done = running.run(
    "benchmark",
    f"--json={path}",
    "--rounds=1",
    f"--bert_config_file={testdata / 'tiny' / 'bert_config.json'}",
    *flags,
  )
  assert done.returncode == 0, done.stderr
  return json.loads(path.read_text())


def test_forward(tmp_path, testdata):
  """Whether they compute the same the command says itself."""
  rows = model_rows(
    tmp_path,
    testdata,
    "--what=forward",
    "--shapes=2x16",
    "--contenders=bert_tf,bert_tf bf16",
  )
  assert [row["contender"] for row in rows] == [
    *("bert_tf", "bert_tf bf16", "products float32", "products bfloat16")
  ]
  assert rows[0]["error"] == 0
  assert 1e-4 < rows[1]["error"] < 0.02
  for row in rows:
    assert row["seconds"] > 0
    assert row["megabytes"] > 100
    assert set(row["time over that of"]) == {
      *("bert_tf", "bert_tf bf16", "products float32", "products bfloat16")
    } - {row["contender"]}


def test_wrong_shape():
  done = running.run("benchmark", "--what=forward", "--shapes=8,128")
  assert done.returncode == 1
  assert "shape '8': expected rows and length, like 8x128" in done.stderr


class Counter:
  """A worker whose seconds are how often it was called."""

  def __init__(self):
    self.calls = 0

  def run(self, batch):
    self.calls += 1
    return workers.Answer(self.calls, batch, 0.0, 0.0)


@pytest.mark.parametrize("settles, counted", [(False, [1, 2]), (True, [2, 4])])
def test_batches_that_settle_do_not_count(settles, counted):
  answers = forward._in_turns({"a": Counter()}, {}, 2, settles)
  assert [answer.seconds for answer in answers["a"]] == counted
