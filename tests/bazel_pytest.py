"""Runs pytest on one file: the main of every py_test in BUILD."""

import os
import pathlib
import sys

import pytest


def main(arguments: list[str]) -> int:
  # Python puts this file's folder first in sys.path, with symbolic links
  # resolved; there a folder of tests could hide a package.
  here = pathlib.Path(__file__).resolve().parent
  sys.path[:] = [p for p in sys.path if pathlib.Path(p).resolve() != here]

  options = ["-p", "no:cacheprovider"]  # The sandbox may not be written to.
  if "TEST_TMPDIR" in os.environ:
    os.environ.setdefault("NUMBA_CACHE_DIR", os.environ["TEST_TMPDIR"])
    options.append(f"--basetemp={os.environ['TEST_TMPDIR']}/pytest")
  if "XML_OUTPUT_FILE" in os.environ:
    options.append(f"--junitxml={os.environ['XML_OUTPUT_FILE']}")
  if "TESTBRIDGE_TEST_ONLY" in os.environ:  # bazel test --test_filter
    options.append(f"-k={os.environ['TESTBRIDGE_TEST_ONLY']}")
  return pytest.main(options + arguments)


if __name__ == "__main__":
  sys.exit(main(sys.argv[1:]))
