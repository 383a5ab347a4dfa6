"""Runs bert_tf/commands/supervise.py: by its path or as a module."""

import pathlib
import sys

if not __package__:  # Run by its path: make the repository importable.
  sys.path[0] = str(pathlib.Path(__file__).resolve().parents[1])

from bert_tf.commands import command_line

if __name__ == "__main__":
  command_line.run_command("supervise")
