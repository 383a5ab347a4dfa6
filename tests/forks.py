"""Programs run in forks of a process that has TensorFlow loaded.

A program that starts by itself spends seconds on importing TensorFlow. Here
that is done once, by a server that computes nothing; each program is a fork of
it, with arguments, environment, folder and standard streams of its own.
"""

import io
import multiprocessing
import os
import runpy
import subprocess
import sys
import tempfile

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.preloaded"])


class Fork:
  """A running program, for tests; the methods are those of subprocess.Popen.

  Args:
    how: "-m" and a module's name, or the path of a program.
    arguments: What follows on its command line.
    cwd: The folder it runs in.
    env: Its environment.
    input: What it reads, text.
    joined: Whether standard error goes where standard output goes.
  """

  def __init__(self, how, arguments, cwd, env, input="", joined=False):
    self._streams = [tempfile.TemporaryFile() for _ in range(3)]  # noqa: SIM115
    self._streams[0].write(input.encode())
    self._streams[0].seek(0)
    if joined:
      self._streams[2] = self._streams[1]
    paths = [f"/proc/{os.getpid()}/fd/{x.fileno()}" for x in self._streams]
    self._process = _CONTEXT.Process(
      target=_become, args=(how, list(arguments), str(cwd), dict(env), paths)
    )
    self._process.start()

  @property
  def returncode(self):
    return self._process.exitcode

  def poll(self):
    return self.returncode

  def kill(self):
    self._process.kill()

  def send_signal(self, number):
    os.kill(self._process.pid, number)

  def communicate(self, timeout=None):
    self._process.join(timeout)
    if self.returncode is None:
      raise subprocess.TimeoutExpired("fork", timeout)
    return tuple(self._read(stream) for stream in self._streams[1:])

  def _read(self, stream):
    stream.seek(0)
    return io.TextIOWrapper(io.BytesIO(stream.read()), "utf-8").read()


def _become(how, arguments, cwd, env, paths):
  """Makes this process the program."""
  for descriptor, path in enumerate(paths):
    mode = os.O_RDWR | (os.O_APPEND if descriptor else 0)
    os.dup2(os.open(path, mode), descriptor)
  sys.stdin = os.fdopen(0)
  os.environ.clear()
  os.environ.update(env)
  os.chdir(cwd)
  if how[0] == "-m":
    sys.path.insert(0, cwd)
    sys.argv = [how[1], *arguments]
    runpy.run_module(how[1], run_name="__main__", alter_sys=True)
  else:
    sys.path.insert(0, os.path.dirname(how[0]))
    sys.argv = [how[0], *arguments]
    runpy.run_path(how[0], run_name="__main__")
