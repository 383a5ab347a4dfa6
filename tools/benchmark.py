"""Times parts of the project against other ways to the same thing.

Everything is timed in turns in one run, so that a busy machine slows all alike.

`python -m tools.benchmark --what=tokenizer --input=TEXT --vocab_file=VOCAB`
"""

import sys
from pathlib import Path

if not __package__:  # Run by its path: make the repository importable.
  sys.path[0] = str(Path(__file__).resolve().parents[1])

from absl import flags

from tools import command_line
from tools.benchmarks import samples, timing, tokenizers

_TOKENIZERS = {
  "tokenizer": tokenizers.in_python,
  "in_graph_tokenizer": tokenizers.in_graph,
}

_WHAT = flags.DEFINE_enum(
  "what", "tokenizer", list(_TOKENIZERS), "The part to time."
)
_INPUT = flags.DEFINE_string(
  "input", None, "A text file. Without it: made-up lines in many scripts."
)
_VOCAB_FILE = flags.DEFINE_string(
  "vocab_file", None, "The vocabulary file.", required=True
)
_DO_LOWER_CASE = flags.DEFINE_bool("do_lower_case", True, "As everywhere.")
_ROUNDS = flags.DEFINE_integer(
  "rounds", 5, "How often everything is timed.", lower_bound=1
)
_CLOCK = flags.DEFINE_enum(
  "clock", "wall", list(timing.CLOCKS), "Time as it passes, or of all cores."
)

_SAMPLE_LINES = 10_000


def main() -> None:
  """Times and prints a table."""
  lines = samples.mixed_scripts(_SAMPLE_LINES)
  if _INPUT.value is not None:
    lines = Path(_INPUT.value).read_text(encoding="utf-8").split("\n")
  contenders = _TOKENIZERS[_WHAT.value](
    lines, _VOCAB_FILE.value, _DO_LOWER_CASE.value
  )
  megabytes = len("\n".join(lines).encode()) / 1e6
  seconds = timing.time_in_turns(contenders, _ROUNDS.value, _CLOCK.value)
  print(f"{megabytes:.1f} MB, median of {_ROUNDS.value} rounds (least to most)")
  timing.print_rates(seconds, megabytes, "MB/s")


if __name__ == "__main__":
  command_line.run(main)
