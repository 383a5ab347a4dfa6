"""That the benchmarks of training run, and train the same in all ways."""

import json

from tests.tools import commands


def test_training(tmp_path, testdata):
  tiny = json.loads((testdata / "tiny" / "bert_config.json").read_text())
  config, rows = tmp_path / "bert_config.json", tmp_path / "rows.json"
  config.write_text(json.dumps(tiny | {"num_hidden_layers": 1}))
  done = commands.run(
    "benchmark",
    "--what=training",
    f"--bert_config_file={config}",
    "--shapes=2x32",
    "--contenders=bert_tf,bert_tf bf16",
    "--rounds=1",
    f"--json={rows}",
  )
  assert done.returncode == 0, done.stderr
  assert "left out" not in done.stderr  # as it is where losses differ
  found = json.loads(rows.read_text())
  assert [row["contender"] for row in found] == ["bert_tf", "bert_tf bf16"]


def test_input_pipeline(tmp_path, testdata):
  rows = tmp_path / "rows.json"
  done = commands.run(
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
  found = {row["contender"]: row for row in json.loads(rows.read_text())}
  assert list(found) == ["one batch", "records", "records alone"]
  assert all(row["seconds"] > 0 for row in found.values())
