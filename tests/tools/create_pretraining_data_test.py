import json
import os
import subprocess
import sys

import pytest
import tensorflow as tf

from tests.conftest import ROOT

SCRIPT = os.path.join(ROOT, "tools", "create_pretraining_data.py")


def run(*arguments, cwd=ROOT, start=("-m", "tools.create_pretraining_data")):
  return subprocess.run(
    [sys.executable, *start, *arguments],
    cwd=cwd,
    capture_output=True,
    text=True,
    timeout=300,
    check=False,
  )


def read_gzipped(path):
  return [
    tf.train.Example.FromString(record)
    for record in tf.data.TFRecordDataset(
      str(path), "GZIP" if str(path).endswith("gz") else ""
    ).as_numpy_iterator()
  ]


def test_flags_are_the_originals():
  # In a process of its own: other commands have flags of the same names.
  program = (
    "import json; from absl import flags; "
    "from tools import create_pretraining_data as command; "
    "found = flags.FLAGS.get_key_flags_for_module(command.__name__); "
    "print(json.dumps({flag.name: flag.default for flag in found}))"
  )
  done = run(start=("-c", program))
  assert json.loads(done.stdout) == {
    "input_file": None,
    "output_file": None,
    "vocab_file": None,
    "do_lower_case": True,
    "do_whole_word_mask": False,
    "max_seq_length": 128,
    "max_predictions_per_seq": 20,
    "random_seed": 12345,
    "dupe_factor": 10,
    "masked_lm_prob": 0.15,
    "short_seq_prob": 0.1,
  }


@pytest.mark.parametrize(
  ("case", "start"),
  [
    ("own_vocab", ("-m", "tools.create_pretraining_data")),
    ("whole_word", (SCRIPT,)),
  ],
)
def test_command_writes_the_originals_records(case, start, testdata, tmp_path):
  goldens = testdata / "pretraining"
  arguments = (goldens / case / "flags.txt").read_text().split()
  outputs = next(a for a in arguments if a.startswith("--output_file="))
  names = outputs.partition("=")[2].split(",")
  moved = ",".join(str(tmp_path / name) for name in names)
  arguments[arguments.index(outputs)] = f"--output_file={moved}"
  # As a module it is found from the root; as a script from anywhere.
  arguments = [
    argument.replace("../", f"{testdata}/") for argument in arguments
  ]
  done = run(*arguments, start=start, cwd=ROOT if len(start) > 1 else tmp_path)
  assert done.returncode == 0, done.stderr
  for name in names:
    expected = read_gzipped(goldens / f"{name}.gz")
    assert read_gzipped(tmp_path / name) == expected
    assert f"wrote {tmp_path / name}: {len(expected)} records" in done.stderr
  assert done.stderr.count("*** Example ***") == 2
  assert "together" in done.stderr


def test_quiet(testdata, tmp_path):
  done = run(
    f"--input_file={testdata / 'text' / 'stories_b.txt'}",
    f"--output_file={tmp_path / 'out'}",
    f"--vocab_file={testdata / 'vocab.txt'}",
    "--dupe_factor=1",
    "--verbosity=-1",
  )
  assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
  ("changes", "message"),
  [
    (
      {"input_file": "nothing/*.txt"},
      "create_pretraining_data: --input_file: no file matches 'nothing/*.txt'",
    ),
    (
      {"max_seq_length": "4"},
      "create_pretraining_data: --max_seq_length=4, expected at least 5",
    ),
    (
      {"vocab_file": "nothing.txt"},
      "create_pretraining_data: nothing.txt: no such file",
    ),
    ({"output_file": None}, "--output_file must have a value other than None"),
  ],
)
def test_errors_are_one_line(testdata, tmp_path, changes, message):
  values = {
    "input_file": testdata / "text" / "stories_b.txt",
    "output_file": tmp_path / "out",
    "vocab_file": testdata / "vocab.txt",
    **changes,
  }
  done = run(*(f"--{k}={v}" for k, v in values.items() if v is not None))
  assert done.returncode == 1
  assert message in done.stderr
  assert "Traceback" not in done.stderr
  assert list(tmp_path.iterdir()) == []


def test_leftover_arguments_are_refused():
  done = run("--input_file=a", "--output_file=b", "--vocab_file=c", "d.txt")
  assert done.returncode != 0
  assert "unknown arguments: d.txt" in done.stdout + done.stderr
