"""tools/inspect_checkpoint as a user calls it."""

import json

import pytest

from bert_tf.checkpoints import formats
from tests.checkpoints import made_up
from tests.commands import running


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
  """A Google and a Hugging Face folder of one model, and one of another."""
  folder = tmp_path_factory.mktemp("models")
  one, other = made_up.model(["span"]), made_up.model(["span"], seed=5)
  formats.write(one, "google", str(folder / "google"))
  formats.write(one, "huggingface", str(folder / "hf"))
  formats.write(other, "google", str(folder / "other"))
  return folder


def inspect(*flags, by_path=False):
  return running.run("inspect_checkpoint", *flags, by_path=by_path)


def test_what_it_holds(folders):
  done = inspect(f"--checkpoint={folders / 'hf'}", by_path=True)
  assert done.returncode == 0, done.stderr
  lines = done.stdout.splitlines()
  assert lines[0] == f"{folders / 'hf'}: form huggingface"
  assert "  cls/squad/output_weights  [2, 8]  float32" in lines
  assert "heads: span" in lines
  assert "  hidden_size: 8" in lines


def test_status_tells_whether_two_differ(folders):
  """As of `diff`; the text, or JSON."""
  first = f"--checkpoint={folders / 'google'}"
  done = inspect(first, f"--compare_with={folders / 'hf'}")
  assert done.returncode == 0, done.stderr
  assert done.stdout.splitlines() == [
    "41 tensors equal, 0 of other values, 0 of other shapes, 0 only in the "
    "first, 0 only in the second"
  ]
  done = inspect(first, f"--compare_with={folders / 'other'}", "--json")
  assert done.returncode == 1
  found = json.loads(done.stdout)
  assert not found["equal"]
  assert found["differences"]["cls/squad/output_bias"] > 0


def test_nothing_there(tmp_path):
  done = inspect(f"--checkpoint={tmp_path}")
  running.assert_plain_error(done, "not a checkpoint of a known form")
