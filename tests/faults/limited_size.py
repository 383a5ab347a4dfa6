"""As a program, `limited_size.py BYTES MODULE FLAGS`: no file may be larger.

A disk that is full answers as this limit does: a write fails halfway. What the
program says goes through a pipe, which has no size.
"""

import os
import resource
import runpy
import shutil
import sys


def _pass_on(descriptor, child):
  """Copies what a child says; ends as it ends."""
  with open(descriptor, "rb") as said, open(2, "wb", closefd=False) as out:
    shutil.copyfileobj(said, out)
  _, status = os.waitpid(child, 0)
  os._exit(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
  limit = int(sys.argv[1])
  reading, writing = os.pipe()
  if child := os.fork():
    os.close(writing)
    _pass_on(reading, child)
  os.close(reading)
  os.dup2(writing, 1)
  os.dup2(writing, 2)
  os.close(writing)
  resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
  sys.argv = sys.argv[2:]
  runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
