"""Times parts of the project against plain renderings of the same thing.

Everything is timed in turns in one run, so that a busy machine slows all alike.

`python -m tools.benchmark --what=tokenizer --input=TEXT --vocab_file=VOCAB`
"""

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

if not __package__:  # Run by its path: make the repository importable.
  sys.path[0] = str(Path(__file__).resolve().parents[1])

from absl import flags

from bert_tf.text import full_tokenizer
from tools import command_line

_WHAT = flags.DEFINE_enum(
  "what", "tokenizer", ["tokenizer"], "The part to time."
)
_INPUT = flags.DEFINE_string("input", None, "A text file.", required=True)
_VOCAB_FILE = flags.DEFINE_string(
  "vocab_file", None, "The vocabulary file.", required=True
)
_DO_LOWER_CASE = flags.DEFINE_bool("do_lower_case", True, "As everywhere.")
_ROUNDS = flags.DEFINE_integer("rounds", 5, "How often everything is timed.")


def time_in_turns(
  contenders: dict[str, Callable[[], object]], rounds: int
) -> dict[str, list[float]]:
  """Returns the seconds each contender took in each round."""
  seconds: dict[str, list[float]] = {name: [] for name in contenders}
  for _ in range(rounds):
    for name, run in contenders.items():
      started = time.perf_counter()
      run()
      seconds[name].append(time.perf_counter() - started)
  return seconds


def _tokenizer_contenders(
  lines: list[str],
) -> dict[str, Callable[[], object]]:
  from tests.text import reference  # The plain rendering that tests use.

  lower = _DO_LOWER_CASE.value
  warm = full_tokenizer.FullTokenizer(_VOCAB_FILE.value, lower)

  def fresh() -> full_tokenizer.FullTokenizer:
    return full_tokenizer.FullTokenizer(_VOCAB_FILE.value, lower)

  def plain(line: str) -> list[str]:
    return reference.tokenize(line, warm.vocab, lower)

  def over_lines(tokenize: Callable[[str], object]) -> None:
    for line in lines:
      tokenize(line)

  over_lines(warm.tokenize)
  over_lines(warm.encode)
  return {
    "plain rendering": lambda: over_lines(plain),
    "tokenize, empty cache": lambda: over_lines(fresh().tokenize),
    "tokenize, full cache": lambda: over_lines(warm.tokenize),
    "encode, empty cache": lambda: over_lines(fresh().encode),
    "encode, full cache": lambda: over_lines(warm.encode),
  }


def main() -> None:
  """Times and prints a table."""
  text = Path(_INPUT.value).read_text(encoding="utf-8")
  megabytes = len(text.encode()) / 1e6
  seconds = time_in_turns(
    _tokenizer_contenders(text.split("\n")), _ROUNDS.value
  )
  slowest = statistics.median(seconds["plain rendering"])
  print(f"{megabytes:.1f} MB, median of {_ROUNDS.value} rounds (least to most)")
  for name, times in seconds.items():
    rates = sorted(megabytes / each for each in times)
    median = statistics.median(times)
    print(
      f"{name:24}{megabytes / median:7.2f} MB/s "
      f"({rates[0]:.2f} to {rates[-1]:.2f}){slowest / median:7.1f}x"
    )


if __name__ == "__main__":
  command_line.run(main)
