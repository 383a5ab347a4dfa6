"""Functions compiled to machine code on their first call, and kept on disk."""

import functools
import hashlib
import sys
import types
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numba
from numba.core import dispatcher as dispatchers

from bert_tf.native import code_cache

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
  """Compiles `function` with numba when it is first called.

  The machine code is kept beside the source (or where NUMBA_CACHE_DIR points),
  so that the compiler's seconds are spent once a machine. Where it is damaged,
  or nothing can be written, it is compiled anew in each process, with one line
  that says so.

  It makes no arrays but works on those it is given (see `allocating`). So numba
  need not count who holds which, which takes longer than many a function.

  Args:
    function: a function of numbers, NumPy arrays and named tuples of them. It
      may call others of its module, and `module.function` of modules imported
      at the top.

  Returns:
    The compiled function; `.py_func` is the function as it was written.
  """
  return _compiled(function, _nrt=False)


def allocating(function: F) -> F:
  """As `compiled`, for a function that makes arrays."""
  return _compiled(function)


def _compiled(function: F, **options: bool) -> Any:
  try:
    dispatcher = numba.njit(cache=True, **options)(function)
    # Machine code contains that of the functions it calls, but numba looks at
    # one source file to see whether it is out of date.
    dispatcher._cache = code_cache.CheckedCache(
      function, _digest(function.__globals__)
    )
  except (RuntimeError, AttributeError):  # Nowhere to write; another numba.
    return numba.njit(function, **options)
  return dispatcher


def inlined(function: F) -> F:
  """Compiles `function` into each place of a compiled one that calls it.

  A call hands over named tuples array by array, which takes longer than the
  work of a small function. Each place is compiled anew, so few should call it.
  """
  return numba.njit(function, inline="always")


def _digest(module: Mapping[str, Any]) -> str:
  """Returns a digest of the sources of a module and what it calls."""
  digest = hashlib.sha256(_source(module["__file__"]))
  for value in module.values():
    if isinstance(value, types.ModuleType) and _has_compiled(value):
      digest.update(_digest(vars(value)).encode())
  return digest.hexdigest()


def _has_compiled(module: types.ModuleType) -> bool:
  values = vars(module).values()
  return module.__name__.startswith("bert_tf.") and any(
    isinstance(value, dispatchers.Dispatcher) for value in values
  )


@functools.cache
def _source(path: str) -> bytes:
  with open(path, "rb") as reader:
    return reader.read()


@compiled
def _nothing() -> None:
  """Does nothing."""


def leave_blas_out() -> None:
  """Keeps numba from loading SciPy when it starts.

  It would for compiled linear algebra, which nothing here has, and take longer
  than all the rest of a small command. For commands: other users of numba in
  this process would find no linear algebra.
  """
  name = "scipy.linalg.cython_blas"
  if "numba.np.arraymath" not in sys.modules and name not in sys.modules:
    sys.modules[name] = None  # type: ignore[assignment]
    try:
      start()
    finally:
      del sys.modules[name]


def start() -> None:
  """Loads what the first call of any compiled function needs.

  That takes numba a tenth of a second, which would otherwise count as the time
  of whatever comes first.
  """
  _nothing()
