"""That the benchmarks of training run, and train the same in all ways."""

import collections
import dataclasses
import functools
import json
import math

import numpy as np
import pytest

from benchmarks import floor, input_pipeline, packed_training, training
from bert_tf import bert_config
from tests.commands import running


def test_training(tmp_path, testdata):
  tiny = json.loads((testdata / "tiny" / "bert_config.json").read_text())
  config, rows = tmp_path / "bert_config.json", tmp_path / "rows.json"
  config.write_text(json.dumps(tiny | {"num_hidden_layers": 1}))
  done = running.run(
    "benchmark",
    "--what=training",
    f"--bert_config_file={config}",
    "--shapes=2x32",
    "--contenders=bert_tf,bert_tf bf16,products",
    "--rounds=1",
    f"--json={rows}",
  )
  assert done.returncode == 0, done.stderr
  assert "left out" not in done.stderr  # as it is where losses differ
  found = json.loads(rows.read_text())
  assert [row["contender"] for row in found] == [
    *("bert_tf", "bert_tf bf16", "products")
  ]


def test_products_of_a_block_are_three_times_those_of_its_forward_pass():
  config = bert_config.BertConfig(
    vocab_size=30, hidden_size=16, intermediate_size=40, num_attention_heads=2
  )
  batch, length = 3, 8

  def flops(layers):
    given = dataclasses.replace(config, num_hidden_layers=layers)
    total = 0
    for one, other, (is_first, _) in floor._step(given, batch, length, 2):
      summed = math.prod(one[:-2]) * (one[-2] if is_first else one[-1])
      total += 2 * math.prod(one) * math.prod(other) // summed
    return total

  one_block = dataclasses.replace(config, num_hidden_layers=1)
  want = 3 * floor.flops(one_block, batch, length)
  assert flops(3) - flops(2) == want


def test_products_are_computed(tmp_path, testdata):
  """TensorFlow leaves out what nothing depends on."""
  path = testdata / "tiny" / "bert_config.json"
  run = floor.training_products(str(path), "float32")
  config = bert_config.BertConfig.from_json_file(path)
  value = float(run(training.batch(config, 2, 32)))
  rng = np.random.default_rng(1)
  want = 0.0
  for one, other, (is_first, is_second) in floor._step(config, 2, 32, 20):
    x, y = (rng.normal(0, 0.02, shape) for shape in (one, other))
    x = np.swapaxes(x, -1, -2) if is_first else x
    y = np.swapaxes(y, -1, -2) if is_second else y
    want += (x @ y).flat[0]
  assert value == pytest.approx(want, rel=1e-4)


@pytest.mark.parametrize("make", ["plain", "ours"])
def test_each_step_drops_other_entries(tmp_path, testdata, monkeypatch, make):
  tiny = json.loads((testdata / "tiny" / "bert_config.json").read_text())
  config = tmp_path / "bert_config.json"
  dropout = {"hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1}
  config.write_text(json.dumps(tiny | dropout))
  monkeypatch.setattr(training, "_RATE", 0.0)  # So the weights stay.
  makers = {
    "plain": lambda: training.plain(str(config), "float32"),
    "ours": lambda: training.ours(str(config), "float32", "groups"),
  }
  run = makers[make]()
  batch = training.batch(bert_config.BertConfig.from_json_file(config), 2, 16)
  assert len({float(run(batch)) for _ in range(3)}) == 3


def packed_rows(testdata, rounds):
  config = bert_config.BertConfig.from_json_file(
    testdata / "tiny" / "bert_config.json"
  )
  return packed_training.run(
    f"mrpc:{testdata / 'classifier/mrpc/data'}",
    str(testdata / "vocab.txt"),
    True,
    dataclasses.replace(config, num_hidden_layers=1),
    rounds=rounds,
    max_seq_length=32,
  )


def test_packed_training(testdata):
  rows = packed_rows(testdata, rounds=2)
  assert [row["contender"] for row in rows] == ["mrpc, padded", "mrpc, packed"]
  assert rows[0]["times as fast"] == 1
  assert 0 < rows[0]["real tokens"] == rows[1]["real tokens"] <= 1
  assert 0 < rows[1]["weights differ by"] < 1e-6


def test_packed_training_that_differs_is_an_error(testdata, monkeypatch):
  monkeypatch.setattr(packed_training, "_SAME", 0.0)
  with pytest.raises(RuntimeError, match="packed steps differ by"):
    packed_rows(testdata, rounds=1)


def test_input_pipeline(tmp_path, testdata):
  rows = tmp_path / "rows.json"
  done = running.run(
    "benchmark",
    "--what=input_pipeline",
    f"--bert_config_file={testdata / 'tiny' / 'bert_config.json'}",
    f"--input={testdata / 'text' / 'stories_b.txt'}",
    f"--vocab_file={testdata / 'vocab.txt'}",
    "--shapes=2x32",
    "--rounds=1",
    f"--json={rows}",
  )
  assert done.returncode == 0, done.stderr
  found = json.loads(rows.read_text())
  assert [row["contender"] for row in found] == [
    *("one batch", "records", "records alone")
  ]
  title, *table = done.stdout.strip().splitlines()
  assert title == "B2 S32, milliseconds a step"
  constant = found[0]["seconds"]
  assert constant > 0
  for row, line in zip(found, table, strict=True):
    seconds = row["seconds"]
    assert row == {
      "work": "B2 S32",
      "contender": row["contender"],
      **dict.fromkeys(("seconds", "least", "most"), seconds),  # of one round
      "time over that of one batch": seconds / constant,
    }
    assert seconds > 0
    assert line.startswith(f"{row['contender']:16}{1000 * seconds:9.2f} (")
    assert line.endswith(f") {seconds / constant:7.3f} / one batch")


def test_each_is_timed_over_as_many_batches():
  done = collections.Counter()
  works = {name: functools.partial(done.update, [name]) for name in "abc"}
  seconds = input_pipeline._in_turns(works, 3)
  assert done == dict.fromkeys("abc", 1 + 3 * 20)  # the first is not timed
  assert list(seconds) == ["a", "b", "c"]
  for times in seconds.values():
    assert len(times) == 3 and min(times) > 0
