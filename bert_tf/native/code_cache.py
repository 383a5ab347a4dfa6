"""Machine code kept on disk by numba, with checksums.

Numba trusts its files: a damaged one ends the program, or is run. Here whatever
is wrong with them costs the compiler's seconds again and one line.
"""

import functools
import hashlib
import pickle
from typing import Any

from absl import logging
from numba.core import caching

_SIZE = hashlib.sha256().digest_size
# Files of another form than numba's own get names of their own.
_SUFFIX = ".sha256"
_NAME_LETTERS = 16


class CheckedCache(caching.FunctionCache):
  """The compiled forms of one function on disk.

  Args:
    function: The function.
    source_stamp: Says whether the files are of the source of today.

  Raises:
    RuntimeError: There is no folder where they could be kept.
  """

  def __init__(self, function: Any, source_stamp: str):
    super().__init__(function)
    self._cache_file = _CheckedFile(
      cache_path=self._cache_path,
      filename_base=self._impl.filename_base + _SUFFIX,
      source_stamp=source_stamp,
    )

  def load_overload(self, sig: Any, target_context: Any) -> Any:
    """The compiled form for these types, or None."""
    try:
      return super().load_overload(sig, target_context)
    except Exception as error:  # of whatever damaged bytes lead to
      _say(self._cache_path, f"cannot be read ({error})")
      return None

  def save_overload(self, sig: Any, data: Any) -> None:
    """Keeps a compiled form, if it can be kept."""
    try:
      super().save_overload(sig, data)
    except OSError as error:
      _say(self._cache_path, f"cannot be written ({error})")


class _CheckedFile(caching.IndexDataCacheFile):
  """An index and data files, each with its SHA-256 at its end.

  A data file's name tells what it holds, the types and the source. Numba counts
  instead, so that two processes that compile at the same time may give two
  functions one name, and run the wrong one later.
  """

  def save(self, key: Any, data: Any) -> None:
    """Keeps a compiled form under the key of its types."""
    overloads = self._load_index()
    name = overloads[key] = self._name(key)
    self._save_data(name, data)
    self._save_index(overloads)

  def _name(self, key: Any) -> str:
    told = repr((self._version, self._source_stamp, key))
    digest = hashlib.sha256(told.encode()).hexdigest()[:_NAME_LETTERS]
    return self._data_name(digest)

  def _data_name(self, number: Any) -> str:
    base: str = self._index_name.removesuffix(".nbi")
    return f"{base}.{number}.nbc"

  def _load_index(self) -> Any:
    try:
      with open(self._index_path, "rb") as reader:
        version = pickle.load(reader)
        data = _checked(reader.read())
      stamp, overloads = pickle.loads(data)
    except FileNotFoundError:
      return {}
    except Exception as error:  # of whatever damaged bytes lead to
      _say(self._cache_path, f"{self._index_name} is damaged ({error})")
      return {}
    is_fresh = (version, stamp) == (self._version, self._source_stamp)
    return overloads if is_fresh else {}

  def _load_data(self, name: str) -> Any:
    with open(self._data_path(name), "rb") as reader:
      data = reader.read()
    try:
      return pickle.loads(_checked(data))
    except Exception as error:
      _say(self._cache_path, f"{name} is damaged ({error})")
      return None

  def _dump(self, obj: Any) -> bytes:
    data: bytes = super()._dump(obj)
    return data + hashlib.sha256(data).digest()


def _checked(data: bytes) -> bytes:
  """The data without the checksum at its end.

  Raises:
    ValueError: It is another one.
  """
  data, digest = data[:-_SIZE], data[-_SIZE:]
  if hashlib.sha256(data).digest() != digest:
    raise ValueError("another checksum")
  return data


@functools.cache
def _say_once(folder: str) -> None:
  logging.warning(
    "the compiled code kept in %s is made anew, which takes some seconds; if "
    "this comes again, remove its *.nbi and *.nbc, or let NUMBA_CACHE_DIR name "
    "a folder that can be written",
    folder,
  )


def _say(folder: str, why: str) -> None:
  logging.debug("%s: %s", folder, why)
  _say_once(folder)
