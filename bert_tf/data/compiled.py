"""Functions compiled to machine code on their first call, and kept on disk."""

from collections.abc import Callable
from typing import Any, TypeVar

import numba

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
  """Compiles `function` with numba when it is first called.

  The machine code is kept beside the source (or where NUMBA_CACHE_DIR points),
  so that the compiler's seconds are spent once a machine. Where nothing can be
  written it is compiled anew in each process instead of failing at import.

  Args:
    function: a function of numbers, NumPy arrays and named tuples of them.

  Returns:
    The compiled function; `.py_func` is the function as it was written.
  """
  try:
    return numba.njit(cache=True)(function)
  except RuntimeError:  # numba: "no locator available", nowhere to write.
    return numba.njit(function)


@compiled
def _nothing() -> None:
  """Does nothing."""


def start() -> None:
  """Loads what the first call of any compiled function needs.

  That takes numba a tenth of a second, which would otherwise count as the time
  of whatever comes first.
  """
  _nothing()
