"""An .npz file holds what there is, however long one word is."""

import tracemalloc
import zipfile

import numpy as np
import pytest

from bert_tf.records import spill_files
from bert_tf.tasks.vectors import npz_vectors


def write(path, lines, width=4, spans=False):
  """Lines of tokens; their values count up."""
  rows = [len(line) for line in lines]
  with (
    open(path, "wb") as file,
    npz_vectors.Writer(file, (-1,), rows, width) as npz,
  ):
    for index, line in enumerate(lines):
      npz.add_values(np.full([len(line), 1, width], index, np.float32))
      npz.add_tokens(line)
      if spans:
        npz.add_spans([(i, i + len(x)) for i, x in enumerate(line)])


def test_one_long_word_costs_its_length(tmp_path):
  """As an array of strings this was 50,000 * 4 bytes for each of them."""
  lines = [["a", "bc"]] * 1000 + [["x" * 50_000, "\N{SNOWMAN}", ""], []]
  tracemalloc.start()
  write(tmp_path / "a.npz", lines)
  peak = tracemalloc.get_traced_memory()[1]
  tracemalloc.stop()
  assert peak < 2 << 20
  assert (tmp_path / "a.npz").stat().st_size < 200_000
  found = list(npz_vectors.read_vectors(tmp_path / "a.npz"))
  assert [list(one.tokens) for one in found] == lines
  assert [one.values.shape for one in found[-3:]] == [
    *((2, 1, 4), (3, 1, 4), (0, 1, 4))
  ]
  assert found[999].values.max() == 999


def test_memory_does_not_grow_with_what_is_written(tmp_path, monkeypatch):
  monkeypatch.setattr(spill_files.Spool.__init__, "__defaults__", (1 << 16,))
  line = ["word" * 50] * 100
  tracemalloc.start()
  write(tmp_path / "a.npz", [line] * 2000, width=2)
  peak = tracemalloc.get_traced_memory()[1]
  tracemalloc.stop()
  assert (tmp_path / "a.npz").stat().st_size > 40 << 20
  assert peak < 8 << 20
  found = npz_vectors.read_vectors(tmp_path / "a.npz")
  assert all(list(one.tokens) == line for one in found)


def test_numpy_reads_it(tmp_path):
  write(tmp_path / "a.npz", [["ä", "bc"], ["d"]], spans=True)
  with np.load(tmp_path / "a.npz") as found:
    data, ends = found["token_bytes"].tobytes(), found["token_starts"]
    assert data == "äbcd".encode() and ends.tolist() == [0, 2, 4, 5]
    assert found["starts"].tolist() == [0, 2, 3]
    assert found["char_ends"].tolist() == [1, 3, 1]


@pytest.mark.parametrize("kind", ["text", "zip", "other", "cut"])
def test_another_file(tmp_path, kind):
  path = tmp_path / "a.npz"
  if kind == "text":
    path.write_bytes(b"PK\3\4 no archive")
  elif kind == "zip":
    with zipfile.ZipFile(path, "w") as archive:
      archive.writestr("a.txt", "text")
  elif kind == "other":
    np.savez(path, a=np.zeros(3))
  else:
    write(path, [["a"]])
    path.write_bytes(path.read_bytes()[:-40])
  with pytest.raises(ValueError, match=r"a\.npz: expected a file of extract_"):
    list(npz_vectors.read_vectors(path))
