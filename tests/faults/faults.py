"""Faults that happen to commands, and what comes of each.

Moments and places are drawn with a seed. A fault is survived where the same
command, run again, ends with the very result of a run that nothing disturbed,
or where an error in plain words says what is wrong and nothing half is left.
"""

import os
import pathlib
import random
import shutil
import signal
import time

from bert_tf.system import temporary_names
from tests import forks
from tests.conftest import ROOT
from tests.faults import small_commands, tally

_LONGEST = 900  # seconds, on a machine that others use too
_LIMITED = pathlib.Path(__file__).with_name("limited_size.py")


class Bench:
  """Runs commands and disturbs them.

  Args:
    folder: Where everything is written.
    counts: A `tally.Tally`.
    seed: Of moments and places.
  """

  def __init__(self, folder, counts, seed=7):
    self.folder = folder
    self.counts = counts
    self.random = random.Random(seed)
    self.inputs = folder / "inputs"
    self.inputs.mkdir()
    small_commands.prepare(self.inputs)
    self.temporary = folder / "temporary"
    self.temporary.mkdir()
    self._whole = {}
    self._number = 0

  def new(self):
    """A folder for the results of a command."""
    self._number += 1
    folder = self.folder / f"results_{self._number}"
    folder.mkdir()
    return folder

  def start(self, command, out, limit=None, env=None):
    """Starts a command; with `limit` no file may have more bytes."""
    flags = small_commands.arguments(command, self.inputs, out)
    module = f"tools.{command.name}"
    limited = [str(_LIMITED)], [str(limit), module, *flags]
    how, told = (["-m", module], flags) if limit is None else limited
    told_env = {**os.environ, "TMPDIR": str(self.temporary), **(env or {})}
    return forks.Fork(how, told, ROOT, told_env)

  def finish(self, process):
    """The status of a process and what it said."""
    _, said = process.communicate(_LONGEST)
    return process.returncode, said

  def whole(self, command):
    """The results of a run that nothing disturbs, and the seconds it takes."""
    if command.name not in self._whole:
      out = self.new()
      begin = time.monotonic()
      status, said = self.finish(self.start(command, out))
      assert status == 0, said
      seconds = time.monotonic() - begin
      self._whole[command.name] = out, command.results(out), seconds
    return self._whole[command.name]

  def kill(self, command, times):
    """Kills it again and again at random moments; then lets it end."""
    kind = f"killed {command.name}"
    _, wanted, seconds = self.whole(command)
    out = self.new()
    outcomes = []
    for _ in range(times):
      process = self.start(command, out)
      time.sleep(self.random.uniform(0, seconds))
      process.kill()
      process.communicate(_LONGEST)
      outcomes.append(self._seen(command, out, wanted))
    status, said = self.finish(self.start(command, out))
    last = self._end(command, out, status, said, wanted)
    for outcome, note in outcomes:
      bad = last if last[0] != tally.SURVIVED else (outcome, note)
      self.counts.add(kind, *bad)

  def end(self, command, name="SIGTERM"):
    """Tells it to end at a random moment; then runs it again."""
    kind = f"{name} to {command.name}"
    _, wanted, seconds = self.whole(command)
    out = self.new()
    process = self.start(command, out)
    time.sleep(self.random.uniform(0.3 * seconds, seconds))
    if process.poll() is None:
      process.send_signal(signal.Signals[name])
    status, said = self.finish(process)
    # Before its first line and after its last the system itself ends it: a
    # shell says 128 and the number of that, too.
    number = signal.Signals[name]
    if status not in (0, 128 + number, -number) or "Traceback" in said:
      self.counts.add(kind, tally.UNNAMED, f"status {status}: {said[-500:]}")
      return
    left = [path.name for path in out.rglob("*") if _is_left(path)]
    left += [path.name for path in self.temporary.rglob(".*")]
    if left:
      self.counts.add(kind, tally.SILENT, f"left behind: {left}")
      return
    status, said = self.finish(self.start(command, out))
    self.counts.add(kind, *self._end(command, out, status, said, wanted))

  def fill(self, command):
    """Lets a write fail halfway; then there is room again."""
    kind = f"disk full under {command.name}"
    source, wanted, _ = self.whole(command)
    largest = max(x.stat().st_size for x in source.rglob("*") if x.is_file())
    limit = self.random.randrange(largest)
    out = self.new()
    status, said = self.finish(self.start(command, out, limit))
    if status == 0 or "Traceback" in said:
      note = f"at {limit} bytes: {said[-800:]}"
      wrong = tally.SILENT if status == 0 else tally.UNNAMED
      self.counts.add(kind, wrong, note)
      return
    if "largest size of a file" not in said:
      self.counts.add(kind, tally.UNNAMED, f"at {limit} bytes: {said[-500:]}")
      return
    seen = self._seen(command, out, wanted)
    if seen[0] != tally.SURVIVED:
      self.counts.add(kind, *seen)
      return
    status, said = self.finish(self.start(command, out))
    self.counts.add(kind, *self._end(command, out, status, said, wanted))

  def pair(self, command):
    """Lets two write into one place at the same time."""
    kind = f"two times {command.name}"
    _, wanted, _ = self.whole(command)
    out = self.new()
    processes = [self.start(command, out)]
    time.sleep(self.random.uniform(0, 1))
    processes.append(self.start(command, out))
    found = [self.finish(process) for process in processes]
    refused = [said for status, said in found if status]
    for said in refused:
      if not any(x in said for x in ("in use by another", "is there already")):
        self.counts.add(kind, tally.UNNAMED, said[-500:])
        return
    status = 0 if len(refused) < 2 else 1
    said = "\n".join(refused)
    self.counts.add(kind, *self._end(command, out, status, said, wanted))

  def damage(self, command):
    """Damages the newest checkpoint of a training, and runs it again."""
    kind = f"damaged checkpoint of {command.name}"
    source, wanted, _ = self.whole(command)
    out = self.new()
    shutil.copytree(source, out, dirs_exist_ok=True)
    prefix = (out / "checkpoint").read_text().split('"')[1]
    path = self.random.choice(sorted(out.glob(f"{prefix}.*")))
    data = bytearray(path.read_bytes())
    at = self.random.randrange(len(data))
    how = self.random.choice(["flipped", "cut", "gone"])
    if how == "flipped":
      data[at] ^= 1 << self.random.randrange(8)
      path.write_bytes(data)
    elif how == "cut":
      path.write_bytes(data[:at])
    else:
      path.unlink()
    status, said = self.finish(self.start(command, out))
    note = f"{path.name} {how} at {at}: "
    outcome, more = self._end(command, out, status, said, wanted)
    if outcome == tally.SURVIVED and "damaged or gone" not in said:
      outcome, more = tally.SILENT, said[-500:]
    self.counts.add(kind, outcome, note + more)

  def _seen(self, command, out, wanted):
    """What a reader sees after a run that did not end: nothing half."""
    if command.trains:
      return tally.SURVIVED, ""  # what is there is resumed from, and compared
    for name, data in command.results(out).items():
      if wanted.get(name) != data:
        return tally.SILENT, f"{name} is there and not whole"
    return tally.SURVIVED, ""

  def _end(self, command, out, status, said, wanted):
    """What came of a fault in the end."""
    if status:
      if "is there already" in said and command.results(out) == wanted:
        return tally.SURVIVED, ""  # it had ended before
      wrong = tally.UNNAMED if "Traceback" in said else tally.LOST
      return wrong, f"status {status}: {said[-1500:]}"
    found = command.results(out)
    if found != wanted:
      names = [x for x in wanted | found if wanted.get(x) != found.get(x)]
      return tally.LOST, f"other results: {', '.join(sorted(names)[:5])}"
    left = [path.name for path in out.rglob("*") if _is_left(path)]
    if left:
      return tally.SILENT, f"left behind: {left}"
    return tally.SURVIVED, ""


def _is_left(path):
  """Whether a file should not be there after a run."""
  return path.name == "run.lock" or temporary_names.owner(path.name) is not None
