"""Making records: pre-training data and featurising, against plain Python.

Contenders are processes or functions. Each tells the seconds it took by the
clock and of the processor, and processes their most memory.
"""

import dataclasses
import filecmp
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks import plain
from bert_tf.tasks.pretraining import record_generator, settings


@dataclasses.dataclass(frozen=True)
class Run:
  """What one run took.

  Attributes:
    seconds: By the clock.
    cpu_seconds: Of the processor.
    megabytes: The most memory of the process; None for a function.
  """

  seconds: float
  cpu_seconds: float
  megabytes: float | None = None


Contender = Callable[[], Run]

# Starts a process and tells what it took. It is small: memory counts from that
# of the process which starts another.
_LAUNCHER = """
import json, os, sys, time
started = time.perf_counter()
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, used = os.wait4(child, 0)
seconds = time.perf_counter() - started
if status:
  sys.exit(1)
cpu_seconds = used.ru_utime + used.ru_stime
print(json.dumps([seconds, cpu_seconds, used.ru_maxrss * 1024 / 1e6]))
"""

# What the command needs before it does anything.
_LIBRARIES = "from bert_tf.native import jit; jit.leave_blas_out()"


def function(run: Callable[[], object]) -> Contender:
  """Measures a function of this process."""

  def measured() -> Run:
    started, cpu_started = time.perf_counter(), time.process_time()
    run()
    return Run(time.perf_counter() - started, time.process_time() - cpu_started)

  return measured


def process(*arguments: str) -> Contender:
  """Measures a Python process from its start to its end."""

  def measured() -> Run:
    done = subprocess.run(
      [sys.executable, "-c", _LAUNCHER, sys.executable, *arguments],
      capture_output=True,
      check=False,
    )
    if done.returncode:
      raise RuntimeError(f"{arguments} failed: {done.stderr.decode()}")
    # After whatever the process itself has printed.
    return Run(*json.loads(done.stdout.splitlines()[-1]))

  return measured


def in_turns(
  contenders: dict[str, Contender], rounds: int
) -> dict[str, list[Run]]:
  """Runs all, one after the other, so often."""
  runs: dict[str, list[Run]] = {name: [] for name in contenders}
  for _ in range(rounds):
    for name, contender in contenders.items():
      runs[name].append(contender())
  return runs


def table(
  runs: dict[str, list[Run]], against: dict[str, str]
) -> list[dict[str, Any]]:
  """Medians of each contender and ratios to that it is held against."""
  rows: list[dict[str, Any]] = []
  for name, made in runs.items():
    row: dict[str, Any] = {"contender": name, "rounds": len(made)}
    for field in ("seconds", "cpu_seconds"):
      values = [getattr(run, field) for run in made]
      row[field] = round(statistics.median(values), 4)
      row[f"{field}_range"] = [round(min(values), 4), round(max(values), 4)]
      if name in against:
        others = [getattr(run, field) for run in runs[against[name]]]
        ratio = statistics.median(others) / statistics.median(values)
        row[f"{field}_ratio"] = round(ratio, 1)
    if made[0].megabytes is not None:
      values = [run.megabytes for run in made]
      row["megabytes"] = round(statistics.median(values), 1)
    rows.append(row)
  return rows


def print_table(rows: list[dict[str, Any]]) -> None:
  """Prints what `table` returns."""
  for row in rows:
    low, high = row["seconds_range"]
    line = (
      f"{row['contender']:34}{row['seconds']:8.2f} s ({low:.2f} to {high:.2f})"
    )
    line += f", of the processor {row['cpu_seconds']:.2f}"
    if "megabytes" in row:
      line += f", {row['megabytes']:.0f} MB"
    if "seconds_ratio" in row:
      line += f"; {row['seconds_ratio']}x, of the processor "
      line += f"{row['cpu_seconds_ratio']}x"
    print(line)


def pretraining_data(
  text: str, vocab_file: str, lower: bool, copies: int, rounds: int
) -> list[dict[str, Any]]:
  """create_pretraining_data against the plain rendering of its algorithm."""
  with tempfile.TemporaryDirectory() as folder:
    outputs = tuple(os.path.join(folder, kind) for kind in ("plain", "ours"))
    config = settings.PretrainingDataConfig(
      (text,),
      outputs[:1],
      vocab_file,
      dupe_factor=copies,
      do_lower_case=lower,
    )
    ours = dataclasses.replace(config, output_file=outputs[1:])
    flags = [f"--input_file={text}", f"--output_file={outputs[1]}"]
    flags += [f"--vocab_file={vocab_file}", f"--dupe_factor={copies}"]
    flags += [f"--do_lower_case={lower}", "--verbosity=-1"]
    plainly = [text, vocab_file, outputs[0], str(copies), str(lower)]
    contenders = {
      "plain": function(lambda: plain.pretraining_data(config)),
      "create_data": function(lambda: record_generator.create(ours)),
      "plain, process": process("-m", "benchmarks.plain", *plainly),
      "command": process("-m", "tools.create_pretraining_data", *flags),
      "libraries alone": process("-c", _LIBRARIES),
    }
    check_equal(contenders, "plain", "create_data", outputs)
    runs = in_turns(contenders, rounds)
  against = {"create_data": "plain", "command": "plain, process"}
  return table(runs, against)


def check_equal(
  contenders: dict[str, Contender],
  first: str,
  second: str,
  outputs: Sequence[str],
) -> None:
  """Runs two contenders, also to warm them up, and compares their files.

  Raises:
    RuntimeError: They differ.
  """
  contenders[first]()
  contenders[second]()
  if not filecmp.cmp(*outputs, shallow=False):
    raise RuntimeError(f"{first} and {second} wrote different records")
  size = os.path.getsize(outputs[1])
  print(f"{first} and {second} write the same {size:,} bytes")
