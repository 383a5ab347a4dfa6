"""Kept machine code that is damaged, or cannot be kept, is made anew."""

import os
import pathlib
import random

import pytest

from bert_tf.native import code_cache
from tests.commands import running

MODULE = """
from bert_tf.native import jit

@jit.compiled
def twice(number):
  return number + number

print(twice(4), dict(twice.stats.cache_hits))
"""


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
  """A folder with a compiled function, and the program that made it."""
  folder = tmp_path_factory.mktemp("kept")
  (folder / "program.py").write_text(MODULE)
  out, err = run(folder)
  assert (out, err) == ("8 {}", "")
  out, err = run(folder)
  assert out == "8 {(int64,): 1}"
  assert err == ""
  return folder


def run(folder):
  done = running.alone(
    str(folder / "program.py"),
    env=os.environ
    | {"NUMBA_CACHE_DIR": str(folder / "cache"), "PYTHONPATH": os.getcwd()},
  )
  assert done.returncode == 0, done.stderr
  return done.stdout.strip(), done.stderr


@pytest.mark.parametrize("kind", ["nbi", "nbc"])
@pytest.mark.parametrize("damage", ["flipped", "cut", "empty", "no file"])
def test_damaged(kept, kind, damage):
  files = list((kept / "cache").rglob(f"*.{kind}"))
  good = {path: path.read_bytes() for path in files}
  for path, data in good.items():
    if damage == "no file":
      path.unlink()
    else:
      path.write_bytes(damaged(data, damage))
  out, err = run(kept)
  assert out.startswith("8 ")
  assert "Traceback" not in err
  assert ("is made anew" in err) == (damage != "no file")
  assert err.count("\n") <= 1
  for path, data in good.items():
    path.write_bytes(data)


def damaged(data, how):
  if how == "flipped":
    place = random.Random(1).randrange(len(data) // 2, len(data))
    return data[:place] + bytes([data[place] ^ 4]) + data[place + 1 :]
  return data[: len(data) // 2] if how == "cut" else b""


def test_cannot_be_written(tmp_path):
  (tmp_path / "program.py").write_text(MODULE)
  cache = tmp_path / "cache"
  cache.write_text("not a folder")
  out, err = run(tmp_path)
  assert out == "8 {}"
  assert "Traceback" not in err
  assert pathlib.Path(cache).read_text() == "not a folder"


def test_two_that_compile_at_the_same_time(tmp_path):
  """The code of one never gets the name of the other's."""
  first, second = (
    code_cache._CheckedFile(str(tmp_path), "program.twice", "stamp")
    for _ in range(2)
  )
  save = first._save_data

  def slow(name, data):
    load, second._load_index = second._load_index, dict  # it looked before
    second.save(("float64",), "of fractions")
    second._load_index = load
    save(name, data)

  first._save_data = slow
  first.save(("int64",), "of whole numbers")
  assert second.load(("float64",)) in (None, "of fractions")
  second.save(("float64",), "of fractions")
  assert first.load(("float64",)) == "of fractions"
  assert first.load(("int64",)) == "of whole numbers"
