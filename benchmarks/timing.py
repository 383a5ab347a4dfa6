"""Timing in turns, so that a busy machine slows all alike."""

import gc
import statistics
import time
from collections.abc import Callable, Mapping

Contenders = Mapping[str, Callable[[], object]]

# By a core's time, of all threads, a machine may be busy with other things.
CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}


def time_in_turns(
  contenders: Contenders, rounds: int, clock: str = "wall"
) -> dict[str, list[float]]:
  """Returns the seconds each contender took in each round."""
  seconds: dict[str, list[float]] = {name: [] for name in contenders}
  now = CLOCKS[clock]
  for _ in range(rounds):
    for name, run in contenders.items():
      gc.collect()  # What the one before left is not this one's work.
      started = now()
      run()
      seconds[name].append(now() - started)
  return seconds


def print_rates(
  seconds: dict[str, list[float]], amount: float, unit: str
) -> None:
  """Prints a table: median, least and most, ratio to the first contender."""
  first = statistics.median(next(iter(seconds.values())))
  width = max(map(len, seconds)) + 2
  for name, times in seconds.items():
    rates = sorted(amount / each for each in times)
    median = statistics.median(times)
    print(
      f"{name:{width}}{amount / median:8.2f} {unit} "
      f"({rates[0]:.2f} to {rates[-1]:.2f}){first / median:7.1f}x"
    )
