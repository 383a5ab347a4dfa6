"""Functions compiled to machine code on their first call, and kept on disk."""

import functools
import hashlib
import sys
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, TypeVar

import numba
from numba.core import dispatcher as dispatchers
from numba.core.types import misc

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
    dispatcher = numba.njit(function, **options)
  return _for_all_numbers(dispatcher)


def _for_all_numbers(dispatcher: Any) -> Any:
  """Makes compiled callers share one form, whatever constants they hand over.

  Numba would compile a form for each constant, and LLVM puts constants into the
  code that it inlines anyway.
  """
  get_call_template = dispatcher.get_call_template

  def without_literals(args: Any, kws: Any) -> Any:
    return get_call_template(
      tuple(map(misc.unliteral, args)),
      {name: misc.unliteral(kind) for name, kind in kws.items()},
    )

  dispatcher.get_call_template = without_literals
  return dispatcher


def inlined(function: F) -> F:
  """Compiles `function` into each place of a compiled one that calls it.

  A call hands over named tuples array by array, which takes longer than the
  work of a small function. Each place is compiled anew, so few should call it.
  """
  return numba.njit(function, inline="always")


def merged(function: F) -> F:
  """Compiles `function` once, and lets LLVM put it into each place.

  As `inlined`, for functions that take the compiler long and are called in
  several places. The tables of words, for example: half the time to compile,
  and as fast.
  """
  return _for_all_numbers(numba.njit(function, forceinline=True, _nrt=False))


def _digest(module: Mapping[str, Any]) -> str:
  """Returns a digest of the sources of a module and what it calls."""
  digest = hashlib.sha256(_source(module["__file__"]))
  for value in module.values():
    if isinstance(value, ModuleType) and _has_compiled(value):
      digest.update(_digest(vars(value)).encode())
  return digest.hexdigest()


def _has_compiled(module: ModuleType) -> bool:
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
