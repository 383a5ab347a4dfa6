"""TensorFlow without the lines that its C++ prints when it starts."""

import contextlib
import importlib.abc
import importlib.machinery
import logging
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

from absl import logging as absl_logging

# What may be dropped; every other line is passed on. 303 is "no driver", 100
# "no device": machines without a GPU, where both are as they should be.
_NOISE = re.compile(
  rb"WARNING: All log messages before absl::InitializeLog\(\)|"
  rb"I\d{4} |\d{4}-\d\d-\d\d \S+: I |"
  rb"To enable the following instructions: |"
  rb"E\d{4} .*failed call to cuInit: .*"
  rb"(UNKNOWN ERROR \(303\)|no CUDA-capable device)"
)

_ITS_OWN = "tensorflow"  # the name of the logger that TensorFlow has


def install() -> None:
  """Makes the import of TensorFlow, whenever it comes, a quiet one.

  TF_CPP_MIN_LOG_LEVEL keeps its value where the user has set it.
  """
  os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
  for logger in (absl_logging.get_absl_logger(), logging.getLogger(_ITS_OWN)):
    logger.addFilter(_is_worth_a_line)
  if "tensorflow" not in sys.modules:
    sys.meta_path.insert(0, _QuietFinder())


def _is_worth_a_line(record: logging.LogRecord) -> bool:
  """Whether a record is ours, or TensorFlow's and at least a warning."""
  is_tensorflow_s = "/tensorflow/python/" in record.pathname
  return record.levelno >= logging.WARNING or not is_tensorflow_s


@contextlib.contextmanager
def filtered_stderr() -> Iterator[None]:
  """Drops known noise from file descriptor 2, and passes on the rest.

  Lines that are passed on come at the end, also where an error ends it.
  """
  sys.stderr.flush()
  real = os.dup(2)
  with tempfile.TemporaryFile() as held:
    os.dup2(held.fileno(), 2)
    try:
      yield
    finally:
      sys.stderr.flush()
      os.dup2(real, 2)
      os.close(real)
      held.seek(0)
      for line in held:
        if not _NOISE.match(line):
          os.write(2, line)


class _QuietFinder(importlib.abc.MetaPathFinder):
  """Finds TensorFlow, once, to load it with `filtered_stderr`."""

  def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
    """The usual specification, with a loader that is quiet."""
    if name != "tensorflow":
      return None
    sys.meta_path.remove(self)
    spec = importlib.machinery.PathFinder.find_spec(name, path)
    if spec is not None and spec.loader is not None:
      spec.loader = _QuietLoader(spec.loader)
    return spec


class _QuietLoader(importlib.abc.Loader):
  """A loader that loads as another does, and looks for devices, quietly."""

  def __init__(self, loader: importlib.abc.Loader):
    self._loader = loader

  def __getattr__(self, name: str) -> Any:
    return getattr(self._loader, name)

  def create_module(self, spec: importlib.machinery.ModuleSpec) -> Any:
    """As the other does."""
    return self._loader.create_module(spec)

  def exec_module(self, module: Any) -> None:
    """As the other does; then devices are listed, which complains too."""
    with filtered_stderr():
      self._loader.exec_module(module)
      module.config.list_physical_devices()
