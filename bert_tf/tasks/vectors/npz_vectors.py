"""Vectors in an .npz file, written and read as a stream.

`values` float32 [rows, L, H]: the rows of all lines, one line after the other.
`layers` int64 [L]: the layers' indices.

Unless pooled, of each row, a token or a word:

`starts` int64 [N + 1]: where each line's rows start, and where the last end.
`token_bytes` uint8 [bytes]: all texts in UTF-8, one after the other.
`token_starts` int64 [rows + 1]: where each text starts, and the last ends.

Of words their places in the lines:

`char_starts`, `char_ends` int64 [rows].

An array of strings would give all of them the room of the longest.
"""

import contextlib
import dataclasses
import itertools
import os
import types
import zipfile
from collections.abc import Iterator, Sequence
from typing import IO, Any, Self

import numpy as np
import numpy.typing as npt

from bert_tf.records import spill_files

_CHUNK = 1 << 16  # rows


class Writer:
  """Writes the file; used in a `with` statement.

  What is held in memory does not grow with what is written, `rows` apart.

  Args:
    file: Where to.
    layers: The layers' indices.
    rows: Rows of each line.
    width: H.
  """

  def __init__(
    self,
    file: IO[bytes],
    layers: Sequence[int],
    rows: Sequence[int],
    width: int,
  ):
    self._archive = zipfile.ZipFile(file, "w", allowZip64=True)
    self._layers = np.array(layers, np.int64)
    self._starts = np.cumsum([0, *rows], dtype=np.int64)
    self._bytes = spill_files.Spool(np.uint8, None)
    self._sizes = spill_files.Spool(np.int64, None)
    self._char_starts = spill_files.Spool(np.int64, None)
    self._char_ends = spill_files.Spool(np.int64, None)
    self._has_tokens = False
    self._has_spans = False
    shape = (int(self._starts[-1]), len(layers), width)
    self._values = _open(self._archive, "values", "<f4", shape)

  def add_values(self, values: npt.NDArray[np.float32]) -> None:
    """Adds the values of a line, [its rows, L, H]."""
    self._values.write(values.astype("<f4").tobytes())

  def add_tokens(self, tokens: Sequence[str]) -> None:
    """Adds the texts of a line's rows."""
    texts = [token.encode("utf-8", "surrogatepass") for token in tokens]
    self._bytes.add(np.frombuffer(b"".join(texts), np.uint8))
    self._sizes.add(np.array([len(text) for text in texts], np.int64))
    self._has_tokens = True

  def add_spans(self, spans: Sequence[tuple[int, int]]) -> None:
    """Adds where a line's words start and end."""
    starts, ends = np.array(spans, np.int64).reshape(-1, 2).T
    self._char_starts.add(starts)
    self._char_ends.add(ends)
    self._has_spans = True

  def __enter__(self) -> Self:
    return self

  def __exit__(
    self,
    kind: type[BaseException] | None,
    error: BaseException | None,
    traceback: types.TracebackType | None,
  ) -> None:
    if kind is not None:
      with contextlib.suppress(OSError, ValueError):
        self._values.close()
        self._archive.close()
      return
    with self._archive:
      self._values.close()
      self._add("layers", self._layers)
      if self._has_tokens:
        self._add("starts", self._starts)
        self._add("token_bytes", self._bytes.finish())
        self._add_sums("token_starts", self._sizes.finish())
      if self._has_spans:
        self._add("char_starts", self._char_starts.finish())
        self._add("char_ends", self._char_ends.finish())

  def _add(self, name: str, array: npt.NDArray[Any]) -> None:
    with _open(self._archive, name, array.dtype.str, array.shape) as file:
      for start in range(0, len(array), _CHUNK):
        file.write(array[start : start + _CHUNK].tobytes())

  def _add_sums(self, name: str, sizes: npt.NDArray[np.int64]) -> None:
    """Adds the sums of the sizes before each, and of all."""
    with _open(self._archive, name, "<i8", (len(sizes) + 1,)) as file:
      total = np.zeros(1, "<i8")
      file.write(total.tobytes())
      for start in range(0, len(sizes), _CHUNK):
        sums = total + np.cumsum(sizes[start : start + _CHUNK], dtype="<i8")
        file.write(sums.tobytes())
        total = sums[-1:]


def _open(
  archive: zipfile.ZipFile, name: str, kind: str, shape: tuple[int, ...]
) -> IO[bytes]:
  """Opens an array of the archive, for its bytes to be written."""
  file = archive.open(f"{name}.npy", "w", force_zip64=True)
  header = {"descr": kind, "fortran_order": False, "shape": shape}
  np.lib.format.write_array_header_1_0(file, header)
  return file


@dataclasses.dataclass(frozen=True)
class StoredVectors:
  """The vectors of a line, as a file has them.

  Attributes:
    index: The line's, from 0.
    values: float32 [rows, L, H]; [1, L, H] if pooled.
    tokens: The text of each row; empty if pooled.
    spans: Start and end of each word in the line; empty if not of words.
  """

  index: int
  values: npt.NDArray[np.float32]
  tokens: tuple[str, ...] = ()
  spans: tuple[tuple[int, int], ...] = ()


def read_vectors(path: str | os.PathLike[str]) -> Iterator[StoredVectors]:
  """Reads the file line by line; of the values one line is in memory.

  Args:
    path: A file that extract_features wrote with --output_format=npz.

  Raises:
    OSError: It cannot be read.
    ValueError: It is no such file; the message names it.
  """
  try:
    with np.load(path, allow_pickle=False) as file:
      arrays = {name: file[name] for name in file.files if name != "values"}
    archive = zipfile.ZipFile(path)
    values = archive.open("values.npy")
    np.lib.format.read_magic(values)
    shape, _, kind = np.lib.format.read_array_header_1_0(values)
    starts = arrays.get("starts", np.arange(shape[0] + 1))
  except (ValueError, KeyError, zipfile.BadZipFile) as error:
    raise ValueError(
      f"{path}: expected a file of extract_features --output_format=npz, with "
      f"values and starts, found another: {error}"
    ) from error
  with archive, values:
    for index in range(len(starts) - 1):
      rows = slice(int(starts[index]), int(starts[index + 1]))
      count = rows.stop - rows.start
      size = count * int(np.prod(shape[1:])) * kind.itemsize
      data = values.read(size)
      if len(data) != size:
        raise ValueError(f"{path}: line {index} is cut off")
      yield StoredVectors(
        index,
        np.frombuffer(data, kind).reshape(count, *shape[1:]),
        _tokens(arrays, rows),
        _spans(arrays, rows),
      )


def _tokens(arrays: dict[str, Any], rows: slice) -> tuple[str, ...]:
  if "token_starts" not in arrays:
    return ()
  ends = arrays["token_starts"][rows.start : rows.stop + 1]
  first = int(ends[0])
  data = arrays["token_bytes"][first : int(ends[-1])].tobytes()
  return tuple(
    data[int(a) - first : int(b) - first].decode("utf-8", "surrogatepass")
    for a, b in itertools.pairwise(ends)
  )


def _spans(arrays: dict[str, Any], rows: slice) -> tuple[tuple[int, int], ...]:
  if "char_starts" not in arrays:
    return ()
  starts, ends = (arrays[name][rows] for name in ("char_starts", "char_ends"))
  return tuple(zip(starts.tolist(), ends.tolist(), strict=True))
