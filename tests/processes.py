"""Test helpers as programs of their own, and the killing of them."""

import json
import os
import pathlib
import random
import socket
import time

import tensorflow as tf

from tests import forks
from tests.conftest import ROOT


def start(program, settings, *arguments, env=None):
  """Starts `python program [ARGUMENTS] SETTINGS`, the settings as JSON."""
  return forks.Fork(
    [str(program)],
    [*map(str, arguments), json.dumps(settings)],
    ROOT,
    {**os.environ, **(env or {})},
    joined=True,
  )


def finish(process):
  """Waits for a process; its output is the message of a failure."""
  output, _ = process.communicate(timeout=300)
  assert process.returncode == 0, output
  return output


def kill_often(begin, folder, times=5, longest=0.4):
  """Lets a training be killed by SIGKILL again and again.

  Each time it is given until its next checkpoint, and a random moment more.

  Args:
    begin: Starts the training, or starts it again, as a process.
    folder: Where its checkpoints go.
    times: Number of kills.
    longest: The longest moment, in seconds.

  Returns:
    The steps of the newest checkpoint after each kill.
  """
  moment = random.Random(7)
  steps = []
  for _ in range(times):
    process = begin()
    wait_for_checkpoint(process, folder)
    time.sleep(moment.uniform(0, longest))
    process.kill()
    process.communicate()
    steps.append(newest(folder))
  assert steps == sorted(set(steps)), "each kill should come further on"
  return steps


def wait_for_checkpoint(process, folder):
  """Waits until a training saves its next checkpoint."""
  before = newest(folder)
  deadline = time.monotonic() + 120
  while newest(folder) == before:
    assert process.poll() is None, process.communicate()[0]
    assert time.monotonic() < deadline
    time.sleep(0.01)


def newest(folder):
  """The step of the newest listed checkpoint, 0 without one."""
  path = tf.train.latest_checkpoint(str(folder))
  return int(path.rpartition("-")[2]) if path else 0


def free_ports(count):
  """Ports of this machine that nobody listens at."""
  sockets = [socket.socket() for _ in range(count)]
  for one in sockets:
    one.bind(("localhost", 0))
  ports = [one.getsockname()[1] for one in sockets]
  for one in sockets:
    one.close()
  return ports


def children(pid):
  """Ids of the processes that a process has started, in any of its threads."""
  files = pathlib.Path(f"/proc/{pid}/task").glob("*/children")
  return sorted(int(child) for x in files for child in x.read_text().split())
