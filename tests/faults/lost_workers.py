"""A worker of several is killed: who was lost is said, and all go on."""

import json
import time

from tests import processes
from tests.faults import small_commands, tally

_KIND = "lost worker of run_pretraining"


def _start(bench, command, out):
  hosts = [f"localhost:{port}" for port in processes.free_ports(2)]
  return hosts, [
    bench.start(
      command,
      out,
      env={
        "TF_CONFIG": json.dumps(
          {
            "cluster": {"worker": hosts},
            "task": {"type": "worker", "index": index},
          }
        )
      },
    )
    for index in range(2)
  ]


def lose(bench, victim):
  """Kills a worker at a random moment after the first checkpoint.

  Args:
    bench: A `faults.Bench`.
    victim: Which of the two.
  """
  command = small_commands.COMMANDS["run_pretraining"]
  whole, out = bench.new(), bench.new()
  for worker in _start(bench, command, whole)[1]:
    status, said = bench.finish(worker)
    assert status == 0, said
  hosts, workers = _start(bench, command, out)
  processes.wait_for_checkpoint(workers[0], out)
  time.sleep(bench.random.uniform(0, 0.3))
  workers[victim].kill()
  workers[victim].communicate()
  status, said = bench.finish(workers[1 - victim])
  if status and f"lost worker {victim} at {hosts[victim]}" not in said:
    bench.counts.add(_KIND, tally.UNNAMED, said[-1500:])
    return
  found = [bench.finish(x) for x in _start(bench, command, out)[1]]
  wrong = [said for status, said in found if status]
  if wrong:
    bench.counts.add(_KIND, tally.LOST, wrong[0][-1500:])
  elif command.results(out) != command.results(whole):
    bench.counts.add(_KIND, tally.LOST, "other results")
  else:
    bench.counts.add(_KIND, tally.SURVIVED)
